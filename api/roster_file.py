"""A roster of crews as a file, JSON or CSV, read into crews; what cannot be read is a finding with its line.

JSON: an array of crews, each as POST /api/crews takes it. CSV: a header, then one row for each person or each
shift; rows with the same `crew` are one crew, whose own fields stand in its first row (docs/crews.md).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from api.schemas.crews import NewCrew
from topology.findings import Finding

_OF_CREW = ("name", "skills", "lon", "lat", "crs")
_OF_VEHICLE = ("vehicle_kind", "vehicle_id")
_OF_DEPOT = ("depot_name", "depot_lon", "depot_lat")
_OF_SHIFT = ("shift_start", "shift_end")
_OF_MEMBER = ("member", "member_name", "member_phone", "member_lead", "certificates")
COLUMNS = ("crew", *_OF_CREW, *_OF_VEHICLE, *_OF_DEPOT, *_OF_SHIFT, *_OF_MEMBER)
_YES = ("yes", "true", "1", "是")


@dataclass(frozen=True, slots=True)
class CrewInFile:
    """A crew that could be read, and the line of the file (JSON: the entry) that it begins in."""

    line: int
    crew: NewCrew


def read_roster(text: str, *, is_csv: bool) -> tuple[list[CrewInFile], list[Finding]]:
    """Return the crews of a roster and what is wrong with the rest of it."""
    findings: list[Finding] = []
    entries = _csv_entries(text, findings) if is_csv else _json_entries(text, findings)
    found: dict[str, CrewInFile] = {}
    for line, fields in entries:
        try:
            crew = NewCrew.model_validate(fields)
        except ValidationError as problem:
            findings += [_finding(line, fields.get("id"), text) for text in _texts(problem)]
            continue
        if crew.id in found:
            findings.append(_finding(line, crew.id, f"stands in line {found[crew.id].line} already"))
            continue
        found[crew.id] = CrewInFile(line, crew)
    return list(found.values()), findings


def finding(line: int, crew_id: str, text: str) -> Finding:
    """Return what is wrong with a crew of the file."""
    return _finding(line, crew_id, text)


def _finding(line: int, id: object, text: str) -> Finding:
    ids = (str(id),) if id else ()
    who = f" ({id})" if id else ""
    return Finding(rule="roster_line", layer="crew", ids=ids, text=f"Line {line}{who}: {text}.")


def _texts(problem: ValidationError) -> Iterable[str]:
    for one in problem.errors():
        field = ".".join(str(part) for part in one["loc"])
        yield f"{field}: {one['msg']}" if field else str(one["msg"])


def _json_entries(text: str, findings: list[Finding]) -> list[tuple[int, dict[str, Any]]]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        findings.append(_finding(getattr(error, "lineno", 1), None, f"is not JSON: {error}"))
        return []
    if not isinstance(rows, list):
        findings.append(_finding(1, None, "a roster is an array of crews"))
        return []
    entries = []
    for number, row in enumerate(rows, start=1):
        if isinstance(row, dict):
            entries.append((number, row))
        else:
            findings.append(_finding(number, None, "the entry is not an object"))
    return entries


def _csv_entries(text: str, findings: list[Finding]) -> list[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    names = [name.strip() for name in reader.fieldnames or ()]
    if unknown := [name for name in names if name not in COLUMNS]:
        known = ", ".join(COLUMNS)
        findings.append(_finding(1, None, f"the header names {', '.join(unknown)}; known are {known}"))
        return []
    reader.fieldnames = names
    crews: dict[str, tuple[int, dict[str, Any]]] = {}
    try:
        for row in reader:
            line = reader.line_num
            fields = {name: value.strip() for name, value in row.items() if name and value and value.strip()}
            if None in row or "crew" not in fields:
                why = "more fields than the header" if None in row else "no crew is named"
                findings.append(_finding(line, fields.get("crew"), why))
                continue
            _take_row(crews, line, fields, findings)
    except csv.Error as error:
        findings.append(_finding(reader.line_num, None, f"is not CSV: {error}"))
    return list(crews.values())


def _take_row(
    crews: dict[str, tuple[int, dict[str, Any]]],
    line: int,
    fields: dict[str, str],
    findings: list[Finding],
) -> None:
    id = fields["crew"]
    if id not in crews:
        crews[id] = (line, _crew(fields))
    elif again := [name for name in (*_OF_CREW, *_OF_VEHICLE, *_OF_DEPOT) if name in fields]:
        first_line, known = crews[id]
        if any(_crew(fields).get(name) != known.get(name) for name in _crew(fields)):
            text = f"{', '.join(again)} differ from line {first_line}; those of the first line count"
            findings.append(_finding(line, id, text))
    crew = crews[id][1]
    if any(name in fields for name in _OF_SHIFT):
        crew["shifts"].append({"start": fields.get("shift_start"), "end": fields.get("shift_end")})
    if any(name in fields for name in _OF_MEMBER):
        crew["members"].append(_member(fields))


def _crew(fields: dict[str, str]) -> dict[str, Any]:
    crew: dict[str, Any] = {"id": fields["crew"]}
    crew |= {name: fields[name] for name in ("name", "lon", "lat", "crs") if name in fields}
    crew["skills"] = _parts(fields.get("skills", ""))
    if any(name in fields for name in _OF_VEHICLE):
        crew["vehicle"] = {"kind": fields.get("vehicle_kind", "truck"), "id": fields.get("vehicle_id")}
    if any(name in fields for name in _OF_DEPOT):
        crew["depot"] = {
            "name": fields.get("depot_name"),
            "lon": fields.get("depot_lon"),
            "lat": fields.get("depot_lat"),
            "crs": fields.get("crs", "wgs84"),
        }
        # A crew without a place of its own begins at its depot.
        crew.setdefault("lon", fields.get("depot_lon"))
        crew.setdefault("lat", fields.get("depot_lat"))
    return {**crew, "shifts": [], "members": []}


def _member(fields: dict[str, str]) -> dict[str, Any]:
    certificates = []
    for part in _parts(fields.get("certificates", "")):
        skill, _, day = part.partition(":")
        certificates.append({"skill": skill.strip(), "expires_on": day.strip() or None})
    return {
        "id": fields.get("member"),
        "name": fields.get("member_name"),
        "phone": fields.get("member_phone"),
        "is_lead": fields.get("member_lead", "").lower() in _YES,
        "certificates": certificates,
    }


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]
