"""Network versions: a network lands whole or not at all, beside the others, and is read back as it was."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gis.check import check_tables
from gis.errors import NetworkVersionInUseError, NetworkVersionNotFoundError
from gis.network_columns import LAYERS
from gis.network_tables import NetworkTables, network_tables
from gis.network_versions import (
    ImportResult,
    activate_network_version,
    active_network_version,
    export_network,
    import_network,
    list_network_versions,
    load_network,
    network_version_details,
    remove_network_version,
)
from gis.tables import VERSION_TABLES, Base
from tests.gis.example_network import assert_same, example_layers

ENDS = ["from_node", "to_node"]
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def bring_in(session: Session, tables: NetworkTables, **options) -> ImportResult:
    given = {"findings": (), "source": "example.gpkg", "format": "gpkg", "now": NOW}
    return import_network(session, tables=tables, **{**given, **options})


def rows_in(session: Session, table: str) -> int:
    return session.scalar(select(func.count()).select_from(Base.metadata.tables[table]))


def test_a_network_is_read_back_as_it_went_in(session: Session, example_network: NetworkTables) -> None:
    findings = check_tables(example_network)
    result = bring_in(session, example_network, findings=findings)
    assert result.counts == {
        "substation": 1, "node": 7, "line_section": 2, "switch": 3,
        "transformer": 1, "service_point": 3, "customer": 2,
    }  # fmt: skip
    assert_same(export_network(session, network_version=result.network_version), example_network)
    version = network_version_details(session, network_version=result.network_version)
    assert (version.name, version.source, version.format) == ("桃园", "example.gpkg", "gpkg")
    assert (version.status, version.imported_at, version.activated_at) == ("ready", NOW, None)
    assert version.findings == findings != ()
    assert version.counts == result.counts


def test_the_loaded_network_is_the_one_of_the_tables(
    session: Session, example_network: NetworkTables
) -> None:
    version = bring_in(session, example_network).network_version
    loaded = load_network(session, network_version=version)
    built, _ = example_network.to_network()
    assert_same_network(loaded, built)
    points = loaded.find_service_points(["户1", "户2", "户3"])
    assert loaded.service_point_phases[points].tolist() == [1, 7, 1]


def assert_same_network(ours, theirs) -> None:
    for name in ours.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)


def test_an_import_that_fails_in_the_middle_leaves_nothing(
    engine: Engine, example_network: NetworkTables
) -> None:
    def lose_heart(layer: str, done: int, total: int) -> None:
        if layer == "service_point":
            raise ConnectionError("the line is cut")

    with pytest.raises(ConnectionError), Session(engine) as session, session.begin():
        bring_in(session, example_network, progress=lose_heart)
    with Session(engine) as session:
        assert [rows_in(session, table) for table in ("network_version", *LAYERS)] == [0] * 8


def test_nothing_is_seen_before_the_commit(engine: Engine, example_network: NetworkTables) -> None:
    with Session(engine) as session, session.begin(), Session(engine) as reader:
        bring_in(session, example_network)
        assert list_network_versions(reader) == []


def test_a_row_the_database_refuses_undoes_the_whole_import(
    engine: Engine, example_network: NetworkTables
) -> None:
    example_network.customer.loc[0, "name"] = "NUL \0 is no letter"
    with pytest.raises(Exception, match=r"0x00|NUL"), Session(engine) as session, session.begin():
        bring_in(session, example_network)
    with Session(engine) as session:
        assert list_network_versions(session) == []


def test_two_versions_stand_side_by_side(session: Session, example_network: NetworkTables) -> None:
    layers = example_layers()
    layers["switch"] = layers["switch"].iloc[:2]
    smaller, _ = network_tables(name="smaller", layers=layers)
    first = bring_in(session, example_network).network_version
    second = bring_in(session, smaller, now=NOW + timedelta(days=1)).network_version
    assert_same(export_network(session, network_version=first), example_network)
    assert_same(export_network(session, network_version=second), smaller)
    assert load_network(session, network_version=first).device_count == 6
    assert load_network(session, network_version=second).device_count == 5
    assert [one.name for one in list_network_versions(session)] == ["smaller", "桃园"]


def test_one_version_at_a_time_is_in_force(session: Session, example_network: NetworkTables) -> None:
    assert active_network_version(session) is None
    first = bring_in(session, example_network).network_version
    second = bring_in(session, example_network).network_version
    assert active_network_version(session) is None
    for version in (first, second, second, first):
        activate_network_version(session, network_version=version, now=NOW)
        assert active_network_version(session) == version
    statuses = {one.network_version: one.status for one in list_network_versions(session)}
    assert statuses == {first: "active", second: "retired"}
    assert network_version_details(session, network_version=first).activated_at == NOW


def test_the_database_itself_refuses_a_second_version_in_force(
    session: Session, example_network: NetworkTables
) -> None:
    for _ in range(2):
        bring_in(session, example_network)
    with pytest.raises(IntegrityError):
        session.execute(text("UPDATE network_version SET status = 'active'"))


def test_an_unknown_version_is_named(session: Session) -> None:
    for operation in (export_network, load_network, network_version_details):
        with pytest.raises(NetworkVersionNotFoundError, match="no network version 77"):
            operation(session, network_version=77)
    with pytest.raises(NetworkVersionNotFoundError, match="no network version 77"):
        activate_network_version(session, network_version=77, now=NOW)


def test_progress_counts_the_rows_of_each_layer(session: Session, example_network: NetworkTables) -> None:
    seen: list[tuple[str, int, int]] = []
    bring_in(session, example_network, progress=lambda *step: seen.append(step))
    assert seen[:7] == [
        ("substation", 1, 1), ("node", 7, 7), ("line_section", 2, 2), ("switch", 3, 3),
        ("transformer", 1, 1), ("service_point", 3, 3), ("customer", 2, 2),
    ]  # fmt: skip
    assert seen[-1] == ("indexes", len(VERSION_TABLES), len(VERSION_TABLES))
    assert all(0 < done <= total for _, done, total in seen)


def partitions_in(session: Session) -> list[str]:
    return list(
        session.scalars(text("SELECT relname FROM pg_class WHERE relname ~ '_v[0-9]+$' AND relkind = 'r'"))
    )


def test_a_version_is_removed_whole_and_the_others_stay(
    engine: Engine, example_network: NetworkTables
) -> None:
    with Session(engine) as session, session.begin():
        first = bring_in(session, example_network).network_version
        second = bring_in(session, example_network).network_version
    with Session(engine) as session, session.begin():
        remove_network_version(session, network_version=first)
    with Session(engine) as session:
        assert [one.network_version for one in list_network_versions(session)] == [second]
        assert sorted(partitions_in(session)) == sorted(f"{table}_v{second}" for table in VERSION_TABLES)
        assert_same(export_network(session, network_version=second), example_network)


def test_the_servers_own_vacuum_stays_away_from_rows_that_never_change(
    session: Session, example_network: NetworkTables
) -> None:
    version = bring_in(session, example_network).network_version
    names = {f"{table}_v{version}" for table in VERSION_TABLES}
    options = session.execute(
        text("SELECT relname, reloptions FROM pg_class WHERE relname = ANY(:names)"), {"names": list(names)}
    )
    assert dict(options.all()) == {name: ["autovacuum_enabled=false"] for name in names}


def test_the_version_in_force_is_not_removed(session: Session, example_network: NetworkTables) -> None:
    version = bring_in(session, example_network).network_version
    activate_network_version(session, network_version=version, now=NOW)
    with pytest.raises(NetworkVersionInUseError, match="is in force"):
        remove_network_version(session, network_version=version)
    with pytest.raises(NetworkVersionNotFoundError):
        remove_network_version(session, network_version=77)
    assert load_network(session, network_version=version).device_count == 6


def test_ids_may_hold_what_copy_must_escape(session: Session) -> None:
    layers = example_layers()
    odd = {"n1": "a\\b", "n2": "tab\there", "n3": "new\nline"}
    for layer, columns in (("node", ["id"]), ("line_section", ENDS), ("switch", ENDS), ("transformer", ENDS)):
        for column in columns:
            layers[layer][column] = layers[layer][column].replace(odd)
    layers["service_point"]["node"] = layers["service_point"]["node"].replace(odd)
    tables, _ = network_tables(name="odd", layers=layers)
    version = bring_in(session, tables).network_version
    assert_same_network(load_network(session, network_version=version), tables.to_network()[0])


def test_dirty_rows_are_stored_as_far_as_they_go_and_reported(session: Session) -> None:
    layers = example_layers()
    layers["switch"] = pd.concat([layers["switch"]] * 2, ignore_index=True)
    layers["switch"].loc[1, "phases"] = "XYZ"
    layers["line_section"].loc[1, "to_node"] = "nowhere"
    layers["service_point"].loc[2, "id"] = "T1"
    layers["customer"] = pd.concat([layers["customer"]] * 2, ignore_index=True)
    tables, _ = network_tables(name="dirty", layers=layers)
    result = bring_in(session, tables)
    assert {(one.rule, one.layer): one.ids for one in result.findings} == {
        ("duplicate_id", "switch"): ("CB1", "F1", "TIE"),
        ("unknown_phases", "switch"): ("F1",),
        ("duplicate_id", "service_point"): ("T1",),
        ("duplicate_id", "customer"): ("6001", "6002"),
    }
    assert (result.counts["switch"], result.counts["line_section"]) == (2, 2)
    loaded = load_network(session, network_version=result.network_version)
    built, _ = tables.to_network()
    assert_same_network(loaded, built)


def test_findings_already_said_are_not_said_twice(session: Session) -> None:
    layers = example_layers()
    layers["switch"] = pd.concat([layers["switch"]] * 2, ignore_index=True)
    tables, _ = network_tables(name="dirty", layers=layers)
    findings = check_tables(tables)
    assert bring_in(session, tables, findings=findings).findings == findings


def test_a_network_without_a_single_row_can_be_imported(session: Session) -> None:
    tables, _ = network_tables(name="empty", layers={})
    version = bring_in(session, tables).network_version
    assert_same(export_network(session, network_version=version), tables)
    assert load_network(session, network_version=version).node_count == 0


IMPORTING = """
import os, signal, sys
# A run in the background of a shell hands down that interrupts are ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
from datetime import UTC, datetime
from sqlalchemy.orm import Session
from gis.database import connect
from gis.network_tables import network_tables
from gis.network_versions import import_network
from tests.gis.example_network import example_layers

def die(part, done, total):
    if part == "indexes" and done == 6:
        os.kill(os.getpid(), getattr(signal, sys.argv[2]))

tables, _ = network_tables(name="example", layers=example_layers())
with Session(connect(sys.argv[1])) as session, session.begin():
    import_network(
        session, tables=tables, findings=(), source="t", format="gpkg", now=datetime.now(UTC), progress=die
    )
"""


@pytest.mark.parametrize("blow", ["SIGKILL", "SIGINT"])
def test_an_import_that_is_killed_leaves_nothing_behind(
    engine: Engine, database_url: str, example_network: NetworkTables, blow: str
) -> None:
    root = Path(__file__).parents[2]
    died = subprocess.run(
        [sys.executable, "-c", IMPORTING, database_url, blow], cwd=root, capture_output=True, check=False
    )
    assert died.returncode != 0
    with Session(engine) as session, session.begin():
        # Waits for what the server still rolls back: it notices the lost line at its next answer.
        session.execute(text("LOCK TABLE node IN ACCESS EXCLUSIVE MODE"))
        assert partitions_in(session) == []
        assert list_network_versions(session) == []
    with Session(engine) as session, session.begin():
        assert bring_in(session, example_network).counts["node"] == 7
