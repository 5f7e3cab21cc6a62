"""A caller who gives a point on the map is put where supply is missing, not only where it is nearest."""

from sqlalchemy import select

from dispatch.tables import EvidenceRow
from dispatch.transactions import read_transaction

# The four households a1 to a4 stand at one place, b1 to b4 more than a kilometre away.
AT_THE_HOUSES = {"lon": 11.4211, "lat": 53.6361}


def placed(world, id_="here"):
    """Let somebody call from there, and return the service point the call was put to."""
    call = {"id": id_, "kind": "trouble_call", "at": world.now.isoformat(), "location": AT_THE_HOUSES}
    receipt = world.send(call)
    assert not receipt.rejected
    with read_transaction(world.engine) as session:
        return session.scalar(select(EvidenceRow.service_point).where(EvidenceRow.id == id_))


def test_of_places_equally_near_the_first_is_meant(world):
    assert placed(world) == "a1"


def test_one_whose_meter_answered_on_is_not_meant(world):
    world.send(("ping", "a1", "on"), ("power_up", "a2"))
    world.later(1)
    assert placed(world) == "a3"


def test_an_answer_of_long_ago_says_nothing(world):
    world.send(("ping", "a1", "on"))
    world.later(45)
    assert placed(world) == "a1"


def test_where_all_are_on_the_nearest_is_meant(world):
    world.send(*(("ping", id_, "on") for id_ in ("a1", "a2", "a3", "a4")))
    world.later(1)
    assert placed(world) == "a1"


def test_one_that_is_known_to_be_out_is_meant_first(world):
    world.report(("trouble_call", "a4"))
    assert [outage.device for outage in world.outages()] == ["a4"]
    assert placed(world) == "a4"
