"""Which processes of the machine belong to the private cluster.

After `kill -9` PostgreSQL leaves a file with a process number that may be anybody's by now, and sometimes
children that still hold its memory. This module tells ours from others, and ends none but ours.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

_PROCESS_FOLDER = Path("/proc")
_POLL_S = 0.05
_EMPTY_FILE_TRIES = 10


def postmaster_process_id(data_folder: Path) -> int | None:
    """Return the process number that the data folder's lock file names, whether or not it is alive."""
    path = data_folder / "postmaster.pid"
    for _ in range(_EMPTY_FILE_TRIES):
        try:
            first_line = path.read_text(encoding="utf-8").partition("\n")[0]
        except (FileNotFoundError, NotADirectoryError):
            return None
        if first_line.isdecimal():
            return int(first_line)
        time.sleep(_POLL_S)  # a server that starts this very moment makes the file before it fills it
    return None


def number_is_taken(process_id: int) -> bool:
    """Say whether the kernel knows the number, be it of a process that ended and waits to be reaped."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_alive(process_id: int) -> bool:
    """Say whether a process of that number exists and has not ended (a zombie has)."""
    if not number_is_taken(process_id):
        return False
    try:
        status = (_PROCESS_FOLDER / str(process_id) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return not _PROCESS_FOLDER.joinpath("self").exists()
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def running_postmaster(data_folder: Path) -> int | None:
    """Return the number of the living server that serves this data folder, or None."""
    process_id = postmaster_process_id(data_folder)
    if process_id is None or not is_alive(process_id):
        return None
    words = _command_line(process_id)
    # Where /proc does not tell (it is hidden, or not Linux), the number in the file is all there is.
    return process_id if words is None or str(data_folder) in words else None


def end_orphans(*, title: str, user_id: int, patience_s: float = 2.0) -> None:
    """End the children of a killed server; they notice by themselves unless they are in a long query."""
    for sign in (None, signal.SIGQUIT, signal.SIGKILL):
        orphans = list(_children(title=title, user_id=user_id))
        for process_id in orphans:
            if sign is not None:
                _send(process_id, sign)
        if wait_until_ended(orphans, patience_s=patience_s):
            return


def wait_until_ended(process_ids: list[int], *, patience_s: float) -> bool:
    """Wait for the processes to end; False when some still live after `patience_s` seconds."""
    deadline = time.monotonic() + patience_s
    while any(is_alive(each) for each in process_ids):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _children(*, title: str, user_id: int) -> Iterator[int]:
    beginning = f"postgres: {title}: "
    for folder in _PROCESS_FOLDER.glob("[0-9]*"):
        try:
            if folder.stat().st_uid == user_id and "".join(_read_words(folder)).startswith(beginning):
                yield int(folder.name)
        except OSError:  # it ended while we looked
            continue


def _command_line(process_id: int) -> list[str] | None:
    try:
        return _read_words(_PROCESS_FOLDER / str(process_id))
    except OSError:
        return None


def _read_words(folder: Path) -> list[str]:
    return (folder / "cmdline").read_text(encoding="utf-8", errors="surrogateescape").split("\0")


def _send(process_id: int, sign: signal.Signals) -> None:
    try:
        os.kill(process_id, sign)
    except ProcessLookupError:
        return
