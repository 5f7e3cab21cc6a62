"""The statements that write the ledger by the ten thousand: one each for entering, closing and correcting.

Owns only SQL; what it means stands in dispatch/ledger.py.
"""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Integer, Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB, REAL

from dispatch.tables import Instant

ENTER = text(
    """
    INSERT INTO interruption (service_point, period, outage_id, planned_outage_id, switching_order_id, kind,
        phases, phases_taken, phase_share, customers, feeder, recorded_at)
    SELECT wanted.id, tstzrange(wanted.since, wanted.until), :outage_id, :planned_outage_id,
        :switching_order_id, :kind, wanted.phases, wanted.taken, wanted.share, wanted.customers,
        wanted.feeder, :now
    FROM unnest(:ids, :since, :until, :phases, :taken, :share, :customers, :feeders)
        AS wanted (id, since, until, phases, taken, share, customers, feeder)
    WHERE NOT EXISTS (
        SELECT FROM interruption AS other
        WHERE other.service_point = wanted.id AND other.replaced_by IS NULL
            AND other.period && tstzrange(wanted.since, wanted.until)
    )
    RETURNING service_point
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Text)),
    bindparam("since", type_=ARRAY(Instant)),
    bindparam("until", type_=ARRAY(Instant)),
    bindparam("phases", type_=ARRAY(Text)),
    bindparam("taken", type_=ARRAY(Text)),
    bindparam("share", type_=ARRAY(REAL)),
    bindparam("customers", type_=ARRAY(Integer)),
    bindparam("feeders", type_=ARRAY(Text)),
)
CLOSE_OF_OUTAGE = text(
    """
    UPDATE interruption SET period = tstzrange(lower(period), :at)
    WHERE outage_id = :outage_id AND replaced_by IS NULL AND other_holds IS NULL
        AND upper_inf(period) AND lower(period) < :at
    """
)
LEFT_OF_OUTAGE = text(
    """
    SELECT service_point FROM interruption
    WHERE outage_id = :outage_id AND replaced_by IS NULL AND (upper_inf(period) OR upper(period) > :at)
    UNION
    SELECT service_point FROM interruption
    WHERE other_holds IS NOT NULL AND replaced_by IS NULL AND other_holds @> :others
        AND (upper_inf(period) OR upper(period) > :at)
    """
).bindparams(bindparam("others", type_=JSONB))
HOUSEHOLDS_OF_OUTAGE = text(
    """
    SELECT service_point FROM interruption WHERE outage_id = :outage_id AND replaced_by IS NULL
    UNION
    SELECT service_point FROM interruption
    WHERE other_holds IS NOT NULL AND replaced_by IS NULL AND other_holds @> :others
    """
).bindparams(bindparam("others", type_=JSONB))
# A row that nothing stands in place of is replaced by itself.
WITHDRAW_OUTAGE = text(
    """
    UPDATE interruption SET replaced_by = id
    WHERE outage_id = :outage_id AND replaced_by IS NULL AND other_holds IS NULL
    """
)
CLOSE_GIVEN = text(
    """
    UPDATE interruption SET period = tstzrange(lower(period), :at)
    FROM unnest(:ids, :phases) AS back (id, phases)
    WHERE service_point = back.id AND replaced_by IS NULL AND other_holds IS NULL AND supplied_by IS NULL
        AND upper_inf(period) AND lower(period) < :at
        AND translate(interruption.phases, back.phases, '') = ''
    RETURNING service_point
    """
).bindparams(bindparam("ids", type_=ARRAY(Text)), bindparam("phases", type_=ARRAY(Text)))
NUMBERS = text("SELECT nextval(pg_get_serial_sequence('interruption', 'id')) FROM generate_series(1, :count)")
CLOSE = text(
    """
    UPDATE interruption SET period = tstzrange(lower(period), done.at)
    FROM unnest(:ids, :ends) AS done (id, at) WHERE interruption.id = done.id
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("ends", type_=ARRAY(Instant)))
REPLACE = text(
    """
    UPDATE interruption SET replaced_by = done.by
    FROM unnest(:ids, :successors) AS done (id, by) WHERE interruption.id = done.id
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("successors", type_=ARRAY(BigInteger)))
