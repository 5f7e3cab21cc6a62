"""The one-time link: how the first supervisor gets in, once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from api.accounts import disable_account, first_link, link_holds

NEW = {"name": "Zhang Wei 张伟", "password": "a long enough password", "again": "a long enough password"}


@pytest.fixture
def token(world):
    """A link of a database in which nobody can sign in."""
    with Session(world.engine) as session, session.begin():
        for name in world.ACCOUNTS:
            disable_account(session, name=name, now=datetime.now(UTC))
        return first_link(session, now=datetime.now(UTC))


def test_there_is_no_link_once_someone_can_sign_in(world):
    with Session(world.engine) as session:
        assert first_link(session, now=datetime.now(UTC)) is None


def test_the_link_makes_one_supervisor_and_is_spent(world, token):
    client = world.client()
    assert "<form" in client.get(f"/welcome/{token}").text
    answer = client.post(f"/welcome/{token}", data=NEW)
    assert (answer.status_code, NEW["name"] in answer.text) == (200, True)
    signed_in = client.post("/api/sign-in", json={"name": NEW["name"], "password": NEW["password"]})
    assert signed_in.json()["roles"] == ["supervisor"]
    again = client.post(f"/welcome/{token}", data={**NEW, "name": "another"})
    assert (again.status_code, "used" in again.text) == (410, True)
    assert client.get(f"/welcome/{token}").status_code == 410


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"again": "another password"}, "not the same"),
        ({"password": "short", "again": "short"}, "10 to"),
        ({"name": "dispatcher"}, "already"),
    ],
)
def test_a_mistake_shows_the_form_again_and_does_not_spend_the_link(world, token, given, says):
    client = world.client()
    answer = client.post(f"/welcome/{token}", data={**NEW, **given})
    assert (answer.status_code, says in answer.text, "<form" in answer.text) == (422, True, True)
    assert client.post(f"/welcome/{token}", data=NEW).status_code == 200


def test_a_name_is_shown_as_text_not_as_markup(world, token):
    answer = world.client().post(f"/welcome/{token}", data={**NEW, "name": '"><script>x', "again": "y"})
    assert "<script>" not in answer.text


def test_the_link_holds_a_day_and_a_new_one_replaces_it(world, token):
    now = datetime.now(UTC)
    with Session(world.engine) as session, session.begin():
        assert link_holds(session, token=token, now=now + timedelta(hours=23))
        assert not link_holds(session, token=token, now=now + timedelta(hours=25))
        newer = first_link(session, now=now)
        assert not link_holds(session, token=token, now=now)
        assert link_holds(session, token=newer, now=now)


def test_no_page_and_no_store_learns_the_address_of_the_link(world, token):
    answer = world.client().get(f"/welcome/{token}")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
