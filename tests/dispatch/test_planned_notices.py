"""Notices about planned outages: when they are due, when queued, to whom, and what proves it."""

import json
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from dispatch.delivery import Delivery, deliver_notifications
from dispatch.notifications import LANGUAGES
from dispatch.planned_execution import begin_planned_outage, end_planned_outage
from dispatch.planned_life import (
    approve_planned_outage,
    cancel_planned_outage,
    publish_planned_outage,
    request_planned_outage,
    study_planned_outage,
)
from dispatch.planned_outages import announce_planned_outage, move_planned_outage
from dispatch.planned_rules import (
    PlannedRulesFileError,
    default_planned_rules,
    planned_rules,
    read_planned_rules,
)
from dispatch.planned_states import PlannedWork
from dispatch.planned_views import get_planned_outage, notice_messages, planned_changes, planned_notices
from dispatch.planned_watch import keep_planned_outages, planned_outages_due
from dispatch.states import SwitchingKind
from dispatch.switching_orders import draft_order, set_steps
from dispatch.switching_step import Step
from dispatch.switching_tables import StepAction
from dispatch.tables import NotificationRow
from dispatch.transactions import read_transaction, write_transaction

TEXTS = {
    language: json.loads(
        (Path(__file__).parents[2] / "web" / "vocabulary" / f"{language}.json").read_text(encoding="utf-8")
    )
    for language in LANGUAGES
}
DAY = 24 * 60
EVERYBODY = [f"A-a{number}" for number in range(1, 5)]


class Told:
    """One planned outage of T1 (households a), published, and what is told of it."""

    def __init__(self, world, *, start=10 * DAY, work=PlannedWork.PLANNED, device="T1", steps=()):
        self.world = world
        starts_at = world.now + timedelta(minutes=start)
        self.id = world.do(
            request_planned_outage,
            work=work,
            device=device,
            service_points=(),
            crew_id=None,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=4),
            text="New cables 换电缆",
            networks=world.networks,
        ).id
        self.order = self.draft(*steps) if steps else None
        self.study()
        self.do(approve_planned_outage, override_reason=None, networks=world.networks, zone=UTC, actor="zhao")
        self.do(publish_planned_outage)
        self.starts_at = starts_at

    def do(self, operation, **arguments):
        return self.world.do(operation, planned_outage_id=self.id, version=None, **arguments)

    def study(self):
        self.do(study_planned_outage, basis="normal", networks=self.world.networks)

    def steps(self, steps):
        return [Step(StepAction(action), device) for action, device in (step.split() for step in steps)]

    def draft(self, *steps):
        return self.world.do(
            draft_order,
            kind=SwitchingKind.PLANNED,
            steps=self.steps(steps),
            outage_id=None,
            planned_outage_id=self.id,
            note=None,
            networks=self.world.networks,
        ).id

    def move(self, *, starts_at=None, ends_at=None):
        self.do(
            move_planned_outage,
            starts_at=starts_at,
            ends_at=ends_at,
            networks=self.world.networks,
            zone=UTC,
        )

    def keep(self):
        with write_transaction(self.world.engine) as session:
            is_due = planned_outages_due(session, now=self.world.now)
            changed = keep_planned_outages(session, now=self.world.now)
            assert is_due == bool(changed)
            return changed

    def at(self, minutes_before):
        self.world.now = self.starts_at - timedelta(minutes=minutes_before)
        return self.keep()

    def notices(self):
        return self.world.ask(planned_notices, planned_outage_id=self.id, now=self.world.now)

    def told(self):
        return [(one.rule, one.kind, one.breach) for one in self.notices()]

    def status(self):
        return self.world.ask(get_planned_outage, planned_outage_id=self.id).status


def send(world):
    """Say that all that is queued has left now."""
    with write_transaction(world.engine) as session:
        session.execute(
            text("UPDATE notification SET status = 'sent', sent_at = :now WHERE status = 'queued'"),
            {"now": world.now},
        )


class TestByTheRules:
    def test_seven_days_to_everybody_once_and_a_reminder(self, world):
        told = Told(world)
        assert told.keep() == 0
        assert told.at(8 * DAY + 1) == 0
        assert told.at(8 * DAY) == 1
        assert told.keep() == 0
        assert told.status() == "notified"
        assert world.messages() == [("planned_announced", account) for account in EVERYBODY]
        send(world)
        (notice,) = told.notices()
        assert (notice.rule, notice.breach) == ("everybody_seven_days", None)
        assert notice.due_at == told.starts_at - timedelta(days=7)
        assert (notice.messages["sent"], notice.last_sent_at, notice.unreached) == (4, world.now, [])
        told.at(41)
        assert len(told.notices()) == 1
        told.at(40)
        assert told.told()[1] == ("reminder", "planned_reminder", None)

    def test_late_published_is_a_breach_that_stays(self, world):
        told = Told(world, start=3 * DAY)
        told.keep()
        send(world)
        assert told.told() == [("everybody_seven_days", "planned_announced", "queued_late")]
        view = world.ask(get_planned_outage, planned_outage_id=told.id)
        assert (view.notices, view.breaches) == (1, 1)

    def test_what_the_keeper_came_too_late_for_is_missed(self, world):
        told = Told(world)
        told.at(-1)
        assert told.told() == [
            ("everybody_seven_days", "planned_announced", "missed"),
            ("reminder", "planned_reminder", "missed"),
        ]
        assert world.messages() == []

    def test_queued_in_time_and_not_delivered_by_then(self, world):
        told = Told(world)
        told.at(8 * DAY)
        assert told.told()[0][2] is None
        world.now = told.starts_at - timedelta(days=6)
        assert told.told()[0][2] == "not_delivered"

    def test_at_short_notice_the_important_are_told_a_day_before(self, world):
        with world.engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE service_point SET priority = CASE id WHEN 'a1' THEN 'important_1' "
                    "WHEN 'a2' THEN 'life_support' WHEN 'a3' THEN 'sensitive' END WHERE id LIKE 'a%'"
                )
            )
        told = Told(world, start=2 * DAY, work=PlannedWork.TEMPORARY)
        told.at(36 * 60)
        assert told.told() == [("important_a_day", "planned_announced", None)]
        assert world.messages() == [("planned_announced", "A-a2"), ("planned_announced", "A-a1")]

    def test_who_cannot_be_written_to_is_named(self, world):
        with world.engine.begin() as connection:
            connection.execute(text("UPDATE customer SET email = NULL WHERE account = 'A-a3'"))
        told = Told(world)
        told.at(8 * DAY)
        (notice,) = told.notices()
        assert notice.unreached == ["a3"]
        messages = world.ask(notice_messages, planned_outage_id=told.id, notice_id=notice.id)
        assert [(one.account, one.channel, one.status) for one in messages] == [
            (f"A-a{number}", "email", "queued") for number in (1, 2, 4)
        ]

    def test_one_that_was_announced_at_once_owes_them_too(self, world):
        starts_at = world.now + timedelta(minutes=35)
        world.do(
            announce_planned_outage,
            device="T1",
            service_points=(),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
            text="Work",
            networks=world.networks,
        )
        with write_transaction(world.engine) as session:
            keep_planned_outages(session, now=world.now)
        assert sorted({kind for kind, _ in world.messages()}) == ["planned_announced", "planned_reminder"]


class TestChanges:
    def test_a_delay_is_told_to_all_with_old_and_new_and_stands_for_the_rule(self, world):
        told = Told(world)
        told.at(8 * DAY)
        before = told.starts_at
        told.move(starts_at=before + timedelta(days=3), ends_at=before + timedelta(days=3, hours=4))
        told.starts_at = before + timedelta(days=3)
        assert [kind for kind, _ in world.messages()].count("planned_moved") == 4
        told.at(8 * DAY)
        told.at(7 * DAY)
        # Told of the delay before the rule's time had come again: it is told once more by the rule.
        assert [one[:2] for one in told.told()] == [
            ("everybody_seven_days", "planned_announced"),
            (None, "planned_moved"),
            ("everybody_seven_days", "planned_announced"),
        ]
        told.move(ends_at=told.starts_at + timedelta(hours=6))
        assert told.told()[-1] == (None, "planned_moved", None)
        moved = [
            one
            for one in world.ask(planned_changes, planned_outage_id=told.id)
            if one.name == "planned_outage.moved"
        ]
        assert [sorted(one.data["values"]) for one in moved] == [["ends_at", "starts_at"], ["ends_at"]]
        assert moved[0].data["values"]["starts_at"]["old"] == before.isoformat()
        assert moved[0].actor == "wang"

    def test_a_move_to_a_near_start_stands_for_the_rule_and_is_late(self, world):
        told = Told(world)
        told.at(8 * DAY)
        told.move(starts_at=world.now + timedelta(days=2), ends_at=world.now + timedelta(days=2, hours=4))
        assert told.told()[1:] == [
            (None, "planned_moved", None),
            ("everybody_seven_days", "planned_moved", "queued_late"),
        ]
        assert told.keep() == 0

    def test_nobody_is_told_of_a_change_before_anybody_was_told(self, world):
        told = Told(world, start=30 * DAY)
        told.move(ends_at=told.starts_at + timedelta(hours=5))
        told.do(cancel_planned_outage, reason="No material.")
        assert world.messages() == []

    def test_called_off_is_told(self, world):
        told = Told(world)
        told.at(8 * DAY)
        told.do(cancel_planned_outage, reason="Storm.")
        assert world.messages()[4:] == [("planned_cancelled", account) for account in EVERYBODY]

    def test_another_version_tells_those_it_adds_and_removes(self, world):
        told = Told(world, device=None, steps=["open B1"])
        told.at(8 * DAY)
        assert len(world.messages()) == 8
        world.do(
            set_steps,
            order_id=told.order,
            version=None,
            steps=told.steps(["open B2"]),
            networks=world.networks,
        )
        told.study()
        after = world.messages()[8:]
        assert after[:4] == [("planned_announced", f"A-c{number}") for number in range(1, 5)]
        assert {kind for kind, _ in after[4:]} == {"planned_not_concerned"}
        assert len(after) == 12

    def test_taking_longer_and_being_over_are_told(self, world):
        told = Told(world)
        told.at(8 * DAY)
        told.at(40)
        world.now = told.starts_at
        told.do(begin_planned_outage, at=None, networks=world.networks)
        world.now = told.starts_at + timedelta(hours=4)
        told.keep()
        assert told.keep() == 0
        world.later(30)
        told.do(end_planned_outage, at=None)
        assert [one[1] for one in told.told()[2:]] == ["planned_overdue", "planned_ended"]
        last = world.ask(planned_changes, planned_outage_id=told.id)[-1]
        assert last.data["late_minutes"] == 30


class TestWords:
    def test_a_message_has_the_words_of_its_kind_and_both_times(self, world, monkeypatch):
        told = Told(world)
        told.at(8 * DAY)
        told.move(ends_at=told.starts_at + timedelta(hours=6))
        sent = []
        monkeypatch.setattr(
            "dispatch.delivery.send_mails", lambda *, mails, **_: sent.extend(mails) or iter(())
        )
        with read_transaction(world.engine) as session:
            ids = session.scalars(
                select(NotificationRow.id).where(NotificationRow.kind == "planned_moved")
            ).all()
        delivery = Delivery(texts=TEXTS, time_zone=UTC, mail_url="mailtos://nowhere.example.org")
        with pytest.raises(Exception, match="not taken"):
            deliver_notifications(world.engine, notification_ids=ids, delivery=delivery, now=world.now)
        until = (told.starts_at + timedelta(hours=6)).strftime("%Y-%m-%d %H:%M")
        before = (told.starts_at + timedelta(hours=4)).strftime("%Y-%m-%d %H:%M")
        assert len(sent) == 4
        assert all(until in mail.body and before in mail.body and told.id in mail.body for mail in sent)
        assert {mail.subject for mail in sent} == {
            TEXTS[language]["message.planned_moved.subject"] for language in LANGUAGES
        }


class TestFile:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"notices": []}, "at least one"),
            ({"conflicts": {"again_within_months": 99}}, "again_within_months"),
            ({"protected": [{"name": "x", "from": "02-30", "until": "03-01"}]}, "is no day"),
            ({"protected": [{"name": "x", "from": "2027-05-01", "until": "05-03"}]}, "year"),
            ({"protected": [{"name": "x", "from": "2027-05-03", "until": "2027-05-01"}]}, "before"),
            ({"colour": "red"}, "not known"),
        ],
    )
    def test_a_wrong_entry_is_named(self, change, said):
        with pytest.raises(PlannedRulesFileError, match=said):
            planned_rules({**default_planned_rules().document, **change})

    def test_a_file_that_cannot_be_read(self, tmp_path):
        path = tmp_path / "rules.toml"
        path.write_text("version = ", encoding="utf-8")
        with pytest.raises(PlannedRulesFileError, match=r"rules\.toml"):
            read_planned_rules(path)

    def test_days_of_every_year_go_over_its_end(self, world):
        (days,) = planned_rules(
            {
                **default_planned_rules().document,
                "protected": [{"name": "turn of the year", "from": "12-30", "until": "01-02"}],
            }
        ).protected
        later = [(world.now + timedelta(days=number)).date() for number in range(60)]
        held = [day.isoformat() for day in later if days.holds(day)]
        assert held == ["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02"]
