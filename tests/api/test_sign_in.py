"""Signing in: right or not, too often, twice at once, and how a sign-in ends."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api import accounts, throttle
from api.accounts import AccountError, SignInRefusedError, add_account, disable_account, sign_in
from api.passwords import WeakPasswordError
from api.roles import Role
from api.sessions import end_sessions_of, find_session
from api.tables import SignInAttemptRow, UserAccountRow, UserSessionRow
from api.throttle import throttled_address

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WRONG = "not the password"


@pytest.fixture
def try_to(world, world_module):
    """Try to sign in with name, password and address at a time; True when it worked."""

    def attempt(name, password=world_module.PASSWORD, *, address="192.0.2.1", now=NOW):
        try:
            return sign_in(
                world.engine,
                passwords=world.passwords,
                name=name,
                password=password,
                address=address,
                lasts=timedelta(hours=12),
                now=now,
            )
        except SignInRefusedError:
            return None

    return attempt


def test_a_sign_in_says_who_one_is_and_sets_a_careful_cookie(world, world_module):
    client = world.client()
    answer = client.post("/api/sign-in", json={"name": "crew", "password": world_module.PASSWORD})
    assert answer.json() == {
        "name": "crew",
        "roles": ["crew"],
        "crew_id": "C-1",
        "account": None,
        "guest_until": None,
    }
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"):
        assert part.lower() in cookie.lower()
    assert "secure" not in cookie.lower()
    assert client.get("/api/me").json() == answer.json()


def test_the_cookie_is_secure_over_https(world, world_module):
    # uvicorn believes a proxy on this machine.
    answer = world.client().post(
        "/api/sign-in",
        json={"name": "crew", "password": world_module.PASSWORD},
        headers={"X-Forwarded-Proto": "https"},
    )
    assert "secure" in answer.headers["set-cookie"].lower()


def test_neither_password_nor_token_is_stored(world, world_module):
    client = world.client("dispatcher")
    token = client.cookies["relight_session"]
    with Session(world.engine) as session:
        stored = [*session.scalars(select(UserAccountRow.password_hash))]
        digests = [*session.scalars(select(UserSessionRow.token_digest))]
    assert all(one.startswith("$argon2id$") for one in stored)
    assert len(set(stored)) == len(stored)
    assert token.encode() not in digests


def test_every_failure_gets_the_same_answer(world, world_module):
    with Session(world.engine) as session, session.begin():
        disable_account(session, name="second_dispatcher", now=NOW)
    client = world.client()
    attempts = [
        ("nobody of that name", WRONG),
        ("dispatcher", WRONG),
        ("second_dispatcher", world_module.PASSWORD),  # disabled
        *[("crew", WRONG)] * 2,
        ("supervisor", world_module.PASSWORD),  # right, but the address has had its five failures
    ]
    answers = [client.post("/api/sign-in", json={"name": name, "password": word}) for name, word in attempts]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    varying = {"date"}
    headers = [{k: v for k, v in answer.headers.items() if k not in varying} for answer in answers]
    assert all(one == headers[0] for one in headers)


def test_every_failure_compares_one_password_and_writes_one_attempt(world, try_to, monkeypatch):
    compared = []
    match = world.passwords.match
    monkeypatch.setattr(world.passwords, "match", lambda *given: compared.append(given) or match(*given))
    for number in range(7):
        assert try_to("dispatcher" if number % 2 else f"nobody {number}", WRONG) is None
    with Session(world.engine) as session:
        assert session.scalar(text("SELECT count(*) FROM sign_in_attempt")) == 7
    assert len(compared) == 7


def test_after_five_failures_an_account_waits_wherever_one_comes_from(try_to):
    for number in range(5):
        assert try_to("dispatcher", WRONG, address=f"192.0.2.{number}") is None
    assert try_to("dispatcher", address="198.51.100.1") is None
    assert try_to("Dispatcher", address="198.51.100.2") is None
    assert try_to("supervisor", address="198.51.100.1") is not None


def test_after_five_failures_an_address_waits_whatever_the_name(try_to):
    for number in range(5):
        assert try_to(f"nobody {number}", WRONG) is None
    assert try_to("dispatcher") is None
    assert try_to("dispatcher", address="192.0.2.2") is not None


def test_the_wait_is_over_fifteen_minutes_after_the_failures_however_often_one_knocks(try_to):
    for minute in range(5):
        try_to("dispatcher", WRONG, now=NOW + timedelta(minutes=minute))
    for minute in range(5, 15):
        assert try_to("dispatcher", now=NOW + timedelta(minutes=minute)) is None
    assert try_to("dispatcher", now=NOW + timedelta(minutes=15, seconds=1)) is not None


def test_two_at_once_cannot_slip_through(world, world_module, monkeypatch):
    # Twenty tries, all with the password compared before any of them is counted: five at most may count,
    # and the right one among them, the last in line, must be refused.
    all_compared = threading.Barrier(20)
    judge = accounts.judge_attempt
    right_waits = threading.Event()

    def judge_together(session, *, right, **given):
        all_compared.wait()
        if right:
            right_waits.wait()
        return judge(session, right=right, **given)

    monkeypatch.setattr(accounts, "judge_attempt", judge_together)

    def attempt(number):
        try:
            sign_in(
                world.engine,
                passwords=world.passwords,
                name="dispatcher",
                password=world_module.PASSWORD if number == 0 else WRONG,
                address=f"192.0.2.{number}",
                lasts=timedelta(hours=1),
                now=NOW,
            )
        except SignInRefusedError:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        right = pool.submit(attempt, 0)
        wrong = [pool.submit(attempt, number) for number in range(1, 20)]
        assert not any(one.result() for one in wrong)
        right_waits.set()
        assert right.result() is False
    with Session(world.engine) as session:
        counted = session.scalars(
            select(SignInAttemptRow.succeeded).where(SignInAttemptRow.succeeded.is_(False))
        )
        assert len(counted.all()) == 5


def test_the_count_outlives_a_restart(world, world_module, try_to):
    for _ in range(5):
        try_to("dispatcher", WRONG, address="127.0.0.1", now=datetime.now(UTC))
    world.app = world.new_app()
    answer = world.client().post(
        "/api/sign-in", json={"name": "dispatcher", "password": world_module.PASSWORD}
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("a unix socket", "a unix socket"),
    ],
)
def test_an_ipv6_household_counts_as_one_address(given, counted):
    assert throttled_address(given) == counted


def test_a_session_ends_by_time(world, try_to):
    opened = try_to("dispatcher")
    with Session(world.engine) as session, session.begin():
        assert (
            find_session(session, token=opened.token, now=NOW + timedelta(hours=11, minutes=59)) is not None
        )
        assert find_session(session, token=opened.token, now=NOW + timedelta(hours=12)) is None


def test_signing_out_ends_the_session_itself_not_only_the_cookie(world):
    client = world.client("dispatcher")
    token = client.cookies["relight_session"]
    assert client.post("/api/sign-out").status_code == 204
    assert "relight_session" not in client.cookies
    assert client.get("/api/me", headers={"Cookie": f"relight_session={token}"}).status_code == 401


def test_disabling_an_account_ends_its_sessions_at_once(world):
    client = world.client("dispatcher")
    with Session(world.engine) as session, session.begin():
        disable_account(session, name="dispatcher", now=NOW)
    assert client.get("/api/me").status_code == 401


def test_all_sessions_of_an_account_can_be_revoked(world, try_to):
    clients = [world.client("dispatcher"), world.client("dispatcher")]
    with Session(world.engine) as session, session.begin():
        user_id = session.scalar(select(UserAccountRow.id).where(UserAccountRow.name == "dispatcher"))
        end_sessions_of(session, user_id=user_id)
    assert [client.get("/api/me").status_code for client in clients] == [401, 401]


@pytest.mark.parametrize("cookie", ["nonsense", '"; DROP TABLE', "ä" * 50, "a" * 5000])
def test_a_forged_cookie_opens_nothing(quiet_world, cookie):
    answer = quiet_world.client().get("/api/me", headers={b"Cookie": f"relight_session={cookie}".encode()})
    assert answer.status_code == 401


def test_sign_in_without_a_readable_body_is_malformed_and_repeats_nothing(world):
    answer = world.client().post("/api/sign-in", json={"name": "dispatcher", "pasword": "secret words"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "malformed"
    assert "secret words" not in answer.text


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"password": "short"}, WeakPasswordError, "10"),
        ({"name": "dispatcher"}, AccountError, "already"),
        ({"name": " x"}, AccountError, "name"),
        ({"roles": []}, AccountError, "role"),
        ({"roles": [Role.CREW]}, AccountError, "crew"),
        ({"roles": [Role.CUSTOMER]}, AccountError, "account number"),
        ({"crew_id": "C-1"}, AccountError, "crew"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_words(quiet_world, world_module, given, error, says):
    fields = {"name": "new", "password": world_module.PASSWORD, "roles": [Role.DISPATCHER], **given}
    with Session(quiet_world.engine) as session, session.begin(), pytest.raises(error, match=says):
        add_account(session, passwords=quiet_world.passwords, now=NOW, **fields)


@pytest.mark.parametrize("door", ["sign_in", "supply"])
def test_each_failure_is_answered_later_than_the_one_before_until_it_is_locked(world, monkeypatch, door):
    pauses = []
    monkeypatch.setattr(throttle, "FIRST_PAUSE_S", 0.2)
    monkeypatch.setattr(throttle.time, "sleep", pauses.append)
    client = world.client()
    for _ in range(7):
        if door == "sign_in":
            answer = client.post("/api/sign-in", json={"name": "dispatcher", "password": WRONG})
            assert answer.status_code == 401
        else:
            answer = client.post("/supply", data={"account": "A-a1", "digits": "9999"})
            assert answer.status_code == 422
    assert pauses == [0.2, 0.4, 0.8, 1.6]


class TestSideBySide:
    """Desk and crew page in one browser: a cookie each, named by the header's value."""

    @pytest.fixture
    def browser(self, world, world_module):
        client = world.client()
        for name, face in (("dispatcher", "1"), ("crew", "crew")):
            answer = client.post(
                "/api/sign-in",
                json={"name": name, "password": world_module.PASSWORD},
                headers={"X-Relight": face},
            )
            assert answer.status_code == 200
        return client

    def who(self, browser, face):
        answer = browser.get("/api/me", headers={"X-Relight": face})
        return answer.json()["name"] if answer.status_code == 200 else answer.status_code

    def test_a_sign_in_at_one_page_leaves_the_other_as_it_was(self, browser):
        assert (self.who(browser, "1"), self.who(browser, "crew")) == ("dispatcher", "crew")

    def test_a_request_goes_by_the_one_it_names_and_never_by_both(self, browser):
        def status(path, face):
            return browser.get(path, headers={"X-Relight": face}).status_code

        assert (status("/api/jobs/mine", "crew"), status("/api/jobs/mine", "1")) == (200, 403)
        assert (status("/api/outages", "1"), status("/api/outages", "crew")) == (200, 403)
        # What names none, or a page that does not exist, goes by the usual one.
        assert (status("/api/outages", ""), status("/api/outages", "customer")) == (200, 200)

    @pytest.mark.parametrize(
        ("leaves", "stays", "still"), [("1", "crew", "crew"), ("crew", "1", "dispatcher")]
    )
    def test_signing_out_of_one_leaves_the_other(self, browser, leaves, stays, still):
        assert browser.post("/api/sign-out", headers={"X-Relight": leaves}).status_code == 204
        assert (self.who(browser, leaves), self.who(browser, stays)) == (401, still)

    @pytest.mark.parametrize("face", ["", "0", "desk", "crew, 1"])
    def test_an_unknown_value_of_the_header_changes_nothing(self, browser, face):
        answer = browser.post("/api/sign-out", headers={"X-Relight": face})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "header_missing")
        assert (self.who(browser, "1"), self.who(browser, "crew")) == ("dispatcher", "crew")

    def test_a_crew_alone_in_its_browser_does_nothing_by_the_usual_cookie(self, world, world_module):
        client = world.client()
        client.post(
            "/api/sign-in",
            json={"name": "crew", "password": world_module.PASSWORD},
            headers={"X-Relight": "crew"},
        )
        assert client.post("/api/sign-out", headers={"X-Relight": "1"}).status_code == 401
        assert self.who(client, "crew") == "crew"
