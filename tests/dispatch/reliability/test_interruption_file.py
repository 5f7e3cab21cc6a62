"""Interruption files: what counts, what is left out and said, and days by zone."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from dispatch.reliability.columns import MICROSECONDS_PER_MINUTE, Kind
from dispatch.reliability.daily import date_of
from dispatch.reliability.errors import UnknownPart, UnreadableInterruptions
from dispatch.reliability.interruption_file import read_interruptions

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


@pytest.fixture
def read(tmp_path):
    def of(text, header="start,end,customers,cause,planned", **arguments):
        path = tmp_path / "interruptions.csv"
        path.write_bytes(f"{header}\n{text}".encode())
        return read_interruptions(path, **arguments)

    return of


def _rules(file):
    return [(finding.rule, *finding.ids) for finding in file.findings]


def test_rows_that_cannot_count_are_left_out_and_named(read):
    file = read(
        "2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,5,tree,\n"
        "2026-01-01T00:00:00Z,,5,tree,\n"
        "2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,,tree,\n"
        "2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,0,tree,\n"
        "2026-01-01T01:00:00Z,2026-01-01T00:59:59Z,5,tree,\n"
        "yesterday,2026-01-01T00:59:59Z,5,tree,\n"
        "2026-01-01T01:00:00,2026-01-01T02:00:00Z,5,tree,\n"
        "2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,many,tree,\n"
        "2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,-3,tree,\n"
        "2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,1,200,tree,\n"
        "\n"
        "2026-01-01T00:00:00Z\n"
    )

    assert file.rows.customers.tolist() == [5]
    assert file.row_count == 11
    assert _rules(file) == [
        ("no_end", "3"),
        ("no_customers", "4"),
        ("no_customers", "5"),
        ("end_before_start", "6"),
        ("unreadable_time", "7"),
        ("time_without_zone", "8"),
        ("unreadable_customers", "9"),
        ("unreadable_customers", "10"),
        ("too_many_cells", "11"),
        ("no_customers", "13"),
    ]
    assert file.findings[0].text == "Row 3 has no end."


def test_equal_rows_count_each_and_are_named(read):
    row = "2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,5,tree,\n"

    file = read(row * 3)

    assert len(file.rows) == 3
    assert _rules(file) == [("equal_row", "3"), ("equal_row", "4")]


def test_day_is_by_the_offset_as_written_or_by_zone(read):
    text = (
        "2026-01-01T23:30:00-05:00,2026-01-02T05:00:00Z,1,,\n2026-01-01T23:30:00Z,2026-01-02T05:00:00Z,1,,\n"
    )

    as_written, local = read(text), read(text, zone=SHANGHAI)

    assert [date_of(day) for day in as_written.rows.day] == [date(2026, 1, 1)] * 2
    assert [date_of(day) for day in local.rows.day] == [date(2026, 1, 2)] * 2
    assert as_written.rows.duration_us.tolist() == [
        30 * MICROSECONDS_PER_MINUTE,
        330 * MICROSECONDS_PER_MINUTE,
    ]


def test_wall_times_in_the_night_of_the_clock_change(read):
    file = read(
        "2026-03-29T01:30:00,2026-03-29T03:30:00,1,,\n"  # an hour, for the clock skipped one
        "2026-03-29T02:30:00,2026-03-29T04:00:00,1,,\n"  # there was no half past two
        "2026-10-25T02:30:00,2026-10-25T03:30:00,1,,\n",  # there were two; the first counts: two hours
        zone=BERLIN,
    )

    assert (file.rows.duration_us / MICROSECONDS_PER_MINUTE).tolist() == [60, 120]
    assert _rules(file) == [("no_such_time", "3"), ("time_twice", "4")]


def test_kinds_and_labels(read):
    file = read(
        "2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,5,tree,true,F1\n"
        '2026-01-01T00:00:00Z,2026-01-01T02:00:00Z,5,"tree, fallen",temporary,\n'
        "2026-01-01T00:00:00Z,2026-01-01T03:00:00Z,5,,maybe,F2\n",
        header="\ufeffStart, END,customers,cause,planned,feeder",
    )

    assert file.rows.kind.tolist() == [Kind.PLANNED, Kind.TEMPORARY, Kind.FAULT]
    assert file.rows.labels["cause"].names == ("tree", "tree, fallen")
    assert file.rows.labels["feeder"].codes.tolist() == [0, -1, 1]
    assert file.rows.service_point is None
    assert _rules(file) == [("unreadable_planned", "4")]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("start,end", "no customers"),
        ("begin,finish,count", "no start and no end and no customers"),
        ("start,end,customers,end", "more than once"),
    ],
)
def test_a_header_that_lacks_something_is_an_error(read, header, words):
    with pytest.raises(UnreadableInterruptions, match=words):
        read("", header=header)


def test_a_missing_file_and_an_unknown_column_are_errors(read, tmp_path):
    with pytest.raises(UnreadableInterruptions, match="cannot be read"):
        read_interruptions(tmp_path / "none.csv")
    with pytest.raises(UnknownPart, match="weather"):
        read("", by=["weather"])


def test_bytes_that_are_no_text_and_nul_do_not_stop_the_rest(tmp_path):
    path = tmp_path / "interruptions.csv"
    good = b"2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,5,"
    path.write_bytes(b"start,end,customers,cause\n" + good + b"\xff\xfe\n" + good + b"\x00\n" + good + b"x\n")

    file = read_interruptions(path)

    assert len(file.rows) >= 2


def test_progress_is_told(read):
    told = []
    row = "2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,5,tree,\n"

    read(row * 40_000, progress=lambda done, total: told.append((done, total)))

    assert len(told) == 2
    assert told[-1][0] <= told[-1][1]
