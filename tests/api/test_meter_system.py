"""The meter system over HTTP: the worker asks, answers are evidence; whatever it does, nothing else waits."""

import http.server
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from api.meter_system import HttpMeterSystem
from api.processes.analysis_worker import AnalysisWorker
from api.processes.meter_worker import meter_worker
from api.schemas.pings import PingRequest
from api.settings import MeterSettings
from dispatch.meter_answers import MeterSystemAway, Ping
from dispatch.pings import PingReason
from storm.meter_server import MeterServer

PINGS = [Ping(id=1, meter="M-a1"), Ping(id=2, meter="M-a2")]


def system(url, **how):
    return HttpMeterSystem(url=url, **{"token": None, "timeout_s": 5.0, **how})


class Lit:
    """All have supply, but for those named."""

    def __init__(self, *dark):
        self.dark = dark

    def answer(self, meter):
        return ("off" if meter in self.dark else "on"), datetime.now(UTC)


@contextmanager
def answering(content, *, status=200, pause_s=0.0):
    """Serve one fixed answer; keeps the headers of the requests."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append(dict(self.headers))
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(pause_s)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_questions_and_answers_and_the_token_goes_along():
    content = b'{"answers": [{"id": "2", "result": "off", "at": "2026-11-23T08:00:00+08:00"}]}'
    with answering(content) as (url, seen):
        (answer,) = system(url, token="secret").ask(PINGS)
    assert (answer.id, answer.result, answer.at) == (2, "off", datetime(2026, 11, 23, tzinfo=UTC))
    assert seen[0]["Authorization"] == "Bearer secret"


def test_what_cannot_be_read_in_an_answer_is_passed_over():
    content = (
        b'{"answers": [{"id": "1", "result": "maybe"}, 7, {"result": "on"}, {"id": "x", "result": "on"},'
        b'{"id": "1", "result": ["on"]}, {"id": "2", "result": "on", "at": "yesterday"}]}'
    )
    with answering(content) as (url, _):
        (answer,) = system(url).ask(PINGS)
    assert (answer.id, answer.result, answer.at) == (2, "on", None)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 200),
        (b"<html>", 200),
        (b"[]", 200),
        (b'{"answers": 3}', 200),
        (b"\xff", 200),
        (b"[" * 100_000, 200),
        (b" " * (5 * 1024 * 1024), 200),
        (b"{}", 500),
        (b'{"answers": []}', 302),
    ],
    ids=["empty", "html", "list", "number", "bytes", "deep", "endless", "error", "elsewhere"],
)
def test_a_system_that_answers_nonsense_is_away(content, status):
    with answering(content, status=status) as (url, _), pytest.raises(MeterSystemAway):
        system(url).ask(PINGS)


def test_a_system_that_is_slow_or_not_there_is_away():
    with answering(b"{}", pause_s=0.5) as (url, _), pytest.raises(MeterSystemAway):
        system(url, timeout_s=0.1).ask(PINGS)
    with pytest.raises(MeterSystemAway):
        system("http://127.0.0.1:9/pings").ask(PINGS)


@contextmanager
def at_work(world, server):
    """Analysis that asks about single outages, and the worker that asks the meters."""
    settings = MeterSettings(meter_system_url=server.url, ping_neighbours=2)
    world.worker = AnalysisWorker(
        world.engine, stopping=threading.Event(), pings=settings.auto_rules(), analyst=world.analyst
    )
    stopping = threading.Event()
    worker = meter_worker(
        world.engine,
        meter_system=HttpMeterSystem(url=server.url, token=None, timeout_s=5.0),
        rules=settings.rules(),
        stopping=stopping,
    )
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield settings
    finally:
        stopping.set()
        thread.join()


def wait_for(question):
    gives_up_at = time.monotonic() + 60
    while not (answer := question()):
        assert time.monotonic() < gives_up_at, "it did not come"
        time.sleep(0.02)
    return answer


def answered(client, count):
    def question():
        found = client.get("/api/pings").json()["pings"]
        done = [one for one in found if one["status"] == "answered"]
        return {one["service_point"]: one["result"] for one in done} if len(done) >= count else None

    return wait_for(question)


def test_one_house_alone_is_asked_about_and_the_answers_are_evidence(world):
    dispatcher = world.client("dispatcher")
    with MeterServer(Lit("M-c2").answer) as server, at_work(world, server):
        dispatcher.post("/api/evidence", json=world.call("c2"))
        world.analyse()
        assert answered(dispatcher, 3) == {"c2": "off", "c1": "on", "c3": "on"}
    (look,) = world.client("agent").post("/api/calls/look-up", json={"account": "A-c1"}).json()["answers"]
    assert look["code"] == "meter_on"


def test_a_system_that_is_away_holds_nothing_up(world):
    dispatcher = world.client("dispatcher")
    with MeterServer(Lit().answer) as server, at_work(world, server):
        server.is_away = True
        dispatcher.post("/api/evidence", json=world.call("c2"))
        world.analyse()
        assert [one["device"] for one in dispatcher.get("/api/outages").json()["outages"]] == ["c2"]
        wait_for(lambda: server.asked or dispatcher.get("/api/pings").json()["pings"])
        assert {one["status"] for one in dispatcher.get("/api/pings").json()["pings"]} == {"waiting"}


@pytest.fixture
def asking(world, world_module):
    """A second application of the same world, one that knows a meter system."""
    settings = MeterSettings(meter_system_url="http://127.0.0.1:9/pings")
    served = world_module.Served(world.new_app(meters=settings))
    first, world.served = world.served, served
    yield world
    world.served = first
    for client in world.clients:
        client.close()
    served.stop()


def test_a_call_that_nothing_explains_asks_the_meter_once(asking):
    agent = asking.client("agent")
    look = [agent.post("/api/calls/look-up", json={"account": "A-c1"}).json()["answers"][0] for _ in range(2)]
    assert [one["meter_asked"] for one in look] == [True, False]
    pings = asking.client("dispatcher").get("/api/pings?service_point=c1").json()["pings"]
    assert [one["reason"] for one in pings] == ["call"]


def test_a_dispatcher_asks_by_hand(asking):
    dispatcher = asking.client("dispatcher")
    order = {"service_points": ["a1", "a2", "gone"]}
    assert dispatcher.post("/api/pings", json=order).json() == {"service_points": ["a1", "a2"]}
    assert dispatcher.post("/api/pings", json=order).json() == {"service_points": []}
    assert dispatcher.post("/api/pings", json={**order, "outage_id": "O-0"}).status_code == 404
    assert dispatcher.get("/api/health").json()["meters"] == "silent"


def test_without_a_meter_system_it_is_said(world):
    answer = world.client("dispatcher").post("/api/pings", json={"service_points": ["a1"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_meter_system")


def test_it_can_be_switched_off():
    assert MeterSettings().rules() is None
    settings = MeterSettings(meter_system_url="http://meters.example.org/pings", auto_ping=False)
    assert settings.auto_rules() is None
    assert settings.rules().again_after == timedelta(minutes=10)


def test_every_reason_to_ask_can_be_told():
    assert set(get_args(PingRequest.model_fields["reason"].annotation)) == set(PingReason)
