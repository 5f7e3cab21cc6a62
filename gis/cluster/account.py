"""The operating-system account that the private cluster's server runs as.

PostgreSQL refuses to run as root. As root the server runs as the unprivileged account that `make setup`
creates; an ordinary user runs it as themselves.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gis.errors import ClusterError

# In order of preference: ours, that of the distribution's own server, the last resort of any system.
SERVER_ACCOUNTS = ("relight", "postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An account by name and numbers; `is_other` when it is not the one this process runs as."""

    name: str
    user_id: int
    group_id: int
    is_other: bool

    def run(
        self, command: Sequence[str | Path], *, keep_open: Sequence[int] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, in a session of its own and from the root folder.

        The root folder, because the account may not be able to read the one this process stands in; a session
        of its own, because Ctrl-C in a terminal must reach Relight alone, which then stops it in order. The
        command inherits the file descriptors in `keep_open`.
        """
        return subprocess.run(
            command,
            check=False,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=keep_open,
            start_new_session=True,
            umask=0o077,
            user=self.user_id if self.is_other else None,
            group=self.group_id if self.is_other else None,
            extra_groups=[] if self.is_other else None,
        )

    def may_enter(self, folder: Path) -> bool:
        """Say whether this account can reach the folder, as the kernel itself sees it."""
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0


def server_account(data_folder: Path) -> Account:
    """Return the account to run the server as: the owner of existing data, else by the rules above."""
    user_id = os.geteuid()
    owner = _owner_of(data_folder)
    if user_id != 0:
        if owner is not None and owner != user_id:
            raise ClusterError(
                f"{data_folder} belongs to {_name_of(owner)}. Start Relight as that user, or name another "
                "folder in RELIGHT_HOME."
            )
        return Account(name=_name_of(user_id), user_id=user_id, group_id=os.getegid(), is_other=False)
    if owner:  # data made before `relight` existed stay with the account that made them
        group_id = data_folder.stat().st_gid
        return Account(name=_name_of(owner), user_id=owner, group_id=group_id, is_other=True)
    for name in SERVER_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, user_id=entry.pw_uid, group_id=entry.pw_gid, is_other=True)
    raise ClusterError(
        "PostgreSQL does not run as root, and there is no account to run it as. Create one with "
        "'useradd --system relight', or run 'make setup'."
    )


def _owner_of(data_folder: Path) -> int | None:
    try:
        return data_folder.stat().st_uid
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise ClusterError(
            f"{data_folder} is closed to {_name_of(os.geteuid())}. Start Relight as the user who made it, or "
            "name another folder in RELIGHT_HOME."
        ) from error


def _name_of(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:  # containers often run as a number without a name
        return str(user_id)
