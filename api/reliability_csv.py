"""The parts of a reliability report as CSV: one row a part, as docs/reliability.md tells."""

from __future__ import annotations

import csv
import io

from dispatch.reliability.indices import Indices
from dispatch.reliability.measure import Reliability

COLUMNS = (
    "by",
    "name",
    "customers_served",
    "interruptions",
    "customers_interrupted",
    "customer_minutes",
    "saidi_minutes",
    "saifi",
    "caidi_minutes",
    "own_saidi_minutes",
    "own_saifi",
)
# A cell that begins so is taken for a formula by spreadsheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def parts_csv(made: Reliability) -> str:
    """Return the parts with a header; the first row is the whole."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    whole = made.whole.indices
    rows: list[tuple[str, str, int | None, Indices, Indices | None]] = [
        ("", "", made.customers_served, whole, whole)
    ]
    for by, parts in made.by.items():
        rows += [(by, part.name or "", part.customers_served, part.share, part.own) for part in parts]
    for by, name, served, share, own in rows:
        writer.writerow(
            [
                by,
                f"'{name}" if name.startswith(_FORMULA) else name,
                served,
                share.interruptions,
                share.customers_interrupted,
                share.customer_minutes,
                share.saidi_minutes,
                share.saifi,
                share.caidi_minutes,
                own.saidi_minutes if own is not None else None,
                own.saifi if own is not None else None,
            ]
        )
    return text.getvalue()
