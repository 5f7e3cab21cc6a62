"""The rows of the gis room in PostGIS: network versions, assets and customers.

Owns the declarative base (every room's tables use it), the asset tables of design §4.1, and what is made of
them at import for tiles and for search. Each row belongs to one network version, and each version has a
partition of its own in every one of these tables (`gis.network_partitions`). Of these, `customer` alone holds
personal data (name, phone, e-mail).
"""

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    ARRAY,
    TIMESTAMP,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

# Written out, since the database keeps them so; a test holds them to topology's kinds.
LINE_SECTION_KINDS = ("overhead", "underground")
SWITCH_KINDS = ("breaker", "recloser", "sectionalizer", "fuse", "switch", "disconnector")
TRANSFORMER_KINDS = ("station", "distribution", "regulator")
PRIORITIES = ("sensitive", "important_2", "important_1", "life_support")
OWNERSHIPS = ("public", "dedicated")
PLACE_KINDS = ("street", "district", "substation", "feeder", "device")


class Base(DeclarativeBase):
    """The declarative base of every room's tables."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a plain class attribute
        str: Text(),
        float: Double(),
        datetime: TIMESTAMP(timezone=True),
        dict[str, Any]: JSONB(),
        list[dict[str, Any]]: JSONB(),
    }


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _phases() -> CheckConstraint:
    return CheckConstraint("phases ~* '^[ABCN]+$' AND phases ~* '[ABC]'", name="phases")


def _gist(table: str, *first: str) -> Index:
    return Index(f"ix_{table}_geometry", *first, "geometry", postgresql_using="gist")


def _by_prefix(table: str, column: str, *first: str) -> Index:
    """An index for equality and for `LIKE 'begin%'`, whatever language the server sorts in."""
    return Index(
        f"ix_{table}_{column}",
        "network_version",
        *first,
        column,
        postgresql_ops={column: "text_pattern_ops"},
    )


# A version's rows come and go as a whole, without touching those of the others.
_A_PARTITION_PER_VERSION: dict[str, Any] = {"postgresql_partition_by": "LIST (network_version)"}


def _version() -> Mapped[int]:
    # No foreign key: a partition is made and dropped together with its version, and a key would lock the
    # table of versions against every other import while the partition is attached.
    return mapped_column(primary_key=True)


def _identity() -> Mapped[str]:
    return mapped_column(primary_key=True)


def _geometry(shape: str) -> Mapped[WKBElement | None]:
    # The index is named with the others in __table_args__, so that Alembic sees one truth.
    return mapped_column(Geometry(shape, srid=4326, spatial_index=False))


class NetworkVersionRow(Base):
    """One import of a network: ready, in force (at most one), or retired."""

    __tablename__ = "network_version"
    __table_args__ = (
        _one_of("status", ("ready", "active", "retired")),
        Index("uq_network_version_active", "status", unique=True, postgresql_where=text("status = 'active'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    source: Mapped[str]
    format: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'ready'"))
    imported_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]]
    findings: Mapped[list[dict[str, Any]]]


class SubstationRow(Base):
    """A substation: a name and a place."""

    __tablename__ = "substation"
    __table_args__ = (_A_PARTITION_PER_VERSION,)

    network_version: Mapped[int] = _version()
    id: Mapped[str] = _identity()
    name: Mapped[str | None]
    geometry: Mapped[WKBElement | None] = _geometry("POINT")


class NodeRow(Base):
    """A point at which devices meet; a source feeds the network."""

    __tablename__ = "node"
    __table_args__ = (_A_PARTITION_PER_VERSION,)

    network_version: Mapped[int] = _version()
    id: Mapped[str] = _identity()
    is_source: Mapped[bool]
    substation: Mapped[str | None]
    nominal_kv: Mapped[float | None]
    geometry: Mapped[WKBElement | None] = _geometry("POINT")


class LineSectionRow(Base):
    """A conductor between two nodes."""

    __tablename__ = "line_section"
    __table_args__ = (_one_of("kind", LINE_SECTION_KINDS), _phases(), _A_PARTITION_PER_VERSION)

    network_version: Mapped[int] = _version()
    id: Mapped[str] = _identity()
    from_node: Mapped[str]
    to_node: Mapped[str]
    phases: Mapped[str]
    kind: Mapped[str]
    length_m: Mapped[float | None]
    rated_a: Mapped[float | None]
    feeder: Mapped[str | None]
    geometry: Mapped[WKBElement | None] = _geometry("LINESTRING")


class SwitchRow(Base):
    """A device that opens: protective or operable."""

    __tablename__ = "switch"
    __table_args__ = (_one_of("kind", SWITCH_KINDS), _phases(), _A_PARTITION_PER_VERSION)

    network_version: Mapped[int] = _version()
    id: Mapped[str] = _identity()
    from_node: Mapped[str]
    to_node: Mapped[str]
    phases: Mapped[str]
    kind: Mapped[str]
    normally_open: Mapped[bool]
    remote_controlled: Mapped[bool | None]
    rated_a: Mapped[float | None]
    feeder: Mapped[str | None]
    name: Mapped[str | None]
    geometry: Mapped[WKBElement | None] = _geometry("POINT")


class TransformerRow(Base):
    """A transformer or a regulator."""

    __tablename__ = "transformer"
    __table_args__ = (
        _one_of("kind", TRANSFORMER_KINDS),
        _phases(),
        _one_of("ownership", OWNERSHIPS),
        _A_PARTITION_PER_VERSION,
    )

    network_version: Mapped[int] = _version()
    id: Mapped[str] = _identity()
    from_node: Mapped[str]
    to_node: Mapped[str]
    phases: Mapped[str]
    kind: Mapped[str]
    rated_kva: Mapped[float | None]
    ownership: Mapped[str | None]
    feeder: Mapped[str | None]
    name: Mapped[str | None]
    geometry: Mapped[WKBElement | None] = _geometry("POINT")


class ServicePointRow(Base):
    """Where one supply ends (户): what is counted as out."""

    __tablename__ = "service_point"
    __table_args__ = (
        _phases(),
        _one_of("priority", PRIORITIES),
        CheckConstraint("customers >= 0", name="customers"),
        Index("ix_service_point_node", "network_version", "node"),
        _by_prefix("service_point", "account"),
        _by_prefix("service_point", "meter"),
        _by_prefix("service_point", "house", "place"),
        _gist("service_point"),
        _A_PARTITION_PER_VERSION,
    )

    network_version: Mapped[int] = _version()
    id: Mapped[str] = _identity()
    node: Mapped[str]
    phases: Mapped[str]
    customers: Mapped[int] = mapped_column(BigInteger)
    meter: Mapped[str | None]
    account: Mapped[str | None]
    priority: Mapped[str | None]
    peak_kw: Mapped[float | None]
    address: Mapped[str | None]
    # The address taken apart for search: the place (`named_place.number`), and the numbers in it (12-3).
    place: Mapped[int | None]
    house: Mapped[str | None]
    geometry: Mapped[WKBElement | None] = _geometry("POINT")


class CustomerRow(Base):
    """The party behind an account: personal data. What they chose: dispatch/message_tables.py."""

    __tablename__ = "customer"
    __table_args__ = (
        _by_prefix("customer", "phone_digits"),
        # Callers leave out the country, or tell the last digits: the end of a number is found as well.
        Index(
            "ix_customer_phone_backwards",
            "network_version",
            func.reverse(text("phone_digits")).label("backwards"),
            postgresql_ops={"backwards": "text_pattern_ops"},
        ),
        _A_PARTITION_PER_VERSION,
    )

    network_version: Mapped[int] = _version()
    account: Mapped[str] = _identity()
    name: Mapped[str | None]
    phone: Mapped[str | None]
    # The phone's digits alone, since callers' numbers come with and without blanks and signs.
    phone_digits: Mapped[str | None]
    language: Mapped[str | None]
    email: Mapped[str | None]


class NamedPlaceRow(Base):
    """Something to search for by name: a street or district, a substation, a feeder, a device.

    `written` is the name for comparing; by `pairs` of its letters it is found with a letter wrong.
    `customers` are those at a street's addresses; `subject` is the id of a substation or device.
    """

    __tablename__ = "named_place"
    __table_args__ = (
        _one_of("kind", PLACE_KINDS),
        Index("ix_named_place_pairs", "pairs", postgresql_using="gin"),
        _A_PARTITION_PER_VERSION,
    )

    network_version: Mapped[int] = _version()
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    title: Mapped[str]
    written: Mapped[str]
    pairs: Mapped[list[str]] = mapped_column(ARRAY(Text))
    subject: Mapped[str | None]
    customers: Mapped[int] = mapped_column(BigInteger)
    lon: Mapped[float | None]
    lat: Mapped[float | None]


# What tiles are made of, ready in EPSG:3857 and in the order of a space-filling curve, so that a tile reads
# neighbouring pages. No keys: they are made at import from the assets, and only ever read by place.
map_feature = Table(
    "map_feature",
    Base.metadata,
    Column("network_version", Integer, nullable=False),
    Column("layer", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("kind", Text),
    Column("feeder", Text),
    Column("nominal_kv", Double),
    Column("normally_open", Boolean),
    Column("priority", Text),
    Column("geometry", Geometry("GEOMETRY", srid=3857, spatial_index=False), nullable=False),
    _gist("map_feature"),
    **_A_PARTITION_PER_VERSION,
)

# The same from afar, generalised: `zoom` is the level a row belongs to (gis.map_features).
map_overview = Table(
    "map_overview",
    Base.metadata,
    Column("network_version", Integer, nullable=False),
    Column("zoom", SmallInteger, nullable=False),
    Column("layer", Text, nullable=False),
    Column("id", Text),
    Column("kind", Text),
    Column("feeder", Text),
    Column("nominal_kv", Double),
    Column("service_points", Integer),
    Column("customers", BigInteger),
    Column("geometry", Geometry("GEOMETRY", srid=3857, spatial_index=False), nullable=False),
    _gist("map_overview", "zoom"),
    **_A_PARTITION_PER_VERSION,
)

# Every table with a partition for each network version, in the order in which an import fills them.
VERSION_TABLES = (
    "substation",
    "node",
    "line_section",
    "switch",
    "transformer",
    "service_point",
    "customer",
    "named_place",
    "map_feature",
    "map_overview",
)
