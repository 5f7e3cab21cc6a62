"""Telephone numbers as digits alone, so that blanks, signs and a leading 00 or + make no difference."""

import re

_NOT_DIGITS = re.compile(r"\D+")


def phone_digits(phone: str | None) -> str | None:
    """Return the number's digits without leading zeros; None when it holds none."""
    return _NOT_DIGITS.sub("", phone or "").lstrip("0") or None
