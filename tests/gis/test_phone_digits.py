"""Telephone numbers are compared by their digits."""

from __future__ import annotations

import pytest

from gis.phone_digits import phone_digits


@pytest.mark.parametrize(
    ("phone", "digits"),
    [
        ("+999 1234 5678", "99912345678"),
        ("00999-1234-5678", "99912345678"),
        ("(999) 12345678", "99912345678"),
        ("no number", None),
        ("", None),
        (None, None),
    ],
)
def test_signs_and_leading_zeros_make_no_difference(phone: str | None, digits: str | None) -> None:
    assert phone_digits(phone) == digits
