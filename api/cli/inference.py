"""`relight infer`: which devices opened, from files and without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
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
from gis.network_tables import NetworkTables
from topology.arrays import BoolArray
from topology.errors import RatesError
from topology.inference import Inference, InferenceResult
from topology.network import Network
from topology.observations import Observation, ObservationKind
from topology.questions import Patrol, Question, next_patrol, next_pings
from topology.rates import EvidenceRates, read_rates
from topology.rollup import roll_up
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState

_OF_METERS = frozenset({ObservationKind.LAST_GASP, ObservationKind.POWER_UP, ObservationKind.PING})


class Method(StrEnum):
    """How devices are named."""

    POSTERIOR = "posterior"
    ROLLUP = "rollup"


MethodOption = Annotated[
    Method,
    typer.Option(
        "--method",
        help="`posterior`: the exact probability of every device. `rollup`: the usual counting rules, to "
        "compare with.",
    ),
]
RatesOption = Annotated[
    Path | None,
    typer.Option(
        "--rates",
        metavar="FILE.json",
        help="How often devices open and messages get lost, such as `relight rates learn` writes; "
        "without it, documented defaults. Only for `posterior`.",
    ),
]
AskOption = Annotated[
    int | None,
    typer.Option(
        "--ask",
        metavar="N",
        min=1,
        help="Say which N meters to ask next, those that tell most first, and which device to look at. Only "
        "for `posterior`.",
    ),
]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What to ask next."""

    questions: tuple[Question, ...]
    patrol: Patrol | None


def infer_outages(
    path: NetworkPath,
    evidence: Annotated[Path, typer.Argument(metavar="EVIDENCE.ndjson", help="Evidence, one object a line.")],
    at: Annotated[
        str | None,
        typer.Option(
            metavar="T", help="Infer as of this time (ISO 8601 with zone); without it, of the last evidence."
        ),
    ] = None,
    method: MethodOption = Method.POSTERIOR,
    rates: RatesOption = None,
    ask: AskOption = None,
    format: FormatOption = None,
    as_json: AsJson = False,
) -> None:
    """Say which devices most likely opened, whom that puts out, and why. Outages found are no findings."""
    until = _time(at) if at is not None else None
    told = _rates(rates, method)
    if ask is not None and told is None:
        raise typer.BadParameter(
            "The roll-up rules cannot tell what to ask. Leave it out.", param_hint="--ask"
        )
    asked: _Asked | None = None
    tables, _, _ = read_network(path, format)
    with busy("Inferring"):
        network, findings = tables.to_network()
        observations, unread = OfflineEvidence(tables, network).read(evidence, until=until)
        now = until or max((one.at for one in observations), default=datetime.now(UTC))
        tree = SupplyTree(network, SwitchState.normal(network))
        if told is None:
            result = roll_up(tree=tree, observations=observations, now=now)
        else:
            metered = _metered(tables, network, observations)
            inference = Inference(tree=tree, rates=told, metered=metered)
            result = inference.update(observations, now=now)
            asked = _what_to_ask(inference, result, ask)
    all_findings = (*findings, *unread)
    if as_json:
        questions = asdict(asked) if asked is not None else {}
        say_json({**result.as_json(), **questions, "findings": findings_as_json(all_findings)})
    else:
        mention_findings(all_findings)
        _say_outages(result)
        _say_questions(asked)
    end_with_findings(all_findings)


def _rates(path: Path | None, method: Method) -> EvidenceRates | None:
    """Return the rates to infer with; None for the rules, which know none."""
    if method is Method.ROLLUP:
        if path is not None:
            raise typer.BadParameter("The roll-up rules know no rates. Leave it out.", param_hint="--rates")
        return None
    if path is None:
        return EvidenceRates()
    try:
        return read_rates(path)
    except (RatesError, OSError) as error:
        raise typer.BadParameter(str(error), param_hint="--rates") from error


def _metered(
    tables: NetworkTables, network: Network, observations: Sequence[Observation]
) -> BoolArray | None:
    """Tell which service points have a meter: those the package names one for.

    Where it names none, all may have one (None) if any meter spoke, otherwise nobody has.
    """
    named = tables.service_point.loc[tables.service_point["meter"].notna(), "id"]
    if named.empty and any(one.kind in _OF_METERS for one in observations):
        return None
    metered = np.zeros(network.service_point_count, dtype=np.bool_)
    found = network.find_service_points([str(one) for one in named])
    metered[found[found >= 0]] = True
    return metered


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


def _what_to_ask(inference: Inference, result: InferenceResult, budget: int | None) -> _Asked | None:
    if budget is None:
        return None
    return _Asked(next_pings(inference, result.outages, budget), next_patrol(inference, result.outages))


def _say_questions(asked: _Asked | None) -> None:
    if asked is None:
        return
    for number, one in enumerate(asked.questions, start=1):
        say(f"{number}. Ask the meter of {one.service_point} ({one.gain:.2f} bits): {one.reason}")
    if not asked.questions:
        say("No meter would tell anything that is not known.")
    if (patrol := asked.patrol) is not None:
        say(f"Look at {patrol.device} ({patrol.gain:.2f} bits): {patrol.reason}")


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
