"""Three years of real outages: indices and major event days beside a computation in pandas of its own."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dispatch.reliability.interruption_file import read_interruptions
from dispatch.reliability.measure import measure
from dispatch.reliability.rule_sets import DLT836, IEEE1366

FILE = Path(__file__).parents[4] / "shared" / "data" / "outages_massachusetts_2013_15" / "ma_outages.csv.xz"
ZONE = ZoneInfo("America/New_York")
# Round figures of ours: how many customers a company served is not in the file.
SERVED = {"NSTAR": 1_200_000, "MEC": 1_300_000, "FG&E": 30_000, "WMA": 200_000}

pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason="the outages of Massachusetts (../shared/data) are not here"
)


@pytest.fixture(scope="module")
def outages():
    return pd.read_csv(FILE, low_memory=False)


def _as_written(outages, company):
    """Return a company's rows with wall times as text, in the words of our format; nothing is repaired."""
    own = outages[outages["Company.Name"] == company]

    def instant(day, time):
        at = pd.to_datetime(own[day] + " " + own[time], format="%m/%d/%Y %H:%M:%S")
        return at.dt.strftime("%Y-%m-%dT%H:%M:%S").where(at.notna(), "")

    return pd.DataFrame(
        {
            "start": instant("Date.Out", "Time.Out"),
            "end": instant("Date.In", "Time.In"),
            "customers": own["Original.Number.Customers.Affected"],
            "cause": own["Reason.For.Outage"].fillna(""),
        }
    ).reset_index(drop=True)


def _localised(times):
    placed = pd.to_datetime(times, errors="coerce")
    return placed.dt.tz_localize(ZONE, ambiguous=np.ones(len(placed), dtype=bool), nonexistent="NaT")


def _by_pandas(written, served, limit_minutes):
    """Compute everything anew, with nothing of ours."""
    start, end = _localised(written["start"]), _localised(written["end"])
    frame = pd.DataFrame(
        {
            "day": start.dt.date,
            "year": start.dt.year,
            "customers": written["customers"],
            "minutes": (end - start).dt.total_seconds() / 60,
            "cause": written["cause"],
        }
    )
    kept = frame[frame["minutes"].notna() & (frame["minutes"] >= 0) & (frame["customers"] > 0)]
    sustained = kept[kept["minutes"] > limit_minutes].copy()
    sustained["lost"] = sustained["customers"] * sustained["minutes"]
    by_day = sustained.groupby("day")["lost"].sum() / served
    by_day = by_day[by_day > 0]
    years = pd.Series(by_day.index, index=by_day.index).map(lambda day: day.year)
    thresholds, major = {}, []
    for year in sorted(kept["year"].unique()):
        before = by_day[(years < year) & (years >= year - 5)]
        logs = np.log(before if len(before) else by_day[years == year])
        thresholds[int(year)] = float(np.exp(logs.mean() + 2.5 * logs.std(ddof=1)))
        major += sorted(by_day[(years == year) & (by_day > thresholds[int(year)])].index)
    return kept, sustained, thresholds, major


@pytest.fixture(scope="module", params=sorted(SERVED))
def company(request, outages, tmp_path_factory):
    written = _as_written(outages, request.param)
    path = tmp_path_factory.mktemp("massachusetts") / "outages.csv"
    written.to_csv(path, index=False)
    return written, SERVED[request.param], read_interruptions(path, zone=ZONE)


@pytest.mark.parametrize("rules", [IEEE1366, DLT836], ids=lambda rules: rules.name)
def test_indices_and_major_event_days_are_those_of_pandas(company, rules):
    written, served, file = company
    kept, sustained, thresholds, major = _by_pandas(written, served, rules.sustained_minutes)

    found = measure(file.rows, rules=rules, customers_served=served, by=["cause", "month"])

    whole = found.whole.indices
    assert found.rows == len(kept)
    assert whole.customers_interrupted == sustained["customers"].sum()
    assert whole.saidi_minutes == pytest.approx(sustained["lost"].sum() / served, rel=1e-9)
    assert whole.saifi == pytest.approx(sustained["customers"].sum() / served, rel=1e-9)
    assert whole.caidi_minutes == pytest.approx(
        sustained["lost"].sum() / sustained["customers"].sum(), rel=1e-9
    )
    assert [day.day for day in found.whole.major_event_days] == major
    for year, figures in found.years.items():
        own = sustained[sustained["year"] == year]
        hours = 8784 if year % 4 == 0 else 8760
        saidi = own["lost"].sum() / served
        assert figures.indices.saidi_minutes == pytest.approx(saidi, rel=1e-9)
        assert figures.indices.asai == pytest.approx(1 - saidi / (hours * 60), rel=1e-9)
        if year in thresholds:
            assert figures.threshold.t_med_minutes == pytest.approx(thresholds[year], rel=1e-9)
        quiet = own[~own["day"].isin(major)]
        without = figures.without_major_event_days
        assert without.saidi_minutes == pytest.approx(quiet["lost"].sum() / served, rel=1e-9)
    short = kept[kept["minutes"] <= rules.sustained_minutes]["customers"].sum()
    assert found.whole.maifi == pytest.approx(short / served, rel=1e-9)


def test_causes_and_months_are_those_of_pandas(company):
    written, served, file = company
    _, sustained, _, _ = _by_pandas(written, served, 5)

    found = measure(file.rows, rules=IEEE1366, customers_served=served, by=["cause", "month"])

    lost = sustained.groupby("cause")["lost"].sum() / served
    by_cause = {part.name or "": part.share.saidi_minutes for part in found.by["cause"]}
    assert {name: value for name, value in by_cause.items() if value} == pytest.approx(dict(lost), rel=1e-9)
    months = pd.Series([f"{day:%Y-%m}" for day in sustained["day"]], index=sustained.index)
    by_month = {part.name: part.share.customers_interrupted for part in found.by["month"]}
    expected = sustained.groupby(months)["customers"].sum()
    assert {name: count for name, count in by_month.items() if count} == dict(expected)


def test_dirty_rows_are_findings(company):
    written, _, file = company
    start, end = _localised(written["start"]), _localised(written["end"])
    rules = [finding.rule for finding in file.findings]

    has_people = written["customers"] > 0
    assert rules.count("no_customers") == int((~has_people).sum())
    assert rules.count("no_end") == int((has_people & (written["end"] == "") & start.notna()).sum())
    assert rules.count("end_before_start") == int((has_people & (end < start)).sum())
    left_in = written[has_people & start.notna() & end.notna() & (end >= start)]
    assert rules.count("equal_row") == int(left_in.duplicated().sum())
    assert file.row_count == len(written)


def test_known_dirt_of_the_whole_file_is_found(outages, tmp_path):
    written = pd.concat([_as_written(outages, name) for name in SERVED])
    path = tmp_path / "all.csv"
    written.to_csv(path, index=False)

    rules = [finding.rule for finding in read_interruptions(path, zone=ZONE).findings]

    assert len(written) == 50_393
    assert rules.count("no_customers") == 26
    assert rules.count("no_end") == 4
