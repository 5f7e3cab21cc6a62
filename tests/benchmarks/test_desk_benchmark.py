"""The desk's benchmark: a change's way is reckoned from its commit, and what never was seen is told."""

import pytest

from benchmarks.desk import delays_in_rows, delays_on_map


def _said(id, says, at):
    return {"id": id, "says": says, "at": at}


def test_a_row_that_says_the_new_time_is_seen_then():
    told = [_said("O-1", "14:05", 100.0), _said("O-2", "15:10", 100.5)]
    rows = [
        ("O-1", "T1 back 09:00", 99_000.0),
        ("O-1", "T1 back 14:05", 100_800.0),
        ("O-1", "T1 back 14:05 late", 103_000.0),
        ("O-2", "T2 back 15:10", 101_000.0),
    ]
    assert delays_in_rows(told, rows) == pytest.approx([0.8, 0.5])


def test_one_that_was_never_said_is_none_and_one_overtaken_is_seen_with_the_later():
    told = [_said("O-1", "14:05", 100.0), _said("O-1", "16:00", 100.4), _said("O-2", "15:10", 100.5)]
    rows = [("O-1", "T1 back 16:00", 101_000.0)]
    assert delays_in_rows(told, rows) == [pytest.approx(1.0), pytest.approx(0.6), None]


def test_a_crew_is_seen_when_the_map_is_handed_its_place():
    told = [
        {"id": "C1", "lon": 11.0, "lat": 53.0, "at": 100.0},
        {"id": "C1", "lon": 11.0002, "lat": 53.0, "at": 103.0},
        {"id": "C2", "lon": 11.0, "lat": 53.0, "at": 103.0},
    ]
    crews = [
        ("C1", 11.0, 53.0, 100_700.0),
        ("C1", 11.0, 53.0, 101_700.0),
        ("C1", 11.00020000001, 53.0, 104_000.0),
    ]
    assert delays_on_map(told, crews) == [pytest.approx(0.7), pytest.approx(1.0), None]
