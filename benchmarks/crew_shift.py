"""One shift without signal on two phones of one crew, at random, and whether both sides agree afterwards.

Rule 1: chance is seeded: which phone, what it does, where the page is killed, when signal comes for a moment.
Rule 2: the clock of Relight and those of the phones move on together by hours; one of these is wrong besides.
Rule 3: in the end there is signal, all is sent, and then: each report that a journal calls taken is one
    change of the log, in the order of that phone; each that it calls refused is none; no tap is missing that
    the page had shown as kept; each photo is kept once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Engine, text

from benchmarks.crew_phone import CrewPhone, photo
from dispatch.clock import Clock, set_clock
from dispatch.transactions import write_transaction

_TAKEN = ("applied", "already_applied")
_STEPS_FIRST = 4  # accepted, en route, on site, working: only then is there something to report
_MINUTE_MS = 60_000

_LOGGED = text(
    "SELECT client_event_id, position, occurred_at, name FROM change_log "
    "WHERE actor = :actor AND client_event_id IS NOT NULL ORDER BY position"
)
_PHOTOS = text("SELECT id, damage_report_id FROM photo WHERE sent_by = :actor")


@dataclass(frozen=True, slots=True)
class Shift:
    """How much happens: actions and photos on both phones together, hours without signal."""

    actions: int = 200
    photos: int = 50
    hours: float = 8.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to; `wrong` is empty where both sides agree."""

    actions: int
    photos: int
    kills: int
    hours: float
    taken: int
    refused: int
    wrong: tuple[str, ...]


class SharedTime:
    """The clock of Relight, moved on by hand together with those of the phones."""

    def __init__(self, engine: Engine, phones: Sequence[CrewPhone]) -> None:
        """Begin where the clock stands."""
        self._engine, self._phones = engine, phones
        self._begun = datetime.now(UTC)
        self.ahead_ms = 0

    def pass_by(self, milliseconds: int) -> None:
        """Let time pass for everybody: for Relight first, so that no phone is ahead of it."""
        if milliseconds == 0:
            return
        self.ahead_ms += milliseconds
        simulated = self._begun + timedelta(milliseconds=self.ahead_ms)
        with write_transaction(self._engine) as session:
            set_clock(session, clock=Clock(origin_real=self._begun, origin_simulated=simulated, speed=1.0))
        for phone in self._phones:
            phone.pass_time(self.ahead_ms)

    def end(self) -> None:
        """Let Relight's clock show the real time again, for the next shift."""
        if self.ahead_ms == 0:
            return
        now = datetime.now(UTC)
        with write_transaction(self._engine) as session:
            set_clock(session, clock=Clock(origin_real=now, origin_simulated=now, speed=1.0))


def play_shift(phones: Sequence[CrewPhone], *, engine: Engine, crew: str, shift: Shift, seed: int) -> Outcome:
    """Play one shift on phones that are signed in and show their job, and compare both sides."""
    chance = np.random.default_rng(seed)
    time = SharedTime(engine, phones)
    pictures = [photo(chance) for _ in range(shift.photos)]
    for phone in phones:
        phone.has_signal(on=False)
    done = 0
    a_step_ms = round(shift.hours * 60 * _MINUTE_MS / shift.actions)
    for phone in phones:
        for _ in range(_STEPS_FIRST):
            done += _do(phone, chance, pictures, is_step=True, many=1)
            phone.rest()
            time.pass_by(a_step_ms)
    share = max(1, round(shift.photos / max(1, shift.actions // 20)))
    tries = 0
    while (done < shift.actions or pictures) and tries < shift.actions * 3:
        tries += 1
        phone = phones[int(chance.integers(len(phones)))]
        done += _do(phone, chance, pictures, is_step=False, many=share)
        time.pass_by(int(a_step_ms * chance.uniform(0.6, 1.4)))
        if chance.random() < 0.05:  # noqa: PLR2004 - a moment of signal now and then
            _moment_of_signal(phone, chance)
    for phone in phones:
        done += int(phone.step(dies=False))  # both finish the job: one of them is told that it was finished
    hours = time.ahead_ms / (60 * _MINUTE_MS)
    for phone in phones:
        phone.has_signal(on=True)
    for phone in phones:
        phone.wait_until_all_sent()
    time.end()
    return _outcome(phones, engine, crew, actions=done, hours=hours)


def _do(
    phone: CrewPhone, chance: np.random.Generator, pictures: list[bytes], *, is_step: bool, many: int
) -> int:
    """Do one thing on a phone; return 1 if it made a report."""
    dies = bool(chance.random() < 0.08)  # noqa: PLR2004 - the app is killed over one tap of twelve
    if is_step:
        return int(phone.step(dies=dies))
    which = chance.random()
    if pictures and which < 0.12:  # noqa: PLR2004
        chosen = [pictures.pop() for _ in range(min(many, len(pictures)))]
        return int(phone.report_damage(int(chance.integers(13)), chosen, dies=dies))
    if which < 0.3:  # noqa: PLR2004
        # Within a moment of the last step the page takes none: then nothing was said.
        return int(phone.say_time(int(chance.integers(4)), dies=dies))
    kinds = [int(one) for one in chance.integers(0, 13, int(chance.integers(1, 4)))]
    return int(phone.use_material(kinds, dies=dies))


def _moment_of_signal(phone: CrewPhone, chance: np.random.Generator) -> None:
    """Let signal come and go in the midst of sending, and now and then kill the app in it."""
    phone.has_signal(on=True)
    phone.shown.wait_for_timeout(float(chance.uniform(0, 900)))
    if chance.random() < 0.4:  # noqa: PLR2004
        phone.kill()
        phone.shown.wait_for_timeout(float(chance.uniform(0, 400)))
    phone.has_signal(on=False)


def _outcome(
    phones: Sequence[CrewPhone], engine: Engine, crew: str, *, actions: int, hours: float
) -> Outcome:
    journals = [phone.journal() for phone in phones]
    with engine.connect() as connection:
        logged = {row.client_event_id: row for row in connection.execute(_LOGGED, {"actor": crew})}
        kept = {row.id: row.damage_report_id for row in connection.execute(_PHOTOS, {"actor": crew})}
    wrong = [*_against_the_tally(phones, journals), *_against_the_log(journals, logged)]
    wrong += _against_the_photos(journals, kept)
    lines = [line for journal in journals for line in journal]
    return Outcome(
        actions=actions,
        photos=sum(len(line["photos"]) for line in lines),
        kills=sum(phone.tally.kills for phone in phones),
        hours=hours,
        taken=sum(line["outcome"] in _TAKEN for line in lines),
        refused=sum(line["outcome"] == "refused" for line in lines),
        wrong=tuple(wrong),
    )


def _against_the_tally(phones: Sequence[CrewPhone], journals: Sequence[list[dict[str, Any]]]) -> list[str]:
    wrong = []
    for number, (phone, journal) in enumerate(zip(phones, journals, strict=True), 1):
        sure, maybe = phone.tally.sure, phone.tally.maybe
        if not sure <= len(journal) <= sure + maybe:
            wrong.append(f"phone {number}: {len(journal)} lines for {sure} taps and {maybe} cut short")
        waiting = [line["client_event_id"] for line in journal if line["outcome"] == "waiting"]
        if waiting:
            wrong.append(f"phone {number}: {len(waiting)} lines still wait")
    return wrong


def _against_the_log(journals: Sequence[list[dict[str, Any]]], logged: dict[str, Any]) -> list[str]:
    wrong = []
    lines = {line["client_event_id"]: line for journal in journals for line in journal}
    taken = {id for id, line in lines.items() if line["outcome"] in _TAKEN}
    if missing := taken - logged.keys():
        wrong.append(f"taken by the journal, not in the log: {sorted(missing)}")
    if surplus := logged.keys() - taken:
        wrong.append(f"in the log, not taken by a journal: {sorted(surplus)}")
    for number, journal in enumerate(journals, 1):
        # Steps and material go first, reports with photos after them: each in the order of tapping.
        for kinds in (("step", "materials"), ("damage",)):
            positions = [
                logged[line["client_event_id"]].position
                for line in journal
                if line["kind"] in kinds and line["client_event_id"] in logged
            ]
            if positions != sorted(positions):
                wrong.append(f"phone {number}: {kinds} came in another order than they were tapped")
    return wrong


def _against_the_photos(journals: Sequence[list[dict[str, Any]]], kept: dict[str, Any]) -> list[str]:
    sent = [
        shot["id"]
        for journal in journals
        for line in journal
        if line["outcome"] in _TAKEN
        for shot in line["photos"]
    ]
    wrong = [f"photo {id} is on two reports" for id in set(sent) if sent.count(id) > 1]
    lost = [id for id in sent if kept.get(id) is None]
    return [*wrong, *([f"{len(lost)} photos of {len(sent)} are not kept"] if lost else [])]
