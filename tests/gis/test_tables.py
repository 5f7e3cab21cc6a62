"""The tables agree with the list of columns, with the topology's kinds, and with what they must refuse."""

from __future__ import annotations

import pytest
from sqlalchemy import Table, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gis.network_columns import LAYERS
from gis.network_partitions import attach_partitions, make_partitions
from gis.tables import LINE_SECTION_KINDS, SWITCH_KINDS, TRANSFORMER_KINDS, Base
from topology.kinds import DeviceKind, Layer, layer_of


@pytest.mark.parametrize("layer", LAYERS.values(), ids=lambda layer: layer.name)
def test_a_table_has_the_columns_of_its_layer(layer) -> None:
    table: Table = Base.metadata.tables[layer.name]
    own = {"network_version"} | ({"geometry"} if layer.shape else set())
    own |= {"customer": {"phone_digits"}, "service_point": {"place", "house"}}.get(layer.name, set())
    assert set(table.columns.keys()) == set(layer.names) | own
    assert table.primary_key.columns.keys() == ["network_version", layer.key]
    for column in layer.columns:
        assert table.columns[column.name].nullable is not column.required


def test_the_kinds_are_those_of_the_topology() -> None:
    written = {
        Layer.LINE_SECTION: LINE_SECTION_KINDS,
        Layer.SWITCH: SWITCH_KINDS,
        Layer.TRANSFORMER: TRANSFORMER_KINDS,
    }
    for layer, kinds in written.items():
        assert set(kinds) == {kind.value for kind in DeviceKind if layer_of(kind) is layer}


DEVICE = "(network_version, id, from_node, to_node, phases, kind, normally_open)"
POINT = "(network_version, id, node, phases, customers, priority)"


@pytest.mark.parametrize(
    "insert",
    [
        f"switch {DEVICE} VALUES (:v, 'x', 'a', 'b', 'ABC', 'cutout', false)",
        f"switch {DEVICE} VALUES (:v, 'x', 'a', 'b', 'N', 'fuse', false)",
        f"service_point {POINT} VALUES (:v, 'x', 'a', 'ABC', -1, NULL)",
        f"service_point {POINT} VALUES (:v, 'x', 'a', 'ABC', 1, 'vip')",
        "node (network_version, id, is_source) VALUES (:v + 1, 'x', true)",
    ],
)
def test_the_database_refuses_what_makes_no_sense(session: Session, insert: str) -> None:
    version = session.scalar(
        text(
            "INSERT INTO network_version (name, source, format, imported_at, counts, findings)"
            " VALUES ('n', 's', 'gpkg', now(), '{}', '[]') RETURNING id"
        )
    )
    make_partitions(session, network_version=version)
    attach_partitions(session, network_version=version)
    with pytest.raises(IntegrityError):
        session.execute(text(f"INSERT INTO {insert}"), {"v": version})
