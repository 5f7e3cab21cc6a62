"""The child process that holds the OpenDSS engine: runs one script and writes what was built as JSON.

Owns the engine and the bars around it. The engine keeps global state, may crash, and could write files
and start programs; so it lives in a process of its own that may not write a single byte to any file.
"""

import importlib
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from gis.opendss.builder import EngineRefusal
from gis.opendss.script import Script, ScriptError

# What is read of each class; the rest (impedances, control settings) has no bearing on who is fed by what.
_PROPERTIES = {
    "Vsource": ("Bus1", "Phases"),
    "Line": (
        *("Bus1", "Bus2", "Phases", "Switch", "Length", "Units", "NormAmps"),
        *("LineType", "LineCode", "Conductors"),
    ),
    "Reactor": ("Bus1", "Bus2", "Phases", "NormAmps"),
    "Capacitor": ("Bus1", "Bus2", "Phases", "NormAmps"),
    "Transformer": ("Buses", "Phases", "kVs", "kVAs", "Sub", "SubName", "Bank"),
    "AutoTrans": ("Buses", "Phases", "kVs", "kVAs", "Sub", "SubName", "Bank"),
    "Load": ("Bus1", "Phases", "kW", "NumCust"),
    "EnergyMeter": ("Element", "Terminal"),
    "Relay": ("SwitchedObj", "SwitchedTerm", "Normal"),
    "Recloser": ("SwitchedObj", "SwitchedTerm", "Normal"),
    "Fuse": ("SwitchedObj", "SwitchedTerm", "Normal"),
    "SwtControl": ("SwitchedObj", "SwitchedTerm", "Normal"),
}
_ALL_PROPERTIES = 1  # the flag DSSJSONFlags.Full
_SWITCHABLE = ("Line", "Reactor", "Capacitor", "Transformer", "AutoTrans")


class _Engine:
    """One OpenDSS context, with everything switched off that it lets us switch off."""

    def __init__(self) -> None:
        # Imported here, since only this process may; by name, since the package tells no types.
        self.context: Any = importlib.import_module("dss").DSS.NewContext()
        self.context.AllowForms = False
        self.context.AllowEditor = False
        self.context.AllowDOScmd = False
        self.context.AllowChangeDir = False
        executive = self.context.Executive
        self.command_words = [executive.Command(one) for one in range(1, executive.NumCommands + 1)]
        self.option_words = [executive.Option(one) for one in range(1, executive.NumOptions + 1)]
        self.class_words = list(self.context.Classes)

    def run(self, command: str) -> str:
        """Run one command and return the engine's warning, if any; EngineRefusal."""
        try:
            self.context.Text.Command = command
        except Exception as error:
            # The engine's own class of exception holds (number, text), a warning's text says that it is one.
            text = " ".join(str(error.args[-1] if error.args else error).split())
            if text.startswith("Warning"):
                return text
            raise EngineRefusal(text) from error
        return ""


def circuit_of(path: Path) -> dict[str, Any]:
    """Run a script and return what it built, as JSON types; ScriptError."""
    engine = _Engine()
    script = Script(engine)
    script.run_file(path)
    if engine.context.NumCircuits == 0:
        raise ScriptError(
            str(path), 0, "It makes no circuit. Name the master file, the one with 'New Circuit'."
        )
    engine.run("MakeBusList")
    circuit = engine.context.ActiveCircuit
    return {
        "name": circuit.Name,
        "elements": {name: _elements(engine.context, name) for name in _PROPERTIES},
        "line_types": script.builder.line_types,
        "open": _open_conductors(engine.context),
        "nominal_kv": _line_to_neutral_kv(circuit),
        "coordinates": script.coordinates,
        "unread_coordinates": script.unread_coordinates,
        "not_run": script.builder.not_run,
        "warnings": script.builder.warnings,
        "left_out": script.builder.left_out,
    }


def _elements(context: Any, class_name: str) -> list[dict[str, Any]]:
    context.ActiveCircuit.SetActiveClass(class_name)
    wanted = ("Name", "Enabled", *_PROPERTIES[class_name])
    rows = json.loads(context.ActiveClass.ToJSON(_ALL_PROPERTIES))
    return [{name: row.get(name) for name in wanted} for row in rows]


def _open_conductors(context: Any) -> dict[str, list[list[int]]]:
    """The conductors that are open at each terminal, of the enabled elements that have any."""
    circuit, found = context.ActiveCircuit, {}
    for class_name in _SWITCHABLE:
        circuit.SetActiveClass(class_name)
        for name in context.ActiveClass.AllNames:
            if circuit.SetActiveElement(f"{class_name}.{name}") < 0:
                continue
            element = circuit.ActiveCktElement
            terminals = range(1, element.NumTerminals + 1)
            if element.Enabled and any(element.IsOpen(one, 0) for one in terminals):
                conductors = range(1, element.NumConductors + 1)
                found[f"{class_name}.{name}"] = [
                    [other for other in conductors if element.IsOpen(one, other)] for one in terminals
                ]
    return found


def _line_to_neutral_kv(circuit: Any) -> dict[str, float]:
    found = {}
    for index in range(circuit.NumBuses):
        circuit.SetActiveBusi(index)
        found[circuit.ActiveBus.Name] = circuit.ActiveBus.kVBase
    return found


def main() -> None:
    """Read the script named by the first argument, and write {"circuit"} or {"error"} to standard output."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The engine chats on standard output; the answer goes past it.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        outcome: dict[str, Any] = {"circuit": circuit_of(Path(sys.argv[1]))}
    except ScriptError as error:
        outcome = {"error": {"file": error.file, "line": error.line, "text": error.text}}
    json.dump(outcome, answer)
    answer.close()


if __name__ == "__main__":
    main()
