"""Networks written as a few lines of text, for tests, documents and questions.

    source S
    breaker B1 S N1
    line L1 N1 N2 AB            # phases ABC unless said; `line` is an overhead line section
    tie T1 N2 M9                # a switch that is normally open
    fuse F1 N2 N3 A open        # normally open
    transformer X1 N3 N4        # a distribution transformer; or any kind of device by its name
    node N7                     # a node that nothing may be attached to
    service_point P1 N4 3 A     # three customers on phase A; one on ABC unless said
    service_points Q N4 24 A    # Q-1 … Q-24, one customer each; on ABC unless said

Nodes come into being with the devices between them; a service point at any other node is a finding.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from topology.build import DeviceColumns, NodeColumns, ServicePointColumns, build_network
from topology.errors import TextNetworkError
from topology.findings import Finding
from topology.kinds import CODE_OF_KIND, DeviceKind
from topology.network import Network

_ALIASES = {
    "line": DeviceKind.OVERHEAD.value,
    "tie": DeviceKind.SWITCH.value,
    "transformer": DeviceKind.DISTRIBUTION.value,
}


def parse_text_network(text: str) -> tuple[Network, tuple[Finding, ...]]:
    """Return the network drawn by the text, and the findings of its build; raises TextNetworkError."""
    rows = _Rows()
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if words:
            rows.read(number, words)
    return build_network(
        nodes=NodeColumns(list(rows.nodes), list(rows.nodes.values())),
        devices=DeviceColumns(
            ids=[row[0] for row in rows.devices],
            kinds=[row[1] for row in rows.devices],
            from_nodes=[row[2] for row in rows.devices],
            to_nodes=[row[3] for row in rows.devices],
            phases=[row[4] for row in rows.devices],
            normally_open=[row[5] for row in rows.devices],
        ),
        service_points=ServicePointColumns(
            [row[0] for row in rows.service_points],
            [row[1] for row in rows.service_points],
            [row[2] for row in rows.service_points],
            [row[3] for row in rows.service_points],
        ),
    )


@dataclass
class _Rows:
    nodes: dict[str, bool] = field(default_factory=dict)
    devices: list[tuple[str, str, str, str, str, bool]] = field(default_factory=list)
    service_points: list[tuple[str, str, str, int]] = field(default_factory=list)

    def read(self, number: int, words: list[str]) -> None:
        word, *rest = words
        if word in {"source", "node"} and len(rest) == 1:
            self.nodes[rest[0]] = word == "source"
        elif word == "service_point" and len(rest) in {2, 3, 4}:
            point, node, customers, phases = [*rest, *("1", "ABC")[len(rest) - 2 :]]
            self.service_points.append((point, node, phases, _count(number, customers)))
        elif word == "service_points" and len(rest) in {3, 4}:
            prefix, node, count, phases = [*rest, "ABC"][:4]
            places = range(1, _count(number, count) + 1)
            self.service_points += [(f"{prefix}-{place}", node, phases, 1) for place in places]
        elif (word in CODE_OF_KIND or word in _ALIASES) and len(rest) in {3, 4, 5}:
            self._read_device(word, rest)
        else:
            raise TextNetworkError(
                number,
                f"{' '.join(words)!r} is not understood; write `source NODE`, `node NODE`, "
                f"`KIND ID FROM TO [PHASES] [open]`, `service_point ID NODE [CUSTOMERS [PHASES]]` "
                f"or `service_points PREFIX NODE COUNT [PHASES]`.",
            )

    def _read_device(self, word: str, rest: list[str]) -> None:
        device, from_node, to_node, *options = rest
        is_open, phases = word == "tie", "ABC"
        for option in options:
            if option in {"open", "closed"}:
                is_open = option == "open"
            else:
                phases = option
        self.devices.append((device, _ALIASES.get(word, word), from_node, to_node, phases, is_open))
        for node in (from_node, to_node):
            self.nodes.setdefault(node, False)


def _count(number: int, word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise TextNetworkError(number, f"{word!r} is not a whole number.") from None
