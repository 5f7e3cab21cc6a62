"""Reading an OpenDSS script in a process of its own, so that ours is left as it was.

Owns starting the child and turning what goes wrong with it into errors; what the child may do is
`gis.opendss.child`'s.
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from gis.errors import NetworkPackageError

# Without a power flow even the largest known feeders take seconds.
_LONGEST_SECONDS = 600
_CHILD = "import sys; sys.path.insert(0, sys.argv.pop(1)); from gis.opendss.child import main; main()"


class OpenDssError(NetworkPackageError):
    """An OpenDSS network cannot be read; the text names the file, the line and the way out."""


def circuit_from_script(path: Path) -> dict[str, Any]:
    """Return what `gis.opendss.child.circuit_of` says of a script.

    OpenDssError when the package is absent, the file is not there, the engine refuses a line, or dies of one.
    """
    if importlib.util.find_spec("dss") is None:
        raise OpenDssError(
            "OpenDSS networks are read with the package dss-python, which is not installed. "
            "Install it with: pip install relight[opendss]"
        )
    if path.is_dir():
        raise OpenDssError(f"{path} is a folder. Name the master file in it, the one with 'New Circuit'.")
    if not path.is_file():
        raise OpenDssError(f"There is no file {path}. Check the path.")
    command = [sys.executable, "-P", "-B", "-c", _CHILD, str(Path(__file__).parents[1]), str(path.absolute())]
    with tempfile.TemporaryDirectory(prefix="relight-opendss-") as empty_folder:
        try:
            child = subprocess.run(
                command, cwd=empty_folder, capture_output=True, check=False, timeout=_LONGEST_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise OpenDssError(
                f"OpenDSS did not finish reading {path} within {_LONGEST_SECONDS // 60} minutes. "
                "Take what is not needed (solutions, reports) out of the script."
            ) from error
    return _answer(path, child)


def _answer(path: Path, child: "subprocess.CompletedProcess[bytes]") -> dict[str, Any]:
    try:
        outcome: dict[str, Any] = json.loads(child.stdout)
    except ValueError as error:
        said = child.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[-1] if said else f"exit code {child.returncode}"
        raise OpenDssError(
            f"The OpenDSS engine broke down while reading {path} ({reason}). "
            "Try the script in OpenDSS itself; it may need a newer dss-python."
        ) from error
    if "error" in outcome:
        problem = outcome["error"]
        line = f", line {problem['line']}" if problem["line"] else ""
        raise OpenDssError(f"{problem['file']}{line}: {problem['text']}")
    circuit: dict[str, Any] = outcome["circuit"]
    return circuit
