"""What inference knows, kept in memory between the steps of one process and in step with the database.

Owns the running inference. It is a copy: the rows of evidence that speak (`analysed`) are the truth.
RULE 1: it starts anew with another network version, when something was switched, and whenever a transaction
that it took part in ends with nothing, whatever the reason.
RULE 2: when somebody else has changed an outage, planned work or the like since, evidence may have been spent
or revived: the ids are compared, and only what differs is told to inference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import event, exists, func, select
from sqlalchemy.orm import Session

from dispatch.beliefs import ENGINE
from dispatch.change_log import latest_position
from dispatch.many_ids import is_among
from dispatch.network_cache import TracedNetwork
from dispatch.switch_positions import switching_version
from dispatch.tables import ChangeLogRow, EvidenceRow
from gis.tables import ServicePointRow
from topology.arrays import BoolArray
from topology.evidence_weights import Meter
from topology.inference import Inference, InferenceResult, Restored
from topology.inference_result import InferredOutage
from topology.observations import Observation, ObservationKind
from topology.phases import parse_phases
from topology.questions import pings_about
from topology.rates import EvidenceRates

_IDS_A_QUERY = 10_000


class EvidenceMemory:
    """Feeds one running inference with what is new in the database."""

    def __init__(self, *, rates: EvidenceRates | None, hold_down: Mapping[str, float]) -> None:
        """Start without knowledge."""
        self._rates = rates
        self._hold_down = hold_down
        self.forget_all()

    def forget_all(self) -> None:
        """Forget everything; the next step reads it anew."""
        self._inference: Inference | None = None
        self._believed: dict[tuple[str, str], InferredOutage] = {}
        self._traced: TracedNetwork | None = None
        self._explained_by: dict[str, str] = {}
        self._explaining: dict[int, InferredOutage] = {}
        self._position = 0
        self.is_in_step = False
        self.due_at: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been read yet: by a process just started, or after a step that failed."""
        return self._inference is None

    def follow(self, session: Session, *, traced: TracedNetwork) -> None:
        """Get ready for a step on a network version, and see whether the memory still holds."""
        # Rolled back by whoever holds the session, perhaps long after this step: then nothing of it happened.
        event.listen(session, "after_soft_rollback", lambda *_: self.forget_all())
        if self._traced is not traced:
            self.forget_all()
        if self._inference is None:
            self._traced = traced
            self._inference = Inference(
                tree=traced.tree,
                rates=self._rates,
                metered=_metered(session, traced),
                hold_down=self._hold_down,
            )
        elif not self._others_acted(session):
            self.is_in_step = True

    def is_behind(self, session: Session) -> bool:
        """Whether something was switched since the last step, so that what is known may mean other things."""
        return self._traced is not None and self._traced.switching_version != switching_version(session)

    def must_compare(self) -> None:
        """Let the next answer compare all ids: evidence was laid aside by itself."""
        self.is_in_step = False

    def infer(
        self,
        session: Session,
        *,
        new: Sequence[str],
        now: datetime,
        confirmed: Collection[str],
        restored: Collection[Restored],
    ) -> InferenceResult:
        """Return what all evidence that speaks comes to, the new included."""
        assert self._inference is not None  # noqa: S101 - `follow` came before
        forgotten: Iterable[str] = ()
        wanted: Iterable[str] = new
        if not self.is_in_step:
            speaking = set(session.scalars(select(EvidenceRow.id).where(EvidenceRow.status == "analysed")))
            known = self._inference.statements.ids
            forgotten, wanted = known - speaking, speaking - known
        result = self._inference.update(
            self._observations(session, sorted(wanted)),
            now=now,
            confirmed=confirmed,
            restored=restored,
            forgotten=forgotten,
        )
        self._believed = {(one.device, one.phases): one for one in result.outages}
        self.due_at = self._inference.next_time(now)
        return result

    def newly_explained(self, result: InferenceResult) -> set[str]:
        """Return the evidence that another device explains than after the step before, or that none did."""
        # An outage that inference gave before, the same one, explains what it explained.
        before, self._explaining = self._explaining, {id(one): one for one in result.outages}
        gone = [one for key, one in before.items() if key not in self._explaining]
        new = [one for key, one in self._explaining.items() if key not in before]
        was = {id_: self._explained_by.pop(id_, None) for one in gone for id_ in one.evidence_ids}
        now = {id_: one.device for one in new for id_ in one.evidence_ids}
        self._explained_by.update(now)
        return {id_ for id_, device in now.items() if was.get(id_) != device}

    def questions_about(self, device: str, phases: str, limit: int) -> list[str]:
        """Return the service points whose meters tell most about a believed outage, at most so many."""
        outage = self._believed.get((device, phases))
        if self._inference is None or outage is None:
            return []
        return [one.service_point for one in pings_about(self._inference, outage, limit)]

    def unwoken(self) -> list[str]:
        """Return the service points whose meters did not wake where supply came back, and were not asked."""
        if self._inference is None:
            return []
        found = np.flatnonzero(self._inference.heard.word == Meter.NOT_WOKEN)
        return self._inference.tree.network.service_point_ids(found)

    def done(self, session: Session) -> None:
        """Note where the log stands after the step; what others add later is seen from there."""
        self._position = latest_position(session)
        self.is_in_step = False

    def _others_acted(self, session: Session) -> bool:
        return bool(
            session.scalar(
                select(
                    exists().where(
                        ChangeLogRow.position > self._position,
                        ChangeLogRow.actor != ENGINE,
                        ~ChangeLogRow.name.startswith("job."),
                        ~ChangeLogRow.name.startswith("crew."),
                    )
                )
            )
        )

    def _observations(self, session: Session, ids: Sequence[str]) -> list[Observation]:
        assert self._traced is not None  # noqa: S101 - `follow` came before
        found: list[Observation] = []
        for start in range(0, len(ids), _IDS_A_QUERY):
            rows = session.execute(
                select(
                    EvidenceRow.id,
                    EvidenceRow.kind,
                    EvidenceRow.at,
                    func.coalesce(EvidenceRow.service_point, EvidenceRow.device, "").label("subject"),
                    EvidenceRow.phases,
                    EvidenceRow.result,
                ).where(
                    is_among(EvidenceRow.id, ids[start : start + _IDS_A_QUERY]),
                    EvidenceRow.status == "analysed",
                )
            )
            found += [
                Observation(
                    id=row.id,
                    kind=ObservationKind(row.kind),
                    at=row.at,
                    subject=row.subject,
                    phases=parse_phases(row.phases or "ABC"),
                    result=row.result,
                )
                for row in rows
            ]
        return found


def _metered(session: Session, traced: TracedNetwork) -> BoolArray | None:
    """Return which service points have a meter, None where all have."""
    without = session.scalars(
        select(ServicePointRow.id).where(
            ServicePointRow.network_version == traced.network_version, ServicePointRow.meter.is_(None)
        )
    ).all()
    if not without:
        return None
    metered = np.ones(traced.network.service_point_count, dtype=np.bool_)
    found = traced.network.find_service_points(without)
    metered[found[found >= 0]] = False
    return metered
