"""Hazards on a real database: reports of one place, levels, snapshot and replay, outages that follow."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dispatch.change_log import changes_after
from dispatch.errors import Conflict, EvidenceMissing, InvalidInput, UnknownThing
from dispatch.hazard_actions import (
    acknowledge_hazard,
    authority_waits,
    close_hazard,
    record_finding,
    relieve_authority,
    set_hazard_level,
)
from dispatch.hazard_by_hand import ToldHazard, add_hazard_photos, raise_by_hand
from dispatch.hazard_crews import recall_from_hazard, send_to_hazard
from dispatch.hazard_intake import mind_hazards, raise_reported_hazards, reports_wait
from dispatch.hazard_kinds import Authority, HazardKind, HazardOutcome
from dispatch.hazard_rules import LIMITS, Level
from dispatch.hazard_views import get_hazard, list_hazards
from dispatch.outages import outage_history
from dispatch.photos import KeptPhoto, keep_photo
from dispatch.replay import replay
from dispatch.snapshot import snapshot
from dispatch.transactions import write_transaction


def danger(world, place, *, hazard="wire_down"):
    world.numbers += 1
    return {
        "id": f"danger-{world.numbers}",
        "kind": "trouble_call",
        "at": world.now.isoformat(),
        "service_point": place,
        "hazard": hazard,
    }


def hear(world):
    with write_transaction(world.engine) as session:
        return raise_reported_hazards(session, now=world.now)


def mind(world):
    with write_transaction(world.engine) as session:
        return mind_hazards(session, now=world.now)


def by_hand(world, **more):
    world.numbers += 1
    told = ToldHazard(kind=HazardKind.WIRE_DOWN, client_event_id=f"told-{world.numbers}", lon=20.0, lat=50.0)
    return world.do(raise_by_hand, told=replace(told, **more))


def test_reports_of_one_place_are_one_hazard(world):
    world.send(danger(world, "a1"), danger(world, "a2"))
    assert world.ask(reports_wait, now=world.now)
    first, second = hear(world)
    assert first == second
    assert not world.ask(reports_wait, now=world.now)
    assert hear(world) == []
    (hazard,) = world.ask(list_hazards)
    assert (hazard.reports, hazard.level, hazard.outage_id) == (2, Level.IMMINENT_DANGER, None)


def test_after_six_hours_without_a_report_it_is_another_hazard(world):
    world.send(danger(world, "a1"))
    hear(world)
    world.later(6 * 60)
    world.send(danger(world, "a1"))
    hear(world)
    assert len(world.ask(list_hazards)) == 2


def test_smoke_that_turns_out_to_be_fire_is_one_hazard_and_a_worse_one(world):
    first = by_hand(world, kind=HazardKind.SMOKE)
    world.later(10)
    again = by_hand(world, kind=HazardKind.FIRE)
    assert (again.id, again.kind, again.level) == (first.id, HazardKind.FIRE, Level.IMMINENT_DANGER)
    assert again.make_safe_by == min(
        first.make_safe_by, world.now + timedelta(minutes=LIMITS[Level.IMMINENT_DANGER].make_safe)
    )


def test_a_word_nobody_knows_is_not_dropped(world):
    world.send(danger(world, "a1", hazard="gas leak"))
    hear(world)
    (hazard,) = world.ask(list_hazards)
    assert (hazard.kind, hazard.level) == (HazardKind.OTHER, Level.NUISANCE)


def test_the_hazard_learns_its_outage_from_the_analysis(world):
    world.send(danger(world, "a1"), danger(world, "a2"))
    hear(world)
    world.report(*[("last_gasp", f"a{n}") for n in (1, 2, 3, 4)])
    mind(world)
    (hazard,) = world.ask(list_hazards)
    assert hazard.outage_id == world.outages()[0].id
    assert mind(world) == 0


def test_the_outage_s_history_holds_its_hazards_from_the_first_report_on(world):
    world.send(danger(world, "a1"), danger(world, "a2"))
    hear(world)
    elsewhere = by_hand(world)
    world.report(*[("last_gasp", f"a{n}") for n in (1, 2, 3, 4)])
    mind(world)
    (outage,) = world.outages()
    (hazard,) = world.ask(list_hazards, outage_id=outage.id)
    sent = world.do(send_to_hazard, hazard_id=hazard.id, crew_id="north")
    world.do(send_to_hazard, hazard_id=elsewhere.id, crew_id="south")
    told = [change for change in world.ask(outage_history, outage_id=outage.id) if not change.outage_id]
    assert [change.name for change in told] == [
        "hazard.raised",
        "hazard.reported_again",
        "hazard.outage_known",
        "hazard.acknowledged",
        "job.assigned",
    ]
    assert {change.subject for change in told} == {f"hazard:{hazard.id}", f"job:{sent.jobs[0].id}"}


def test_snapshot_and_changes_tell_the_same(world):
    before = world.ask(snapshot, now=world.now)
    hazard = by_hand(world)
    world.do(authority_waits, hazard_id=hazard.id, authority=Authority.POLICE, since=world.now)
    sent = world.do(send_to_hazard, hazard_id=hazard.id, crew_id="north")
    world.later(60)
    mind(world)
    world.do(set_hazard_level, hazard_id=hazard.id, level=Level.DANGER)
    world.do(recall_from_hazard, hazard_id=hazard.id, job_id=sent.jobs[0].id, reason=None)
    changes = world.ask(changes_after, position=before["position"])
    assert replay(before, changes) == world.ask(snapshot, now=world.now)
    finish(world, hazard.id)
    changes = world.ask(changes_after, position=before["position"])
    after = world.ask(snapshot, now=world.now)
    assert replay(before, changes) == after
    assert after["hazards"] == {}


def test_a_photo_that_comes_late_is_kept_and_opens_nothing_again(world):
    hazard = by_hand(world)
    world.do(authority_waits, hazard_id=hazard.id, authority=Authority.POLICE, since=world.now)
    finish(world, hazard.id)
    before = world.ask(snapshot, now=world.now)
    world.do(_keep_photo, id="late")
    world.do(add_hazard_photos, hazard_id=hazard.id, photos=["late"])
    assert world.ask(get_hazard, hazard_id=hazard.id).photos == ("late",)
    after = world.ask(snapshot, now=world.now)
    assert replay(before, world.ask(changes_after, position=before["position"])) == after
    assert after["hazards"] == {}


def _keep_photo(session, *, id, actor, now):
    photo = KeptPhoto(digest="0" * 64, sent_digest="1" * 64, size_bytes=1, width_px=1, height_px=1)
    keep_photo(session, id=id, photo=photo, sender=actor, now=now)


def finish(world, hazard_id):
    """Close a hazard with the crew's own finding, the police relieved."""
    from dispatch.jobs import Progress, report_progress

    world.do(relieve_authority, hazard_id=hazard_id, at=world.now)
    job = world.do(send_to_hazard, hazard_id=hazard_id, crew_id="north").jobs[-1]
    for status in ("accepted", "en_route", "on_site", "finished"):
        world.numbers += 1
        progress = Progress(
            status=status,
            occurred_at=world.now,
            client_event_id=f"step-{world.numbers}",
            hazard_outcome="made_safe" if status == "finished" else None,
        )
        world.do(report_progress, job_id=job.id, crew_id="north", progress=progress)
    return world.do(close_hazard, hazard_id=hazard_id, note=None)


def test_a_word_at_the_desk_alone_does_not_close_it(world):
    hazard = by_hand(world)
    world.do(
        record_finding,
        hazard_id=hazard.id,
        outcome=HazardOutcome.NOTHING_FOUND,
        found_by="police",
        found_at=world.now,
    )
    with pytest.raises(EvidenceMissing) as refused:
        world.do(close_hazard, hazard_id=hazard.id, note=None)
    assert refused.value.missing == ["photo_or_crew_finding"]


def test_who_saw_it_stays_out_of_the_log(world):
    hazard = by_hand(world, note="Ask for Li Si")
    world.do(
        record_finding,
        hazard_id=hazard.id,
        outcome=HazardOutcome.MADE_SAFE,
        found_by="Li Si",
        found_at=world.now,
    )
    assert "Li Si" not in repr(world.ask(changes_after, position=0))
    assert "Li Si" not in repr(world.ask(snapshot, now=world.now))


def test_orders_that_cannot_be_taken(world):
    with pytest.raises(UnknownThing):
        world.do(acknowledge_hazard, hazard_id="H-0")
    with pytest.raises(InvalidInput):
        by_hand(world, lon=None)
    with pytest.raises(UnknownThing):
        by_hand(world, lon=None, service_point="nowhere")
    hazard = by_hand(world)
    with pytest.raises(Conflict):
        world.do(relieve_authority, hazard_id=hazard.id, at=world.now)
    later = world.now + timedelta(hours=1)
    with pytest.raises(InvalidInput):
        world.do(authority_waits, hazard_id=hazard.id, authority=Authority.POLICE, since=later)
    world.do(authority_waits, hazard_id=hazard.id, authority=Authority.POLICE, since=world.now)
    with pytest.raises(InvalidInput):
        world.do(set_hazard_level, hazard_id=hazard.id, level=Level.NUISANCE)
    finish(world, hazard.id)
    with pytest.raises(Conflict):
        world.do(acknowledge_hazard, hazard_id=hazard.id)
    assert world.ask(get_hazard, hazard_id=hazard.id).status == "closed"
