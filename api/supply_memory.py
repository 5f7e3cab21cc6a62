"""How one's supply is, answered from memory: thousands of phones ask again and again, and little changes.

Rules:
1. An answer is kept by the digest of its pass and its language, and let go as soon as the change log names
   its outage or one of its service points, or something that may concern anybody. One task for each process
   follows the log.
2. What no change tells of (a report from another process, a time that passes) is looked for again after
   KEPT_S: the one who asks then is told what was known, and it is renewed behind, one after the other. What
   is older than LONGEST_KEPT_S is looked up before it is told, and so is the end of a pass.
3. While the log cannot be followed, what is kept is still told, as old as it may be: `checked_at` is when the
   log was last looked at. What is not kept cannot be told then.
4. An answer made from a picture older than the log's place is told, and not kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api.change_signal import ChangeSignal
from api.my_supply import MySupply, my_supply
from api.supply_passes import accounts_of_passes
from api.supply_words import Words
from api.work import reading
from dispatch.change_log import Change, changes_after, latest_position
from dispatch.errors import NoActiveNetwork
from gis.network_versions import active_network_version
from gis.places import service_points_of_account

logger = logging.getLogger("relight.api")

KEPT_S = 30.0
LONGEST_KEPT_S = 60.0
_FOLLOW_EVERY_S = 10.0
_MOST_KEPT = 50_000
_MOST_CHANGES = 1_000
# These may concern anybody, and seldom happen.
_FOR_ALL = ("network.", "disconnections.", "planned_outage.", "switching.", "switch.")

Key = tuple[bytes, str]


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What one pass is told, ready to be sent but for its beginning; what it depends on, and until when."""

    rest: bytes
    concerns: frozenset[str]
    position: int
    checked_at: bytes
    known_at_s: float


class SupplyMemory:
    """The answers of one process."""

    def __init__(self, engine: Engine, *, signal: ChangeSignal, languages: Sequence[Words]) -> None:
        """Start with none; the log is followed from the first question on."""
        self._engine = engine
        self._signal = signal
        self._words = {words.language: words for words in languages}
        self._old: dict[Key, None] = {}
        self._renewing: asyncio.Task[None] | None = None
        self._kept: OrderedDict[Key, KeptAnswer] = OrderedDict()
        self._by_concern: dict[str, set[Key]] = {}
        self._position: int | None = None
        self._checked_at = b""
        self._following: asyncio.Task[None] | None = None
        self._is_away = False

    def known(self, digest: bytes, language: str) -> bytes | None:
        """Return the answer for a pass from memory, None where it has to be looked up."""
        key = (digest, language)
        kept = self._kept.get(key)
        if kept is None:
            return None
        age_s = time.monotonic() - kept.known_at_s
        if age_s > KEPT_S and not self._is_away:
            if age_s > LONGEST_KEPT_S:
                return None
            self._renew(key)
        return _written(self._checked_at or kept.checked_at, kept.rest)

    async def look_up(self, digest: bytes, language: str) -> bytes | None:
        """Return the answer from the database and keep it; None where the pass gives no leave."""
        self._follow_log()
        found = await run_in_threadpool(self._look_up, digest, self._words[language])
        if found is None:
            self.forget_pass(digest)
            return None
        if self._position is not None and found.position >= self._position:
            self._keep((digest, language), found)
        return _written(found.checked_at, found.rest)

    def _renew(self, key: Key) -> None:
        """Look an answer up again behind those who ask."""
        self._old[key] = None
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew_all())

    async def _renew_all(self) -> None:
        while self._old:
            key = next(iter(self._old))
            del self._old[key]
            with contextlib.suppress(SQLAlchemyError, NoActiveNetwork):
                await self.look_up(*key)

    def forget_pass(self, digest: bytes) -> None:
        """Let go what one pass is told."""
        for key in [key for key in self._kept if key[0] == digest]:
            self._forget(key)

    def _look_up(self, digest: bytes, words: Words) -> KeptAnswer | None:
        with reading(self._engine) as work:
            held = accounts_of_passes(work.session, digests=[digest], now=datetime.now(UTC))
            account = held.get(digest)
            if account is None:
                return None
            network_version = active_network_version(work.session)
            if network_version is None:
                raise NoActiveNetwork
            mine = my_supply(work.session, account=account, areas=None, words=words, now=work.now)
            points = service_points_of_account(work.session, network_version=network_version, account=account)
            position = latest_position(work.session)
            now = work.now
        outages = [supply.view.outage_id for supply in (*mine.supplies, *mine.others)]
        return KeptAnswer(
            rest=json.dumps(_told(mine), ensure_ascii=False, separators=(",", ":")).encode()[1:],
            concerns=frozenset([*points, *(id for id in outages if id is not None)]),
            position=position,
            checked_at=now.isoformat(timespec="seconds").encode(),
            known_at_s=time.monotonic(),
        )

    def _keep(self, key: Key, answer: KeptAnswer) -> None:
        self._forget(key)
        self._kept[key] = answer
        for concern in answer.concerns:
            self._by_concern.setdefault(concern, set()).add(key)
        while len(self._kept) > _MOST_KEPT:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: Key) -> None:
        answer = self._kept.pop(key, None)
        for concern in answer.concerns if answer is not None else ():
            keys = self._by_concern[concern]
            keys.discard(key)
            if not keys:
                del self._by_concern[concern]

    def _follow_log(self) -> None:
        if self._following is None or self._following.done():
            self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Follow the log no longer."""
        tasks = [task for task in (self._following, self._renewing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self) -> None:
        """Let go what changes name, as soon as they are recorded; away, go on trying."""
        while True:
            ticket = self._signal.ticket()
            try:
                await self._take_changes()
                self._is_away = False
            except SQLAlchemyError:
                if not self._is_away:
                    logger.warning("answers from memory: the database is away, and they grow old")
                self._is_away = True
            await self._signal.wait(ticket, timeout_s=_FOLLOW_EVERY_S if not self._is_away else 1.0)

    async def _take_changes(self) -> None:
        if self._position is None:
            self._position, self._checked_at = await run_in_threadpool(self._place)
            return
        while True:
            changes, checked_at = await run_in_threadpool(self._changes, self._position)
            for change in changes:
                self._take(change)
                self._position = change.position
            if len(changes) < _MOST_CHANGES:
                self._checked_at = checked_at
                return

    def _place(self) -> tuple[int, bytes]:
        with reading(self._engine) as work:
            return latest_position(work.session), work.now.isoformat(timespec="seconds").encode()

    def _changes(self, position: int) -> tuple[Sequence[Change], bytes]:
        with reading(self._engine) as work:
            changes = changes_after(work.session, position=position, limit=_MOST_CHANGES)
            return changes, work.now.isoformat(timespec="seconds").encode()

    def _take(self, change: Change) -> None:
        if change.name.startswith(_FOR_ALL):
            self._kept.clear()
            self._by_concern.clear()
            return
        for concern in (change.outage_id, *_points_of(change)):
            for key in list(self._by_concern.get(concern or "", ())):
                self._forget(key)


def _points_of(change: Change) -> Sequence[str]:
    """Return the service points that a change puts out, and the outage that it moves others to."""
    interruptions = change.data.get("interruptions", {})
    started = [id for points in interruptions.get("started", {}).values() for id in points]
    moved_to = interruptions.get("moved_to")
    return [*started, moved_to] if moved_to else started


def _told(mine: MySupply) -> dict[str, Any]:
    return {
        "version": mine.version,
        "supplies": [
            {
                "state": supply.view.state,
                "headline": supply.view.headline,
                "sentences": supply.view.sentences,
                "etr": supply.view.etr,
                "outage": supply.view.outage_id,
            }
            for supply in (*mine.supplies, *mine.others)
        ],
    }


def _written(checked_at: bytes, rest: bytes) -> bytes:
    return b'{"checked_at":"' + checked_at + b'",' + rest
