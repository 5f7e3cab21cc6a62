"""Migrations lead to the models, may run again, and may start together."""

import threading

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql

from api.migrations import DatabaseTooNewError, upgrade
from api.migrations.models import METADATA, is_ours
from gis.database import connect


@pytest.fixture
def empty_url(database_server):
    name = f"{database_server.template}_empty"
    database_server.drop(name)
    with psycopg.connect(database_server.admin_url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    yield database_server.admin_url(name)
    database_server.drop(name)


def _differences(connection):
    context = MigrationContext.configure(
        connection,
        opts={"include_name": is_ours, "compare_type": True, "compare_server_default": True},
    )
    return compare_metadata(context, METADATA)


def test_migrated_tables_are_those_of_the_models(engine):
    with engine.connect() as connection:
        assert _differences(connection) == []


def test_migrated_checks_are_those_of_the_models(engine):
    # Alembic does not compare check constraints, and much of our integrity stands in them.
    wanted = {
        constraint.name
        for table in METADATA.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    }
    with engine.connect() as connection:
        present = set(
            connection.scalars(
                sa.text(
                    "SELECT conname FROM pg_constraint WHERE contype = 'c' "
                    "AND conrelid::regclass::text = ANY(:tables)"
                ),
                {"tables": list(METADATA.tables)},
            )
        )
    assert wanted == present


def test_an_empty_database_is_brought_to_the_newest_tables_and_a_second_run_changes_nothing(empty_url):
    upgrade(empty_url)
    upgrade(empty_url)
    engine = connect(empty_url)
    with engine.connect() as connection:
        assert _differences(connection) == []
        assert connection.scalar(sa.text("SELECT count(*) FROM procrastinate_jobs")) == 0
    engine.dispose()


def test_several_starts_at_once_migrate_once(empty_url):
    failures = []

    def start():
        try:
            upgrade(empty_url)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_database_of_a_newer_relight_is_left_alone(engine, database_url):
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNewError, match="9999"):
        upgrade(database_url)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE change_log SET actor = 'x'", "DELETE FROM change_log", "TRUNCATE change_log CASCADE"],
)
def test_the_database_refuses_to_rewrite_the_change_log(engine, statement):
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        connection.execute(sa.text(statement))
