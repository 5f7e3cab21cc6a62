"""A list of disconnections as it was sent: CSV or JSON, read and taken in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import Engine

from api.errors import ListRefusedError
from api.work import writing
from dispatch.disconnection_lines import csv_documents
from dispatch.disconnections import DisconnectionReceipt, import_disconnections
from dispatch.errors import NoActiveNetwork
from dispatch.evidence_lines import Document, Rejection
from gis.network_versions import active_network_version


def take_disconnections(
    engine: Engine, *, body: bytes, content_type: str, is_complete: bool, actor: str
) -> DisconnectionReceipt:
    """Take a list; ListRefusedError where the whole of it cannot be read, NoActiveNetwork."""
    documents = list(_documents(body, content_type))
    with writing(engine) as work:
        network_version = active_network_version(work.session)
        if network_version is None:
            raise NoActiveNetwork
        return import_disconnections(
            work.session,
            documents=documents,
            is_complete=is_complete,
            network_version=network_version,
            actor=actor,
            now=work.now,
        )


def _documents(body: bytes, content_type: str) -> Iterator[Document | Rejection]:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise ListRefusedError("The list is not UTF-8.") from None
    if content_type.partition(";")[0].strip().lower() == "text/csv":
        yield from csv_documents(text)
        return
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list):
        raise ListRefusedError("Send a JSON array of objects, or CSV as text/csv.")
    for number, fields in enumerate(rows, start=1):
        if isinstance(fields, dict):
            yield Document(line=number, fields=fields)
        else:
            yield Rejection(line=number, id=None, reason="The entry is not a JSON object.")
