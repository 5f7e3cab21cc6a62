"""A village for the public map: enough households for areas, and outages and planned work put there by hand.

S ─B1─ N1 ─T1─ N2   a1 … a30      three lanes some kilometres apart, and a farm of three
        ├──T2─ N3   b1 … b24
        ├──T3─ N4   c1 … c20
        └──T4─ N5   f1 … f3
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

VILLAGE = """
    breaker B1 S N1
    distribution T1 N1 N2
    distribution T2 N1 N3
    distribution T3 N1 N4
    distribution T4 N1 N5
    service_points a N2 30
    service_points b N3 24
    service_points c N4 20
    service_points f N5 3
"""
PLACES = {
    "S": (11.40, 53.63),
    "N1": (11.41, 53.63),
    "N2": (11.42, 53.64),
    "N3": (11.45, 53.66),
    "N4": (11.50, 53.60),
    "N5": (11.90, 53.90),
}


def put_out(engine, points, *, outage="O-1"):
    """Put service points out, and nobody else of that outage."""
    now = datetime.now(UTC)
    with engine.begin() as connection:
        connection.execute(
            text("""
                INSERT INTO outage (id, version, network_version, status, device, device_kind, phases,
                                    probability, candidates, reasons, service_points_out, customers_out,
                                    started_at, predicted_at)
                VALUES (:id, 0, 1, 'predicted', 'B1', 'breaker', 'ABC', 0.99, '[]', '[]', 1, 1, :now, :now)
                ON CONFLICT DO NOTHING
            """),
            {"id": outage, "now": now},
        )
        connection.execute(text("DELETE FROM affected_service_point WHERE outage_id = :id"), {"id": outage})
        for point in points:
            connection.execute(
                text("""
                    INSERT INTO affected_service_point (outage_id, service_point, phases, started_at,
                                                        customers)
                    VALUES (:id, :point, 'ABC', :now, 1)
                """),
                {"id": outage, "point": point, "now": now},
            )


def plan_work(engine, id, points, *, status="published", starts_in=timedelta(days=2)):
    """Plan work that leaves service points without supply for three hours."""
    now = datetime.now(UTC)
    with engine.begin() as connection:
        connection.execute(
            text("""
                INSERT INTO planned_outage (id, version, status, work, starts_at, ends_at, text, requested_by,
                                            requested_at)
                VALUES (:id, 0, :status, 'planned', :starts, :ends, 'At Mrs Smith''s', 'someone', :now)
            """),
            {
                "id": id,
                "status": status,
                "starts": now + starts_in,
                "ends": now + starts_in + timedelta(hours=3),
                "now": now,
            },
        )
        for point in points:
            connection.execute(
                text("INSERT INTO planned_service_point VALUES (:id, :point)"), {"id": id, "point": point}
            )


def of(letter, count):
    """Return the first service points of a lane."""
    return [f"{letter}{number}" for number in range(1, count + 1)]
