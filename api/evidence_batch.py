"""A batch of evidence as it streams in: stored in parts, in bounded memory, durable before the answer.

Rules:
1. Every 2,000 pieces are one transaction. A connection that breaks in the middle leaves whole parts behind
   and no answer; sent again, those parts count as duplicates. Nothing acknowledged is ever lost.
2. No transaction stays open while the sender is slow.
3. Rejected lines are listed up to a bound, and counted beyond it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from api.work import receiving, writing
from dispatch.errors import NoActiveNetwork
from dispatch.evidence_lines import Document, EvidenceLines, Rejection
from dispatch.hazard_intake import raise_reported_hazards
from dispatch.intake import Receipt, receive_evidence
from gis.network_versions import active_network_version

logger = logging.getLogger("relight.evidence")

PIECES_A_TRANSACTION = 2_000
LISTED_REJECTIONS = 10_000


def take_evidence(engine: Engine, *, documents: list[Document | Rejection], source: str) -> Receipt:
    """Store pieces of evidence in one transaction; NoActiveNetwork when no network is in force."""
    with receiving(engine) as work:
        network_version = active_network_version(work.session)
        if network_version is None:
            raise NoActiveNetwork
        receipt = receive_evidence(
            work.session,
            documents=documents,
            network_version=network_version,
            source=source,
            now=work.now,
        )
    if receipt.hazards:
        raise_hazards_soon(engine)
    return receipt


def raise_hazards_soon(engine: Engine) -> None:
    """Raise what was reported at once, before any analysis.

    The reports are durable: should the writer be too busy now, the analysis worker raises it a moment later,
    and nobody is told to report again.
    """
    try:
        with writing(engine) as work:
            raise_reported_hazards(work.session, now=work.now)
    except SQLAlchemyError as error:
        logger.warning("hazards wait for the worker: %s", type(error).__name__)


class EvidenceBatch:
    """One batch on its way in."""

    def __init__(self, engine: Engine, *, source: str) -> None:
        """Start a batch that comes from `source`."""
        self._engine = engine
        self._source = source
        self._lines = EvidenceLines()
        self._waiting: list[Document | Rejection] = []
        self.accepted = 0
        self.duplicates = 0
        self.rejected_count = 0
        self.rejected: list[Rejection] = []

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, and store what they complete."""
        self._take(self._lines.feed(chunk))

    def end(self) -> None:
        """Take a last line without a line feed, and store the rest."""
        self._take(self._lines.end())
        self._store()

    def _take(self, pieces: Iterable[Document | Rejection]) -> None:
        for piece in pieces:
            self._waiting.append(piece)
            if len(self._waiting) >= PIECES_A_TRANSACTION:
                self._store()

    def _store(self) -> None:
        if not self._waiting:
            return
        receipt = take_evidence(self._engine, documents=self._waiting, source=self._source)
        self._waiting = []
        self.accepted += receipt.accepted
        self.duplicates += receipt.duplicates
        self.rejected_count += len(receipt.rejected)
        self.rejected += receipt.rejected[: LISTED_REJECTIONS - len(self.rejected)]
