"""What the page of one supply says: the state in a sentence, when it will be back, how far the repair is.

Rules:
1. Say what is known and how sure it is: "probably" until the outage is confirmed.
2. A time that has passed is no promise any more.
3. Only steps that were really taken are ticked; power may come back without a crew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.supply_map import FEWEST_CUSTOMERS, AreaPicture
from api.supply_words import Words
from dispatch.events import Event
from dispatch.supply_status import CustomerOutage, SupplyStatus

ADVICE = ("medical", "wire", "appliances", "fridge", "lamp", "phone")
_CREW_STEPS = {"assigned": ("assigned", "accepted"), "en_route": ("en_route",), "on_site": ("on_site",)}
_CREW_ORDER = ("assigned", "accepted", "en_route", "on_site", "working", "finished")
_STEPS = ("reported", "confirmed", "assigned", "en_route", "on_site", "restored")
_FEW_CUSTOMERS = 20
_METRES_A_KILOMETRE = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the repair: done, now or todo."""

    text: str
    state: str
    state_text: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened, in words."""

    time: str
    text: str


@dataclass(frozen=True, slots=True)
class AreaView:
    """The area's picture, what it says in words, and how many are out; no picture where none may be drawn."""

    picture: AreaPicture | None
    description: str
    bar_text: str
    text: str


@dataclass(frozen=True, slots=True)
class SupplyView:
    """Everything the page says of one supply, in one language."""

    state: str
    headline: str
    sentences: tuple[str, ...]
    etr: str | None
    etr_note: str | None
    outage_id: str | None
    steps: tuple[Step, ...]
    history: tuple[HistoryLine, ...]
    area: AreaView | None

    @property
    def is_out(self) -> bool:
        """Whether this supply is without power."""
        return self.state == "out"


def view_supply(status: SupplyStatus, *, area: AreaView | None, words: Words, now: datetime) -> SupplyView:
    """Return what the page says of a supply."""
    outage = status.outage
    history = _history(status, words=words, now=now)
    if outage is not None and not status.supplied:
        etr, note = _etr(outage, words=words, now=now)
        return SupplyView(
            state="out",
            headline=words("out.headline_probably" if _is_probable(outage) else "out.headline"),
            sentences=_out_sentences(outage, words=words, now=now),
            etr=etr,
            etr_note=note,
            outage_id=outage.outage_id,
            steps=_steps(status, outage, words=words),
            history=history,
            area=area,
        )
    state, sentence = _supplied(status, words=words, now=now)
    steps = _steps(status, outage, words=words) if outage is not None and state == "restored" else ()
    return SupplyView(
        state=state,
        headline=words(f"{state}.headline"),
        sentences=(sentence,),
        etr=None,
        etr_note=None,
        outage_id=outage.outage_id if outage is not None and state == "restored" else None,
        steps=steps,
        history=history,
        area=None,
    )


def view_area(customers: int, picture: AreaPicture | None, *, words: Words) -> AreaView:
    """Return the area's picture with its words."""
    if picture is None:
        few = customers < FEWEST_CUSTOMERS
        text = words("area.few") if few else _count(customers, words=words)
        return AreaView(picture=None, description="", bar_text="", text=text)
    size = words("area.size", width=_length(picture.width_m, words), height=_length(picture.height_m, words))
    own = words("area.own", sector=words(f"area.sector.{picture.sector}")) if picture.sector else ""
    return AreaView(
        picture=picture,
        description=words.join((size, own)),
        bar_text=_length(picture.bar_m, words),
        text=words.join((_count(customers, words=words), size, own)),
    )


def _supplied(status: SupplyStatus, *, words: Words, now: datetime) -> tuple[str, str]:
    """Return state and sentence of a supply that is on, or of which only a report says otherwise."""
    outage, reported_at = status.outage, status.reported_at
    restored_at = outage.restored_at if outage is not None else None
    if reported_at is not None and (restored_at is None or reported_at > restored_at):
        return "reported", words("reported.lead", time=words.time(reported_at, now=now))
    if outage is None or restored_at is None:
        return "on", words("on.lead")
    time = words.time(restored_at, now=now)
    return "restored", words("restored.lead", time=time, duration=words.duration(restored_at - outage.since))


def _out_sentences(outage: CustomerOutage, *, words: Words, now: datetime) -> tuple[str, ...]:
    since = "out.since_probably" if _is_probable(outage) else "out.since"
    sentences = [words(since, time=words.time(outage.since, now=now))]
    if outage.status == "partially_restored":
        sentences.append(words("out.partly"))
    if outage.crew_status is not None:
        sentences.append(words(f"crew.{outage.crew_status}"))
    elif not _is_probable(outage):
        sentences.append(words("crew.none"))
    if outage.etr_at is not None:
        sentences.append(words("etr.sentence", time=words.time(outage.etr_at, now=now)))
    else:
        sentences.append(words("etr.sentence_overdue" if outage.etr_has_lapsed else "etr.sentence_none"))
    return tuple(sentences)


def told_restoration(outage: CustomerOutage, *, words: Words, now: datetime) -> str:
    """Return what is said beside the time: the crew, from when to when, and where the time comes from."""
    crew = words(f"crew.{outage.crew_status}") if outage.crew_status is not None else ""
    if outage.etr_at is None:
        note = words("etr.sentence_overdue") if outage.etr_has_lapsed else ""
        return words.join((crew, note))
    return words.join((crew, _etr(outage, words=words, now=now)[1]))


def _is_probable(outage: CustomerOutage) -> bool:
    return outage.status == "predicted"


def _etr(outage: CustomerOutage, *, words: Words, now: datetime) -> tuple[str, str]:
    """Return the expected time and where it comes from, in words."""
    if outage.etr_at is None:
        return words("etr.none"), words("etr.note_overdue" if outage.etr_has_lapsed else "etr.note_none")
    source = words(f"etr.source.{outage.etr_source or 'device_kind'}")
    return words.time(outage.etr_at, now=now), words.join((_window(outage, words=words, now=now), source))


def _window(outage: CustomerOutage, *, words: Words, now: datetime) -> str:
    """Return from when to when it will probably be back; only until when, where the beginning has passed."""
    if outage.etr_earliest is None or outage.etr_latest is None:
        return ""
    latest = words.time(outage.etr_latest, now=now)
    if outage.etr_earliest <= now:
        return words("etr.window_until", latest=latest)
    return words("etr.window", earliest=words.time(outage.etr_earliest, now=now), latest=latest)


def _steps(status: SupplyStatus, outage: CustomerOutage, *, words: Words) -> tuple[Step, ...]:
    reached = _CREW_ORDER.index(outage.crew_status) if outage.crew_status in _CREW_ORDER else -1
    happened = {
        "reported": True,
        "confirmed": outage.status != "predicted",
        **{step: reached >= _CREW_ORDER.index(first[0]) for step, first in _CREW_STEPS.items()},
        "restored": status.supplied,
    }
    latest = max(index for index, step in enumerate(_STEPS) if happened[step])
    steps = []
    for index, step in enumerate(_STEPS):
        is_now = index == latest and not status.supplied
        state = "now" if is_now else "done" if happened[step] else "todo"
        steps.append(Step(text=words(f"step.{step}"), state=state, state_text=words(f"step.{state}")))
    return tuple(steps)


def _history(status: SupplyStatus, *, words: Words, now: datetime) -> tuple[HistoryLine, ...]:
    """Return what happened, newest first."""
    entries: list[tuple[datetime, str]] = []
    if status.reported_at is not None:
        entries.append((status.reported_at, words("history.reported")))
    outage = status.outage
    entries.extend(
        (entry.at, _history_words(entry.name, entry.etr_at, is_out=not status.supplied, words=words, now=now))
        for entry in (outage.history if outage is not None else ())
    )
    if outage is not None and outage.restored_at is not None and outage.status == "partially_restored":
        entries.append((outage.restored_at, words("history.back")))
    lines = [HistoryLine(time=words.time(at, now=now), text=text) for at, text in _in_order(entries)]
    return tuple(lines)


def _in_order(entries: Sequence[tuple[datetime, str]]) -> list[tuple[datetime, str]]:
    """Return entries newest first; the same said twice in a row is said once, at its first time."""
    ordered: list[tuple[datetime, str]] = []
    for at, text in sorted(entries, key=lambda entry: entry[0]):
        if not ordered or ordered[-1][1] != text:
            ordered.append((at, text))
    return ordered[::-1]


def _history_words(name: str, etr_at: datetime | None, *, is_out: bool, words: Words, now: datetime) -> str:
    if name != Event.OUTAGE_ETR_CHANGED:
        return words(f"history.{name.replace('.', '_')}")
    if etr_at is None:
        return words("history.outage_etr_withdrawn")
    if is_out and etr_at < now:
        return words("history.outage_etr_passed")
    return words("history.outage_etr_changed", etr=words.time(etr_at, now=now))


def _count(customers: int, *, words: Words) -> str:
    """Return the number of customers, rounded: what matters is not to be alone."""
    if customers < _FEW_CUSTOMERS:
        return words("area.count_small", count=_FEW_CUSTOMERS)
    unit = 10 if customers < 1000 else 100  # noqa: PLR2004 - three figures are enough
    return words("area.count", count=round(customers / unit) * unit)


def _length(metres: int, words: Words) -> str:
    if metres < _METRES_A_KILOMETRE:
        return words("length.metres", metres=metres)
    return words("length.kilometres", kilometres=f"{metres / _METRES_A_KILOMETRE:g}")
