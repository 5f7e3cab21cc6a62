"""Search by account, phone, meter, address, or the name of a place."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.roles import Role, open_to
from api.schemas.search import SearchAnswer, SearchResult
from api.work import Database, reading
from dispatch.errors import NoActiveNetwork
from gis.network_versions import active_network_version
from gis.search import LONGEST_QUERY, search

router = APIRouter(tags=["network"])


@router.get("/api/search")
@open_to(Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR)
def find(
    engine: Database,
    q: Annotated[str, Query(max_length=LONGEST_QUERY, description="What to look for, as it is written.")],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> SearchAnswer:
    """Find customers and places in the network in force; one typing mistake in words is forgiven."""
    with reading(engine) as work:
        network_version = active_network_version(work.session)
        if network_version is None:
            raise NoActiveNetwork
        found = search(work.session, network_version=network_version, query=q, limit=limit)
        results = [SearchResult.model_validate(one) for one in found]
    return SearchAnswer(network_version=network_version, results=results)
