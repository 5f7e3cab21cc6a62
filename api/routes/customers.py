"""What a customer may see of their own supply."""

from __future__ import annotations

from fastapi import APIRouter

from api.roles import Role, open_to
from api.schemas.supply import SuppliedPoint, Supply
from api.work import Database, SignedIn, reading
from dispatch.supply_status import supply_status

router = APIRouter(tags=["customers"])


@router.get("/api/my-supply")
@open_to(Role.CUSTOMER)
def read_my_supply(identity: SignedIn, engine: Database) -> Supply:
    """Say whether the customer's service points are supplied, and if not, since when and until when."""
    account = identity.account or ""
    with reading(engine) as work:
        found = supply_status(work.session, account=account, now=work.now)
        return Supply(account=account, service_points=[SuppliedPoint.model_validate(one) for one in found])
