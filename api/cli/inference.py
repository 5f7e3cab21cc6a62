"""`relight infer`: which devices opened, from files and without a database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.network_files import FormatOption, NetworkPath, read_network
from api.cli.offline_evidence import OfflineEvidence
from api.cli.output import (
    AsJson,
    busy,
    end_with_findings,
    findings_as_json,
    mention_findings,
    say,
    say_json,
)
from topology.inference import InferenceResult, infer
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState


def infer_outages(
    path: NetworkPath,
    evidence: Annotated[Path, typer.Argument(metavar="EVIDENCE.ndjson", help="Evidence, one object a line.")],
    at: Annotated[
        str | None,
        typer.Option(
            metavar="T", help="Infer as of this time (ISO 8601 with zone); without it, of the last evidence."
        ),
    ] = None,
    format: FormatOption = None,
    as_json: AsJson = False,
) -> None:
    """Say which devices most likely opened, whom that puts out, and why. Outages found are no findings."""
    until = _time(at) if at is not None else None
    tables, _, _ = read_network(path, format)
    with busy("Inferring"):
        network, findings = tables.to_network()
        observations, unread = OfflineEvidence(tables, network).read(evidence, until=until)
        now = until or max((one.at for one in observations), default=datetime.now(UTC))
        tree = SupplyTree(network, SwitchState.normal(network))
        result = infer(tree=tree, observations=observations, now=now)
    all_findings = (*findings, *unread)
    if as_json:
        say_json({**result.as_json(), "findings": findings_as_json(all_findings)})
    else:
        mention_findings(all_findings)
        _say_outages(result)
    end_with_findings(all_findings)


def _say_outages(result: InferenceResult) -> None:
    for outage in result.outages:
        say(
            f"{outage.device} ({outage.phases}), probability {outage.probability:.0%}: "
            f"{outage.service_points_out:,} service points, {outage.customers_out:,} customers out "
            f"since {outage.started_at.isoformat()}"
        )
        for reason in outage.reasons:
            say(f"  {reason.text}")
    say(f"{len(result.outages)} outages at {result.at.isoformat()}.")


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime.min  # noqa: DTZ901 - without a zone, like any other time that is refused below
    if at.tzinfo is None:
        raise typer.BadParameter(
            f"{text!r} is no time with a zone. Write for example 2026-11-23T14:03:00+00:00.",
            param_hint="--at",
        )
    return at.astimezone(UTC)
