"""Connections: which addresses are taken, and what a session is told."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from gis.database import connect, sqlalchemy_url
from gis.errors import DatabaseUrlError, GisError


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_takes_every_usual_spelling_of_a_postgresql_address(scheme):
    url = sqlalchemy_url(f"{scheme}://me:secret@db.example:5433/outages")

    assert url.drivername == "postgresql+psycopg"
    assert (url.host, url.port, url.database, url.password) == ("db.example", 5433, "outages", "secret")


@pytest.mark.parametrize("address", ["sqlite:///relight.db", "mysql://me@host/db", "not an address", ""])
def test_refuses_other_databases_and_says_how_to_write_the_address(address):
    with pytest.raises(DatabaseUrlError, match="postgresql://user:password@host"):
        sqlalchemy_url(address)


def test_never_repeats_a_password_in_an_error():
    with pytest.raises(GisError) as caught:
        sqlalchemy_url("mysql://me:hunter2@host/db")

    assert "hunter2" not in str(caught.value)


def test_opens_nothing_until_the_first_query():
    connect("postgresql://nobody@127.0.0.1:1/nothing").dispose()


def test_speaks_utc_and_names_itself(engine: Engine):
    with engine.connect() as connection:
        assert connection.execute(text("SHOW timezone")).scalar_one() == "UTC"
        assert connection.execute(text("SHOW application_name")).scalar_one() == "relight tests"
        now = connection.execute(text("SELECT now()")).scalar_one()
    assert now.utcoffset() == datetime.now(UTC).utcoffset()


def test_has_the_extensions_that_the_tables_need(session: Session):
    found = set(session.execute(text("SELECT extname FROM pg_extension")).scalars())

    assert {"postgis", "btree_gist", "pg_trgm"} <= found


def test_finds_chinese_names_by_similarity(session: Session):
    similarity = session.execute(text("SELECT similarity('城南变电站', '城南变电站一号线')")).scalar_one()

    assert similarity > 0.3


def test_recovers_when_the_server_closed_a_pooled_connection(engine: Engine, database_url: str):
    with engine.connect() as connection:
        process_id = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [process_id])

    with engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != process_id


@pytest.mark.parametrize("turn", ["first", "second"])
def test_session_leaves_nothing_behind_for_the_next_test(session: Session, turn: str):
    session.execute(text("CREATE TABLE left_over (turn text)"))
    session.execute(text("INSERT INTO left_over VALUES (:turn)"), {"turn": turn})
    session.commit()

    assert session.execute(text("SELECT turn FROM left_over")).scalars().all() == [turn]
