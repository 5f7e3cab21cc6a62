"""Write the first migration anew from the models, for as long as nothing is released and there is only one.

`python -m api.migrations.first_step URL` needs an empty database at URL. It owns nothing of the running
system. After a release this file goes: then every change of a table is a step of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from geoalchemy2 import Geometry

from api.migrations.models import METADATA, is_ours
from dispatch.etr_tables import ETR_VERSION_RULES
from dispatch.ledger_tables import LEDGER_RULES
from dispatch.tables import CHANGE_LOG_RULES
from gis.database import connect

STEP = Path(__file__).parent / "versions" / "0001_first_tables.py"
_INDENT = "    "

_HEAD = '''"""The first tables: networks, evidence, outages, crews, change log, accounts, and the job queue.

Written by `python -m api.migrations.first_step` from the models; not by hand.
"""

from __future__ import annotations

import psycopg
import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from procrastinate.schema import SchemaManager
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for extension in ("postgis", "btree_gist"):
        # Looked for first: a role that may not make extensions may use those that are there.
        found = sa.text("SELECT 1 FROM pg_extension WHERE extname = :name").bindparams(name=extension)
        if op.get_bind().scalar(found) is None:
            op.execute(f"CREATE EXTENSION {extension}")
'''
_TAIL = """    # The queue's tables come from procrastinate itself, whose version the lock file pins. Many
    # statements at once need psycopg's plain protocol, so this goes past SQLAlchemy.
    connection = op.get_bind().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    connection.execute(SchemaManager.get_schema(), prepare=False)


def downgrade() -> None:
    raise NotImplementedError("Nothing comes before the first tables: drop the database instead.")
"""


def write_first_step(url: str) -> None:
    """Compare the models with the empty database at the address, and write the first step."""
    engine = connect(url, application_name="relight migrations", pool_size=1)
    with engine.connect() as connection:
        for extension in ("postgis", "btree_gist"):
            connection.execute(sa.text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
        context = MigrationContext.configure(
            connection, opts={"include_name": is_ours, "target_metadata": METADATA}
        )
        operations = produce_migrations(context, METADATA).upgrade_ops
        if operations is None:
            raise SystemExit("Alembic found nothing to compare.")
        body = render_python_code(operations, render_item=_render, migration_context=context)
        connection.rollback()
    engine.dispose()
    sequences = "".join(
        f"{_INDENT}op.execute(sa.schema.CreateSequence(sa.Sequence({name!r})))\n"
        for name in sorted(METADATA._sequences)  # noqa: SLF001 - SQLAlchemy gives no other way to list them
    )
    code = "\n".join(line.rstrip() for line in body.splitlines() if "###" not in line)
    statements = (*CHANGE_LOG_RULES, *LEDGER_RULES, *ETR_VERSION_RULES)
    rules = "".join(f'{_INDENT}op.execute("""{rule.rstrip()}\n{_INDENT}""")\n' for rule in statements)
    STEP.write_text(_HEAD + sequences + _INDENT + code.strip() + "\n" + rules + _TAIL, encoding="utf-8")


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(item, Geometry):
        # Its index is created by a line of its own, like every other.
        return f"Geometry({item.geometry_type!r}, srid={item.srid}, spatial_index=False)"
    return False


if __name__ == "__main__":
    write_first_step(sys.argv[1])
