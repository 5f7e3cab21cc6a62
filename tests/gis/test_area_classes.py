"""Which class of area a device lies in: polygon before feeder before a guess; files of polygons refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import shapely
from shapely.geometry import mapping
from sqlalchemy.orm import Session

from gis.area_class import AreaClass, DensityRule
from gis.area_classes import (
    AreaPolygonsError,
    area_polygons,
    classes_of_devices,
    feeder_classes,
    polygons_of_geojson,
    replace_area_polygons,
    set_feeder_class,
)
from gis.customers_around import CustomersAround
from gis.network_versions import import_network
from gis.place import Place
from gis.places import device_places

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
RULE = DensityRule(radius_m=1000.0, urban_from=500.0, rural_from=0.3, unknown=AreaClass.URBAN)


def feature(area_class, shape, **properties):
    return {
        "type": "Feature",
        "geometry": mapping(shape),
        "properties": {"area_class": area_class, **properties},
    }


def around(place, degrees):
    return shapely.box(place.lon - degrees, place.lat - degrees, place.lon + degrees, place.lat + degrees)


@pytest.fixture
def town(session: Session, example_network):
    """Give the example, a line of a feeder in it, and a function that says that line's class."""
    version = import_network(
        session, tables=example_network, findings=(), source="t", format="gpkg", now=NOW
    ).network_version
    line = next(row.id for row in example_network.line_section.itertuples() if row.feeder == "10kV 桃园线")
    place = device_places(session, network_version=version, ids=[line])[line]

    def classed(*, device=line, at=place):
        found = classes_of_devices(
            session,
            network_version=version,
            places={device: at},
            rule=RULE,
            customers_around=CustomersAround(),
        )
        return found[device]

    return place, classed


def test_without_a_word_of_anybody_customers_decide_and_the_answer_says_so(town):
    _, classed = town
    found = classed(at=Place(lon=104.1, lat=30.6))
    assert (found.area_class, found.source) == ("rural", "density")
    assert found.customers_per_km2 == pytest.approx(13 / 3.1416, abs=0.1)
    assert classed(at=Place(lon=0.0, lat=0.0)).area_class == "remote"
    assert (classed(at=None).area_class, classed(at=None).source) == ("urban", "unknown")


def test_a_feeder_goes_before_the_guess_and_a_polygon_before_the_feeder(session: Session, town):
    place, classed = town
    set_feeder_class(session, feeder="10kV 桃园线", area_class=AreaClass.REMOTE, now=NOW)
    assert (classed().area_class, classed().source, classed().named) == ("remote", "feeder", "10kV 桃园线")
    assert classed(device="nobody's").source == "density"
    features = [
        feature("rural", around(place, 0.2), name="County"),
        feature("urban", around(place, 0.1), name="Town"),
    ]
    polygons = polygons_of_geojson({"type": "FeatureCollection", "features": features})
    replace_area_polygons(session, polygons=polygons, now=NOW)
    assert (classed().area_class, classed().source, classed().named) == ("urban", "polygon", "Town")
    replace_area_polygons(session, polygons=[], now=NOW)
    set_feeder_class(session, feeder="10kV 桃园线", area_class=None, now=NOW)
    assert classed().source == "density"
    assert feeder_classes(session) == {}


def test_polygons_are_read_back_as_they_came(session: Session):
    document = {"features": [feature("urban", shapely.box(1, 2, 3, 4))]}
    replace_area_polygons(session, polygons=polygons_of_geojson(document), now=NOW)
    (read,) = area_polygons(session)["features"]
    assert read["properties"] == {"area_class": "urban", "name": "urban 1"}
    assert polygons_of_geojson({"features": [read]})[0].geometry.bounds == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "no GeoJSON feature collection"),
        ({"features": [None]}, "Feature 1: area_class None is none of"),
        ({"features": [feature("suburb", shapely.box(0, 0, 1, 1))]}, "'suburb' is none of urban"),
        ({"features": [feature("urban", shapely.Point(1, 2))]}, "is a Point"),
        ({"features": [{"properties": {"area_class": "urban"}}]}, "Feature 1"),
        ({"features": [{"properties": {"area_class": "urban"}, "geometry": 7}]}, "Feature 1"),
        (
            {"features": [{"properties": {"area_class": "urban"}, "geometry": {"type": "Polygon"}}]},
            "Feature 1",
        ),
        (
            {"features": [feature("urban", shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))]},
            "no valid polygon: Self-intersection",
        ),
        ({"features": [feature("urban", shapely.box(500_000, 3_000_000, 500_100, 3_000_100))]}, "WGS 84"),
    ],
)
def test_files_that_cannot_be_taken_name_the_feature(document, said):
    with pytest.raises(AreaPolygonsError, match=said):
        polygons_of_geojson(document)
