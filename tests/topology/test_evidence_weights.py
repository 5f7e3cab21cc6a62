"""The weight of one piece of evidence, by numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest

from topology.evidence_weights import (
    AGES,
    BUCKETS,
    CATEGORIES,
    METERS,
    EvidenceWeights,
    Meter,
    Received,
    Setting,
    ages_of,
    rounded_count,
    rounded_share,
    settings_of,
    settings_that_matter,
)
from topology.rates import EvidenceRates

# All gasps are here at once, and a fifth of the people has called, from the first minute to the last.
FLAT = EvidenceRates(
    loss=0.4,
    false_rate=0.05,
    gasps_by_minute=((0.0, 1.0), (1.0, 1.0)),
    calls_by_minute=((0.0, 0.2), (1.0, 0.2)),
    false_call_rate=0.01,
    power_up_loss=0.1,
    ping_errors=0.01,
    unreachable_with_supply=0.1,
    unreachable_without_supply=0.6,
)
# One meter in 2,000 with supply has gasped: 0.05 x 10 / 1,000. One place in 10,000 called: 0.01 x 20 / 2,000.
RECEIVED = Received(gasps=10.0, meters=1_000, calls=20.0, service_points=2_000)
SETTING = Setting(loss=0.4, false_rate=0.05, delay_minutes=0.0)
QUIET = log(0.8 / 0.9999)
CALLED = log(0.2 / 0.0001)
SILENT = log(0.4 / 0.9995)
GASPED = log(0.6 / 0.0005)
# Of ten meters with supply nine answer, of ten without four; one answer in a hundred is wrong.
ON = log(0.4 * 0.01 / (0.9 * 0.99))
OFF = log(0.4 * 0.99 / (0.9 * 0.01))
UNREACHABLE = log(0.6 / 0.1)


def ratios(
    rates: EvidenceRates = FLAT, received: Received = RECEIVED, setting: Setting = SETTING, age: int = 0
) -> list[float]:
    return EvidenceWeights(rates, [setting], received).ratios(age)[:, 0].tolist()


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        (Meter.NONE, 0.0),
        (Meter.SILENT, SILENT),
        (Meter.GASPED, GASPED),
        (Meter.ON, ON),
        (Meter.OFF, SILENT + OFF),
        (Meter.UNREACHABLE, SILENT + UNREACHABLE),
        (Meter.NOT_WOKEN, log(1 / 0.1)),
        (Meter.GASPED_OFF, GASPED + OFF),
        (Meter.GASPED_UNREACHABLE, GASPED + UNREACHABLE),
    ],
)
def test_what_a_meter_says_and_who_calls_add_up(word, wanted):
    assert ratios()[word] == pytest.approx(wanted + QUIET, abs=1e-12)
    assert ratios()[word + METERS] == pytest.approx(wanted + CALLED, abs=1e-12)


def test_silence_speaks_against_and_reports_speak_for():
    table = dict(zip(Meter, ratios(), strict=False))
    against = {word for word, ratio in table.items() if ratio < 0}
    assert against == {Meter.NONE, Meter.SILENT, Meter.ON}


def test_a_meter_that_did_not_wake_says_the_less_the_fewer_woke():
    assert ratios(received=replace(RECEIVED, woken=0.95))[Meter.NOT_WOKEN] == pytest.approx(log(10) + QUIET)
    assert ratios(received=replace(RECEIVED, woken=0.6))[Meter.NOT_WOKEN] == pytest.approx(log(2.5) + QUIET)
    assert ratios(received=replace(RECEIVED, woken=0.0))[Meter.NOT_WOKEN] == pytest.approx(QUIET)


def test_a_curve_counts_by_its_mean_over_the_bucket():
    # All have called after an hour, in even steps.
    rising = replace(FLAT, calls_by_minute=((0.0, 0.0), (60.0, 1.0)))
    for bucket, mean_minutes in enumerate((1.0, 3.5, 7.5, 20.0, 45.0)):
        wanted = log(mean_minutes / 60 / 0.0001)
        assert ratios(rising, age=bucket)[Meter.NONE + METERS] == pytest.approx(wanted, rel=1e-9)


def test_trouble_that_was_called_first_is_older_by_the_delay():
    rising = replace(FLAT, calls_by_minute=((0.0, 0.0), (60.0, 1.0)))
    later = replace(SETTING, delay_minutes=4.0)
    assert ratios(rising, setting=later, age=BUCKETS + 2)[METERS] == pytest.approx(log(11.5 / 60 / 0.0001))
    # A gasp tells the time itself.
    assert ratios(rising, setting=later, age=2) == ratios(rising, age=2)


def test_what_is_told_as_a_probability_does_not_depend_on_what_was_received():
    told = replace(FLAT, false_gasp_probability=0.02, false_call_probability=0.003)
    many = replace(RECEIVED, gasps=500.0, calls=500.0)
    assert ratios(told) == ratios(told, many)
    assert ratios(told)[Meter.GASPED] == pytest.approx(log(0.6 / 0.02) + log(0.8 / 0.997))


def test_nothing_is_final():
    sure = replace(FLAT, loss=0.0, ping_errors=0.0, power_up_loss=0.0, unreachable_with_supply=0.0)
    nobody = Received(gasps=0.0, meters=0, calls=0.0, service_points=0)
    for age in range(AGES):
        table = EvidenceWeights(sure, [replace(SETTING, loss=0.0)], nobody).ratios(age)
        assert table.shape == (CATEGORIES, 1)
        assert np.isfinite(table).all()
        # One in a thousand million is the least there is of anything.
        assert (np.abs(table) < 3.1 * -log(1e-9)).all()


@pytest.mark.parametrize(
    ("minutes", "bucket"),
    [
        (-3, 0),
        (0, 0),
        (1.999, 0),
        (2, 1),
        (4.999, 1),
        (5, 2),
        (9.999, 2),
        (10, 3),
        (29.999, 3),
        (30, 4),
        (900, 4),
    ],
)
def test_a_bucket_begins_with_its_edge(minutes, bucket):
    ages = ages_of(np.array([minutes, minutes]), np.array([False, True]))
    assert ages.tolist() == [bucket, bucket + BUCKETS]


def test_counts_are_rounded_to_steps_of_a_fifth():
    assert [rounded_count(count) for count in (0, 1, 2, 4, 1024)] == [0, 1, 2, 4, 1024]
    assert rounded_count(3) == pytest.approx(2**1.5)
    assert rounded_count(100) == pytest.approx(2**6.75)
    for count in (7, 33, 12_345):
        assert 1 / 1.1 < rounded_count(count) / count < 1.1
    assert (rounded_share(0, 0), rounded_share(0, 9), rounded_share(9, 9)) == (1.0, 0.0, 1.0)
    assert rounded_share(23, 50) == pytest.approx(0.45)


def test_what_is_not_told_may_be_anything():
    assert len(settings_of(EvidenceRates())) == 10 * 3 * 3
    told = settings_of(FLAT)
    assert {(one.loss, one.false_rate) for one in told} == {(0.4, 0.05)}
    # Without gasps none of them are false, and where a meter spoke first there was no delay.
    everything = settings_of(EvidenceRates())
    assert len(settings_that_matter(everything, has_gasps=False, is_called_first=False)) == 10
    assert len(settings_that_matter(everything, has_gasps=True, is_called_first=False)) == 30
    assert len(settings_that_matter(everything, has_gasps=False, is_called_first=True)) == 30


def test_one_gasp_of_a_meter_that_never_errs_outweighs_any_prior():
    assert exp(ratios()[Meter.GASPED]) == pytest.approx(1_200 * 0.8 / 0.9999)
