"""The simulated meter system tells what is so, as well as meters can; the same seed says the same."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from storm.directory import Identity
from storm.meter_server import MeterServer
from storm.meter_system import AnswerHabits, SimulatedMeterSystem

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class OneDarkHouse:
    def is_out(self, service_point, **_):
        return service_point == "dark"


def system(*, seed=1, on_share=1.0, off_share=1.0):
    return SimulatedMeterSystem(
        world=OneDarkHouse(),
        identities={"lit": Identity(meter="M-1"), "dark": Identity(meter="M-2")},
        seed=seed,
        now=lambda: NOW,
        habits=AnswerHabits(on_share=on_share, off_share=off_share),
    )


def test_supply_no_supply_and_nobody():
    one = system()
    assert [one.answer(meter)[0] for meter in ("M-1", "M-2", "M-9")] == ["on", "off", "unknown"]
    one = system(on_share=0.0, off_share=0.0)
    assert [one.answer(meter)[0] for meter in ("M-1", "M-2")] == ["unreachable", "unreachable"]


def test_the_same_seed_gives_the_same_answers():
    def run(seed):
        one = system(seed=seed, on_share=0.5)
        return [one.answer("M-1")[0] for _ in range(50)]

    assert run(7) == run(7) != run(8)
    assert {"on", "unreachable"} == set(run(7))


@pytest.fixture
def served():
    with MeterServer(system().answer) as server:
        yield server


def ask(server, **how):
    return httpx.post(server.url, trust_env=False, **how)


def test_over_http(served):
    pings = [{"id": "1", "meter": "M-1"}, {"id": "2", "meter": "M-2"}]
    answers = ask(served, json={"pings": pings}).json()["answers"]
    assert [(one["id"], one["result"]) for one in answers] == [("1", "on"), ("2", "off")]
    assert datetime.fromisoformat(answers[0]["at"]) == NOW
    assert served.asked == ["M-1", "M-2"]


def test_it_can_be_half_there_or_away(served):
    pings = [{"id": str(number), "meter": "M-1"} for number in range(4)]
    served.answered_share = 0.5
    assert len(ask(served, json={"pings": pings}).json()["answers"]) == 2
    served.is_away = True
    assert ask(served, json={"pings": pings}).status_code == 503


@pytest.mark.parametrize("body", ["", "[]", '{"pings": 3}', '{"pings": [{"id": 1}]}', json.dumps([[]])])
def test_what_cannot_be_read_is_refused(served, body):
    assert ask(served, content=body).status_code == 400
