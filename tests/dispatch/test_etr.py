"""Words of restoration times in the database: kept, published, sent, alarmed about, and scored."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from dispatch.assignments import assign_crew, recall_job
from dispatch.change_log import changes_after
from dispatch.etr_plan import planned_times, say_words_of_plan, words_of_plan
from dispatch.etr_rules import EtrRules
from dispatch.etr_scores import etr_figures, etr_scores
from dispatch.etr_views import etr_of_outage
from dispatch.etr_watch import lapsing_etrs, lapsing_wait, raise_lapsing
from dispatch.etr_words import put_etr_rules_in_force
from dispatch.jobs import Progress, report_progress
from dispatch.operations import close_outage, confirm_outage, restore_outage, set_etr
from dispatch.outage_merge import merge_outages
from dispatch.outage_reopening import reopen_outage
from dispatch.outages import get_outage
from dispatch.running_plan import plan_in_force
from dispatch.transactions import write_transaction
from tests.dispatch.planned_house import House


def write(world, operation, **arguments):
    with write_transaction(world.engine) as session:
        return operation(session, **arguments)


class Repair:
    """One confirmed outage with a crew on it."""

    def __init__(self, world, letter="a"):
        self.world = world
        world.report(*[("last_gasp", f"{letter}{number}") for number in (1, 2, 3)])
        self.id = world.outages()[-1].id
        world.do(confirm_outage, outage_id=self.id, version=None)
        self.job = world.do(assign_crew, outage_id=self.id, version=None, crew_id="north").jobs[0]
        self.numbers = 0

    def crew_says(self, minutes, status=None):
        for step in (status,) if status else ("accepted", "en_route", "on_site", "working"):
            self.numbers += 1
            progress = Progress(
                status=step,
                occurred_at=self.world.now,
                client_event_id=f"{self.id}-{self.numbers}",
                etr_at=self.world.now + timedelta(minutes=minutes) if step == status or not status else None,
            )
            self.world.do(
                report_progress,
                job_id=self.job.id,
                crew_id="north",
                progress=progress,
                actor="crew",
            )

    def hand_says(self, minutes):
        at = self.world.now + timedelta(minutes=minutes)
        self.world.do(set_etr, outage_id=self.id, version=None, etr_at=at)

    @property
    def outage(self):
        return self.world.ask(get_outage, outage_id=self.id)

    @property
    def said(self):
        return self.world.ask(etr_of_outage, outage_id=self.id)

    def told(self):
        return self.world.messages().count(("etr_changed", "A-a1"))

    def minutes_left(self):
        return (self.outage.etr_at - self.world.now).total_seconds() / 60


@pytest.fixture
def repair(world):
    return Repair(world)


def words(said):
    return [(one.source, one.because, one.is_published) for one in reversed(said.versions)]


def test_each_tier_keeps_its_word_and_a_crews_wins(repair):
    assert words(repair.said) == [
        ("device_kind", "predicted", True),
        ("device_kind_and_travel", "crew_sent", True),
    ]
    repair.crew_says(60)
    said = repair.said
    assert (said.source, said.at) == ("crew", repair.world.now + timedelta(minutes=60))
    assert said.earliest < said.at < said.latest
    standing = {one.tier: one.source for one in said.versions if one.is_standing}
    assert standing == {"rule": "device_kind_and_travel", "crew": "crew"}
    # Replaced within its tier only: the first word by the second, with the reason.
    first = said.versions[-1]
    assert (first.replaced_because, first.is_standing) == ("crew_sent", False)
    assert said.versions[-2].replaced_at is None


def test_an_override_stands_beside_the_crews_word_until_the_crew_speaks_again(repair):
    repair.crew_says(60)
    repair.hand_says(150)
    said = repair.said
    assert (said.source, said.overridden.source) == ("dispatcher", "crew")
    repair.crew_says(200, status="working")
    said = repair.said
    assert (said.source, said.overridden) == ("crew", None)
    assert [one.is_standing for one in said.versions if one.tier == "dispatcher"] == [True]


def test_a_change_below_the_threshold_is_kept_and_not_sent(repair):
    repair.crew_says(60)
    told, published, position = repair.told(), repair.outage.etr_at, repair.said.versions[0].number
    repair.crew_says(65, status="working")
    said = repair.said
    assert (said.at, repair.told()) == (published, told)
    (newest,) = [one for one in said.versions if one.number > position]
    assert (newest.at, newest.is_published, newest.is_standing) == (
        published + timedelta(minutes=5),
        False,
        True,
    )
    repair.crew_says(75, status="working")
    assert (repair.told(), repair.outage.etr_at) == (told + 1, published + timedelta(minutes=15))


def test_the_threshold_is_a_setting(repair):
    with_rules = EtrRules(publish=timedelta(minutes=30))
    write(repair.world, put_etr_rules_in_force, rules=with_rules)
    repair.crew_says(60)
    repair.crew_says(85, status="working")
    assert repair.minutes_left() == 60


def test_a_crew_that_leaves_takes_its_word_along(repair):
    repair.crew_says(60)
    repair.world.do(recall_job, outage_id=repair.id, version=None, job_id=repair.job.id, reason=None)
    said = repair.said
    assert (said.source, said.versions[0].because) == ("device_kind_and_travel", "crew_left")
    assert said.versions[0].at is None


def test_versions_are_append_only(repair):
    for statement in ("UPDATE etr_version SET at = NULL", "DELETE FROM etr_version"):
        with pytest.raises(IntegrityError, match="append-only"), repair.world.engine.begin() as connection:
            connection.execute(text(statement))


class TestTheAlarm:
    def raise_at(self, world, minutes):
        world.later(minutes)
        return write(world, raise_lapsing, now=world.now)

    def test_it_is_raised_before_the_time_once_and_falls_with_a_new_time(self, repair):
        world = repair.world
        repair.crew_says(60)
        assert not world.ask(lapsing_wait, now=world.now)
        assert self.raise_at(world, 39) == 0
        assert self.raise_at(world, 1) == 1
        assert self.raise_at(world, 5) == 0
        outage = repair.outage
        assert outage.etr_lapsing_at < outage.etr_at
        (listed,) = world.ask(lapsing_etrs, now=world.now)
        assert (listed.outage_id, listed.has_lapsed) == (repair.id, False)
        assert listed.proposed_at > listed.etr_at
        repair.hand_says(90)
        assert repair.outage.etr_lapsing_at is None
        assert world.ask(lapsing_etrs, now=world.now) == []

    def test_a_short_word_is_alarmed_about_before_it_lapses_too(self, repair):
        repair.crew_says(10)
        assert self.raise_at(repair.world, 4) == 0
        assert self.raise_at(repair.world, 1) == 1

    def test_after_a_pause_it_is_raised_late_and_says_since_when_it_was_due(self, repair):
        repair.crew_says(60)
        assert self.raise_at(repair.world, 120) == 1
        (change,) = [
            one for one in repair.world.ask(changes_after, position=0) if one.name == "outage.etr_lapsing"
        ]
        assert change.occurred_at == repair.outage.etr_at - timedelta(minutes=20)
        assert change.recorded_at == repair.world.now
        (listed,) = repair.world.ask(lapsing_etrs, now=repair.world.now)
        assert listed.has_lapsed

    def test_what_is_restored_raises_none(self, repair):
        repair.crew_says(60)
        repair.world.do(restore_outage, outage_id=repair.id, version=None, restored_at=None)
        assert self.raise_at(repair.world, 120) == 0


def test_every_word_is_scored_at_close(repair):
    world = repair.world
    repair.crew_says(60)
    world.later(5)
    repair.crew_says(100, status="working")
    world.later(45)
    world.do(restore_outage, outage_id=repair.id, version=None, restored_at=None)
    House.report(repair, repair.job, "finished")
    world.do(close_outage, outage_id=repair.id, version=None, cause="equipment", note=None)
    scores = world.ask(etr_scores, now=world.now, days=30)
    by_crew = sorted((one.horizon_minutes, one.error_minutes) for one in scores if one.tier == "crew")
    # Restored 50 minutes after the first word (60), 45 after the second (100).
    assert by_crew[-2:] == [(60, -10), (100, -55)]
    assert len(scores) == len([one for one in repair.said.versions if one.at is not None])
    figures = {(one.tier, one.device_kind): one for one in etr_figures(scores)}
    assert figures["crew", None].words == figures["crew", "distribution"].words
    version = next(one for one in repair.said.versions if one.at and one.error_minutes == -10)
    assert version.is_inside is (version.earliest <= repair.outage.restored_at)


class TestThePlan:
    @pytest.fixture
    def house(self, world):
        return House(world)

    def follow(self, house):
        world = house.world
        plan = world.ask(plan_in_force)
        found = world.ask(words_of_plan, plan=plan, now=world.now)
        return write(world, say_words_of_plan, words=found, now=world.now)

    def test_its_time_counts_the_drive_the_queue_and_what_waits_upstream(self, house):
        below = house.transformer("a")
        house.outage(*(("last_gasp", f"b{n}") for n in range(1, 5)), ("switch_open", "B1"))
        plan = house.plan()
        stop = plan.stop(outage_id=below.id, kind="repair")
        assert stop.waits_for
        assert self.follow(house) == 2
        etr_at = house.world.ask(get_outage, outage_id=below.id).etr_at
        assert timedelta() <= etr_at - stop.restored_at < timedelta(minutes=5)
        assert self.follow(house) == 0, "nothing moved"

    def test_only_what_moves_by_the_threshold_is_written(self, house):
        outage = house.transformer("a")
        house.plan()
        assert self.follow(house) == 1
        house.world.later(4)
        house.plan()
        assert self.follow(house) == 0
        house.world.later(20)
        house.plan()
        assert self.follow(house) == 1
        said = house.world.ask(etr_of_outage, outage_id=outage.id)
        assert [one.source for one in said.versions[:2]] == ["plan", "plan"]

    def test_it_does_not_overwrite_a_persons_word(self, house):
        outage = house.transformer("a")
        at = house.world.now + timedelta(hours=9)
        house.world.do(set_etr, outage_id=outage.id, version=None, etr_at=at)
        house.plan()
        assert self.follow(house) == 1
        said = house.world.ask(etr_of_outage, outage_id=outage.id)
        assert (said.at, said.source) == (at, "dispatcher")
        assert {one.tier for one in said.versions if one.is_standing} == {"rule", "plan", "dispatcher"}

    def test_what_no_crew_is_planned_for_loses_the_plans_word(self, house):
        outage = house.transformer("a")
        house.plan()
        self.follow(house)
        for crew in ("east", "far", "north", "south", "west"):
            house.order("forbid", outage, crew)
        plan = house.plan()
        assert planned_times(plan) == {outage.id: None}
        assert self.follow(house) == 1
        said = house.world.ask(etr_of_outage, outage_id=outage.id)
        assert (said.source, said.versions[0].because) == ("device_kind", "unplanned")


@pytest.mark.parametrize("minutes", [60, 120, 150, 180, 240])
def test_what_was_said_before_it_was_out_again_is_over(repair, minutes):
    world = repair.world
    # Also where the usual time is much the same, and would not be published in place of it.
    repair.crew_says(minutes)
    House.report(repair, repair.job, "finished")
    world.do(restore_outage, outage_id=repair.id, version=None, restored_at=None)
    world.later(1)
    world.do(
        reopen_outage,
        outage_id=repair.id,
        version=None,
        reason="Dark again.",
        occurred_at=None,
        networks=world.networks,
    )
    said = repair.said
    assert said.source == "device_kind"
    assert said.at > world.now
    assert [one.tier for one in said.versions if one.is_standing] == ["rule"]


def test_a_crews_word_goes_over_with_its_job_when_outages_are_merged(repair):
    world = repair.world
    repair.crew_says(200)
    at = repair.said.at
    (outage,) = world.outages()
    world.report(("switch_open", "B1"))
    stays = next(one for one in world.outages() if one.device == "B1")
    world.do(confirm_outage, outage_id=stays.id, version=None)
    if world.ask(get_outage, outage_id=outage.id).status != "merged":
        world.do(
            merge_outages,
            outage_id=outage.id,
            version=None,
            into=stays.id,
            into_version=None,
            occurred_at=None,
            networks=world.networks,
        )
    said = world.ask(etr_of_outage, outage_id=stays.id)
    assert (said.source, said.at) == ("crew", at)
    assert [one.because for one in said.versions if one.tier == "crew"] == ["taken_over"]
