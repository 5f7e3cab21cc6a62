"""Many ids in a query as one value, an array.

Thousands of values of their own would have to be written into the text of the query each time and read again.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ARRAY, ColumnElement, Text, any_, literal
from sqlalchemy.orm import InstrumentedAttribute


def is_among(
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], ids: Iterable[str]
) -> ColumnElement[bool]:
    """Return the condition that a column holds one of some ids."""
    return column == any_(literal(list(ids), ARRAY(Text)))
