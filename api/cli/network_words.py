"""What `relight network` says of versions: what came of putting one in force, and how one is listed."""

from __future__ import annotations

from typing import Any

from api.cli.output import say
from dispatch.network_activation import Activation, Loss, Reason
from gis.network_versions import NetworkVersion
from topology.findings import count_things, name_ids

_WORDS = {
    Reason.DEVICE_GONE: "its device is not in the new version",
    Reason.SERVICE_POINTS_GONE: "of its households the new version does not know",
    Reason.SERVICE_POINTS_MOVED: "of its households are not behind its device any more",
    Reason.EVIDENCE_GONE: "of its evidence is about what is gone",
}


def say_activation(done: Activation) -> None:
    """Tell a person what putting a version in force came to."""
    say(f"Network version {done.network_version} is in force.")
    if done.previous == done.network_version:
        say("It was before, and nothing has changed.")
    elif done.open_outages:
        say(f"{count_things(done.open_outages, 'open outage')} went over to it; nothing was closed.")
    for outage_id, count in done.grown.items():
        say(f"  {outage_id}: {count_things(count, 'more household')} behind its device.")
    if not done.worklist:
        return
    say("To be looked at by a dispatcher:")
    for loss in done.worklist:
        say(f"  {_told(loss)}")
    if done.previous not in {None, done.network_version}:
        say(f"To step back: relight network activate {done.previous}")


def _told(loss: Loss) -> str:
    of = loss.outage_id or "No outage yet"
    number = "" if loss.reason is Reason.DEVICE_GONE else f"{len(loss.ids):,} "
    return f"{of}: {number}{_WORDS[loss.reason]}: {name_ids(loss.ids)}."


def version_as_json(version: NetworkVersion) -> dict[str, Any]:
    """Return a version for programs; its findings as their number."""
    return {
        "network_version": version.network_version,
        "name": version.name,
        "source": version.source,
        "format": version.format,
        "status": version.status,
        "imported_at": version.imported_at.isoformat(),
        "activated_at": version.activated_at.isoformat() if version.activated_at else None,
        "counts": version.counts,
        "findings": len(version.findings),
    }
