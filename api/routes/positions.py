"""Where crews are: from a crew's own phone, the desk, or the system that follows vehicles."""

from __future__ import annotations

from fastapi import APIRouter

from api.roles import Role, open_to
from api.schemas.crews import Crew, Position, PositionReceipt, PositionReceipts, Positions
from api.schemas.shape import Name
from api.work import Database, SignedIn, writing
from dispatch.crew_places import PositionSource
from dispatch.crew_positions import ToldPosition, take_positions
from dispatch.crews import report_position
from dispatch.errors import NotYours

router = APIRouter(tags=["crews"])


@router.post("/api/crews/{crew_id}/position")
@open_to(Role.CREW, Role.GUEST_CREW, Role.DISPATCHER, Role.SUPERVISOR)
def take_position(crew_id: Name, body: Position, identity: SignedIn, engine: Database) -> Crew:
    """Say where a crew is; a crew says it of itself only.

    A position that cannot be believed is kept aside: the answer has it, with why, as `position_aside`.
    """
    if not identity.is_desk and identity.crew_id != crew_id:
        raise NotYours("A crew reports its own position only.")
    with writing(engine) as work:
        view = report_position(
            work.session,
            crew_id=crew_id,
            lon=body.lon,
            lat=body.lat,
            crs=body.crs,
            at=body.at,
            sent_at=body.sent_at,
            source=PositionSource.DESK if identity.is_desk else PositionSource.PHONE,
            actor=identity.name,
            now=work.now,
        )
        return Crew.of(view)


@router.post("/api/positions")
@open_to(Role.VEHICLE_SYSTEM)
def take_batch(body: Positions, identity: SignedIn, engine: Database) -> PositionReceipts:
    """Take positions of crews or of their vehicles, in any order, and say what became of each.

    One that cannot be read or names nobody does not stop the rest.
    """
    with writing(engine) as work:
        receipts = take_positions(
            work.session,
            positions=[ToldPosition(**one.model_dump()) for one in body.positions],
            sent_at=body.sent_at,
            source=PositionSource.VEHICLE,
            actor=identity.name,
            now=work.now,
        )
        return PositionReceipts(positions=[PositionReceipt.model_validate(one) for one in receipts])
