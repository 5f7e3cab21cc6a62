"""Live pages of crews: the jobs of the crew that listens, told anew whenever they change, and nothing else.

Rules:
1. An event `jobs` holds all open jobs of this one crew; its id is the position of the log it was read at.
2. A page that comes back names its last position (Last-Event-ID, else `after`) and is told only if something
   of its own happened since; one that names none is told at once.
3. A position that is not of this database, or too far back to be worth looking through, is told to `reload`.
4. An event `road_closures` says that other roads are closed than before: ask for them. A page asks once at
   its beginning by itself.
5. A stream ends after ten minutes, when its sign-in ends (`ended`), and when the database goes away (`away`);
   pages come back by themselves, and say meanwhile that they are not live.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.change_signal import ChangeSignal
from api.change_stream import LONGEST_STREAM_S, RETRY_AFTER_MS, StreamPlaces
from api.live_watch import Ending, LiveWatch, Look
from api.roles import Identity
from api.schemas.jobs import CrewJob, CrewJobs
from api.sessions import crews_of_sessions
from api.work import reading
from dispatch.change_log import latest_position
from dispatch.crew_versions import concerned_since, crew_versions
from dispatch.crews import name_of_crew
from dispatch.jobs import jobs_of_crew
from dispatch.road_closures import closures_version

# Further back than this the log is not searched: the page asks for its jobs, which are few.
FURTHEST_BACK = 10_000
# Between the version of a crew's jobs and that of the closed roads.
_AND = "|"


@dataclass(frozen=True, slots=True)
class _Return:
    """What a page that comes back finds: where the log stands, and whether it missed something or all."""

    latest: int
    has_missed: bool
    has_to_reload: bool


class CrewWatch:
    """Follows the jobs of every crew that has a page open."""

    def __init__(self, engine: Engine, *, signal: ChangeSignal, places: StreamPlaces) -> None:
        """Prepare; nothing is looked at until a page is open."""
        self._engine = engine
        self.watch = LiveWatch(self._look, signal=signal, places=places)

    async def events(self, *, identity: Identity, after: int | None) -> AsyncIterator[ServerSentEvent]:
        """Yield the crew's jobs as they change, until one of the rules ends the stream."""
        crew_id, position, told, closures = identity.crew_id or "", after, None, None
        async with aclosing(self.watch.follow(identity.token_digest, longest_s=LONGEST_STREAM_S)) as glances:
            async for glance in glances:
                if isinstance(glance, Ending):
                    if glance is not Ending.OVER:
                        yield ServerSentEvent(glance.value, event=glance.value, retry=RETRY_AFTER_MS)
                    return
                version, _, closed_now = glance.version.partition(_AND)
                if closures not in (None, closed_now):
                    yield ServerSentEvent("{}", event="road_closures", retry=RETRY_AFTER_MS)
                closures = closed_now
                try:
                    if told is None and position is not None:
                        back = await run_in_threadpool(self._come_back, crew_id, position)
                        if back.has_to_reload:
                            position = back.latest
                            yield _event("reload", position, {"position": position})
                        elif not back.has_missed:
                            told = version
                    # A look that began before the jobs were told last has nothing newer to tell.
                    if version != told and (position is None or glance.position >= position):
                        jobs = await run_in_threadpool(self._jobs, crew_id)
                        position, told = jobs.position, version
                        yield _event("jobs", position, jobs.model_dump(mode="json"))
                except SQLAlchemyError:
                    yield ServerSentEvent("away", event="away", retry=RETRY_AFTER_MS)
                    return

    def _look(self, digests: Collection[bytes]) -> Look:
        with reading(self._engine) as work:
            crews = crews_of_sessions(work.session, digests=digests, now=datetime.now(UTC))
            versions = crew_versions(work.session, crew_ids=set(crews.values()))
            closed = closures_version(work.session, now=work.now)
            position = latest_position(work.session)
        return Look(
            now=work.now,
            position=position,
            versions={digest: f"{versions[crew_id]}{_AND}{closed}" for digest, crew_id in crews.items()},
        )

    def _come_back(self, crew_id: str, position: int) -> _Return:
        with reading(self._engine) as work:
            latest = latest_position(work.session)
            is_near = latest - FURTHEST_BACK <= position <= latest
            return _Return(
                latest=latest,
                has_missed=is_near and concerned_since(work.session, crew_id=crew_id, position=position),
                has_to_reload=not is_near,
            )

    def _jobs(self, crew_id: str) -> CrewJobs:
        return read_crew_jobs(self._engine, crew_id=crew_id)


def read_crew_jobs(engine: Engine, *, crew_id: str) -> CrewJobs:
    """Return the open jobs of a crew, and the position they were read at."""
    with reading(engine) as work:
        return CrewJobs(
            position=latest_position(work.session),
            crew_id=crew_id,
            crew_name=name_of_crew(work.session, crew_id=crew_id),
            jobs=[CrewJob.of(job) for job in jobs_of_crew(work.session, crew_id=crew_id)],
        )


def _event(name: str, position: int, data: object) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(data), id=str(position), event=name, retry=RETRY_AFTER_MS)
