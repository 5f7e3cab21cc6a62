"""Errors: one form for all of them, the right status for each, and no personal data in any log."""

import time

import pytest
from fastapi.routing import APIRoute
from sqlalchemy.exc import IntegrityError, OperationalError

from api import errors
from api.roles import open_to_everybody
from api.vocabulary import read_vocabulary
from dispatch import errors as dispatch_errors
from gis import errors as gis_errors
from topology import errors as topology_errors


def _family(module, root):
    return [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, root) and kind.__module__ == module.__name__
    ]


@pytest.mark.parametrize(
    "kind",
    [
        *_family(dispatch_errors, dispatch_errors.DispatchError),
        *_family(gis_errors, gis_errors.GisError),
        *_family(topology_errors, topology_errors.TopologyError),
        *_family(errors, errors.ApiError)[1:],
    ],
)
def test_every_error_of_every_room_has_a_status(kind):
    error = kind.__new__(kind)
    status, code = errors.status_of(error)
    assert 400 <= status < 600
    assert code


# No page can come to these: they answer programs, the command line, or nobody.
NOT_SAID_BY_PAGES = {
    "account_refused",
    "broken_off",
    "evidence_refused",
    "gateway_refused",
    "link_spent",
    "weak_password",
}
# Said with what changed, or as the reason that comes with them.
SAID_OTHERWISE = {"stale_version", "conflict", "invalid_input", "refused"}


def test_pages_have_words_for_every_error_they_can_come_to():
    codes = {code for _, code in errors.STATUSES.values()} - NOT_SAID_BY_PAGES - SAID_OTHERWISE
    wanted = {f"shared.error.{code}" for code in codes}
    wanted |= {f"shared.because.{because}" for because in dispatch_errors.Because}
    for words in read_vocabulary().values():
        assert wanted <= words.keys()


@pytest.mark.parametrize(
    ("address", "method", "status", "code"),
    [
        ("/nothing/here", "GET", 404, "unknown"),
        ("/api/health", "DELETE", 405, "method_not_allowed"),
        ("/api/outages/O-0", "GET", 404, "unknown"),
        ("/api/outages?status=lost", "GET", 422, "malformed"),
        ("/api/outages/O%00", "GET", 422, "malformed"),
        ("/api/changes?after=99999999999999999999", "GET", 422, "malformed"),
        ("/api/network/devices/nothing", "GET", 404, "unknown"),
        ("/api/network/devices/B1%00", "GET", 422, "malformed"),
    ],
)
def test_every_error_has_the_one_form(quiet_world, address, method, status, code):
    answer = quiet_world.client("dispatcher").request(method, address)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["text"]


@pytest.fixture
def failing(world):
    """Add a route that fails as a test wants it to, after the phone number of somebody was used."""

    def add(error):
        @open_to_everybody
        def fail():
            raise error

        world.app.router.routes.append(APIRoute("/failing", fail))
        return world.client()

    return add


PRIVATE = "+86 138 0000 1111"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("a mistake of ours"), 500),
        (
            IntegrityError(f"INSERT {PRIVATE}", {"phone": PRIVATE}, ValueError(f"Key (phone)=({PRIVATE})")),
            500,
        ),
        (OperationalError(f"INSERT {PRIVATE}", {"phone": PRIVATE}, ValueError(PRIVATE)), 503),
    ],
)
def test_what_nobody_anticipated_is_told_without_what_it_was_about(failing, caplog, error, status):
    client = failing(error)
    with caplog.at_level("DEBUG"):
        answer = client.get("/failing")
    assert answer.status_code == status
    assert answer.json()["error"]["text"]
    assert type(error).__name__ in caplog.text or "ValueError" in caplog.text
    assert PRIVATE not in caplog.text
    assert PRIVATE not in answer.text


def test_requests_are_logged_by_route_without_what_they_carry(world, world_module, caplog):
    with caplog.at_level("INFO", "relight.requests"):
        client = world.client("dispatcher")
        client.get("/api/network/devices/M-1234?phone=138&name=Wang")
        client.post("/api/sign-in", json={"name": "Wang", "password": "secret words"})
        client.get("/nothing/1234")
        # A line is written when a request is over, which may be after its answer has come.
        for _ in range(500):
            if len(caplog.records) >= 4:
                break
            time.sleep(0.01)
    told = [record.getMessage().rsplit(" ", 2)[0] for record in caplog.records]
    assert told == [
        "POST /api/sign-in 200",
        "GET /api/network/devices/{device:path} 404",
        "POST /api/sign-in 401",
        "GET (no route) 404",
    ]
    for private in ("M-1234", "138", "Wang", "secret"):
        assert private not in "".join(told)
