"""Where the private cluster keeps its things on disk, and how long a socket path may be.

It owns the names and permissions of folders; what lies in the data folder belongs to PostgreSQL.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from gis.cluster.account import Account
from gis.errors import ClusterError

# The kernel cuts a socket's path at 107 bytes; staying below 100 leaves room for PostgreSQL's own suffixes.
SOCKET_PATH_LIMIT_BYTES = 100
# Commas separate hosts in an address, and quotes and colons have meanings of their own there.
_PLAIN_PATH = re.compile(r"[\w./+ -]+")
_SOCKET_NAME = ".s.PGSQL.5432.lock"


def default_home(*, environment: Mapping[str, str], is_root: bool) -> Path:
    """Return the folder for Relight's data: RELIGHT_HOME, or the system's as root, or the user's own."""
    if chosen := environment.get("RELIGHT_HOME"):
        return Path(chosen).expanduser().absolute()
    if is_root:
        return Path("/var/lib/relight")
    data_home = environment.get("XDG_DATA_HOME", "")
    # The XDG rules say that a relative path there is to be ignored.
    base = Path(data_home) if data_home.startswith("/") else Path.home() / ".local/share"
    return base / "relight"


def socket_folder(home: Path, *, run_folder: Path, user_id: int) -> Path:
    """Return `home/socket`, or a folder named by a hash of it when its path would be too long or odd."""
    inside = home / "socket"
    is_short = len(os.fsencode(inside / _SOCKET_NAME)) < SOCKET_PATH_LIMIT_BYTES
    if is_short and _PLAIN_PATH.fullmatch(str(inside)):
        return inside
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return run_folder / f"relight-{user_id}-{digest}"


def short_run_folder(*, user_id: int) -> Path:
    """Return a folder with a short path in which this user may make one of its own."""
    if user_id == 0:
        return Path("/run")
    of_user = Path("/run/user") / str(user_id)
    return of_user if os.access(of_user, os.W_OK) else Path("/tmp")  # noqa: S108 - made 0700 and checked below


def make_home(home: Path, *, account: Account) -> None:
    """Make the home folder; ClusterError when the account that runs the server cannot enter it."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o711 if account.is_other else 0o700)
    except OSError as error:
        raise ClusterError(
            f"The folder {home} cannot be made: {error.strerror}. Name another in RELIGHT_HOME."
        ) from error
    if not account.may_enter(home):
        raise ClusterError(
            f"The database server runs as the account {account.name}, which may not enter {home}. "
            "Name a folder in RELIGHT_HOME that it can reach, such as /var/lib/relight."
        )


def make_private_folder(folder: Path, *, account: Account) -> None:
    """Make a folder that the account alone may enter; ClusterError when it is somebody else's."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {os.geteuid(), account.user_id}:
        raise ClusterError(
            f"{folder} belongs to somebody else (user id {status.st_uid}). Remove it, or name another folder "
            "in RELIGHT_HOME."
        )
    if account.is_other:
        os.chown(folder, account.user_id, account.group_id, follow_symlinks=False)
    folder.chmod(0o700)
