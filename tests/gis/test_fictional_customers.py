"""Invented customers: always the same for one id, each told from every other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gis.fictional_customers import Premise, fictional_customers

HOME = Premise(service_point="SP1", is_business=False, peak_kw=3.0, district="LV1", house_number=12)


def test_the_same_service_point_is_the_same_customer_whoever_else_is_there() -> None:
    alone = fictional_customers([HOME])
    among = fictional_customers([replace(HOME, service_point="SP0", house_number=7), HOME])
    assert among[1] == alone[0]


def test_two_who_draw_the_same_numbers_still_differ() -> None:
    customers = fictional_customers([HOME] * 50)
    for name in ("account", "meter", "phone", "email", "address"):
        assert len({getattr(one, name) for one in customers}) == 50


def test_neighbours_share_a_street() -> None:
    homes = [replace(HOME, service_point=f"SP{number}", house_number=number) for number in range(20, 40)]
    english = [one.address for one in fictional_customers(homes) if one.language == "en"]
    assert len({address.split(", ")[0].lstrip("0123456789 ") for address in english}) == 1
    assert len(english) > 5


def test_addresses_are_written_in_the_customers_language() -> None:
    homes = [replace(HOME, service_point=f"SP{number}", house_number=number) for number in range(100)]
    for one in fictional_customers(homes):
        assert one.address.isascii() is (one.language == "en")
        assert one.name.isascii() is (one.language == "en")


@pytest.mark.parametrize(("peak_kw", "priority"), [(10, None), (25, "important_2"), (100, "important_1")])
def test_large_businesses_are_important(peak_kw: float, priority: str | None) -> None:
    (shop,) = fictional_customers([replace(HOME, is_business=True, peak_kw=peak_kw)])
    assert shop.priority == priority
