"""A person takes over from the demo's Autopilot and hands back; a real system has no such switch."""

from api.autopilot_switch import install_autopilot
from dispatch.transactions import intake_transaction

SWITCH = "/api/demo/autopilot"


def test_without_an_autopilot_there_is_no_switch(quiet_world):
    client = quiet_world.client("dispatcher")
    assert client.get(SWITCH).status_code == 404
    assert client.post(SWITCH, json={"on": False}).status_code == 404


def test_a_dispatcher_takes_over_and_hands_back(world):
    with intake_transaction(world.engine) as session:
        install_autopilot(session)
    client = world.client("dispatcher")
    assert client.get(SWITCH).json() == {"on": True}
    for on in (False, False, True):
        assert client.post(SWITCH, json={"on": on}).json() == {"on": on}
        assert client.get(SWITCH).json() == {"on": on}
    assert client.post(SWITCH, json={"on": "perhaps"}).status_code == 422
