"""How the system is doing, told so that the person on duty knows what to do."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.errors import is_database_away
from api.schemas.health import Health, MessagesState, MetersState, PlannerState
from api.work import reading
from api.worker_locks import WorkerLock, state_of
from gis.network_versions import active_network_version


def examine(
    engine: Engine,
    *,
    channels: Collection[str],
    real_now: datetime,
    asks_meters: bool = False,
    plans: bool = False,
) -> Health:
    """Return how database, workers and messages are; `channels` are those with somewhere to send to."""
    try:
        with reading(engine) as work:
            worker = state_of(work.session, WorkerLock.ANALYSIS)
            messages = _messages(work.session, channels)
            meters = _meters(work.session, asks_meters=asks_meters)
            planner = _planner(work.session, plans=plans)
            network_version = active_network_version(work.session)
            now = work.now
    except SQLAlchemyError as error:
        if not is_database_away(error):
            raise
        return Health(
            status="degraded",
            database="away",
            worker="silent",
            messages="silent",
            meters="silent" if asks_meters else "no_system",
            planner="silent" if plans else "off",
            network_version=None,
            now=real_now,
            text="The database does not answer. Relight recovers by itself when it is back.",
        )
    troubles = _troubles(worker=worker, messages=messages, meters=meters, network_version=network_version)
    if planner in {"silent", "stuck"}:
        troubles.append("The planner is not at work: no plan is made. Start `relight up` anew.")
    return Health(
        status="degraded" if troubles else "ok",
        database="ok",
        worker=worker,
        messages=messages,
        meters=meters,
        planner=planner,
        network_version=network_version,
        now=now,
        text=" ".join(troubles) or "All is well.",
    )


def _messages(session: Session, channels: Collection[str]) -> MessagesState:
    if not channels:
        return "no_channel"
    state = state_of(session, WorkerLock.DELIVERY)
    return "delivering" if state == "running" else state


def _meters(session: Session, *, asks_meters: bool) -> MetersState:
    if not asks_meters:
        return "no_system"
    state = state_of(session, WorkerLock.METERS)
    return "asking" if state == "running" else state


def _planner(session: Session, *, plans: bool) -> PlannerState:
    if not plans:
        return "off"
    state = state_of(session, WorkerLock.PLANNING)
    return "planning" if state == "running" else state


def _troubles(*, worker: str, messages: str, meters: str, network_version: int | None) -> list[str]:
    troubles = []
    if worker == "silent":
        troubles.append(
            "No analysis worker runs: evidence is kept, but no outage is found. Start `relight up`."
        )
    if worker == "stuck":
        troubles.append(
            "The analysis worker hangs: evidence is kept, but no outage is found. Start `relight up` anew."
        )
    if network_version is None:
        troubles.append(
            "No network is in force: use `relight network import` and `relight network activate`."
        )
    if messages == "silent":
        troubles.append("No delivery worker runs: messages stay queued. Start `relight up`.")
    if messages == "stuck":
        troubles.append("The delivery worker hangs: messages stay queued. Start `relight up` anew.")
    if meters in {"silent", "stuck"}:
        troubles.append("The meter worker is not at work: no meter is asked. Start `relight up` anew.")
    if messages == "no_channel":
        troubles.append("No message channel is set, so messages stay queued: see RELIGHT_MAIL_URL.")
    return troubles
