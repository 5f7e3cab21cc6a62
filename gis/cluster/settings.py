"""What the private cluster's server is told: its settings and who may connect.

Written anew before each start, so that a newer Relight brings newer settings; a site's own go into
`custom.conf` in the data folder, which is read last and never written.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from gis.cluster.account import Account

ADMIN_ROLE = "relight_admin"
APPLICATION_ROLE = "relight"

# Fit for a machine of two cores and 4 GiB shared with Relight itself. Commits stay durable (fsync and
# synchronous_commit keep their defaults): a trouble call that was answered must outlive a power cut.
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": "5432",  # names the socket only, for nothing listens on TCP
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than these short queries take
    "max_parallel_workers_per_gather": "0",  # one query must not take both cores from everybody else
    "max_parallel_maintenance_workers": "0",
    # In files of the data folder, not in /dev/shm: containers give that 64 MB, and systemd empties it of a
    # user's things when they log out (RemoveIPC).
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] ",
}


def write_settings(
    data_folder: Path, *, sockets: Path, title: str, account: Account, extra: Mapping[str, str]
) -> None:
    """Write the server's three configuration files; `title` marks its processes in a process list."""
    settings = {
        **_SETTINGS,
        "unix_socket_directories": f'"{sockets}"',
        "cluster_name": title,
        **extra,
    }
    lines = [f"{name} = {_quoted(value)}" for name, value in settings.items()]
    _write(
        data_folder / "postgresql.conf",
        ["# Written by Relight at each start; put your own into custom.conf.", *lines]
        + ["include_if_exists = 'custom.conf'"],
        account=account,
    )
    _write(
        data_folder / "pg_hba.conf",
        ["# Only through the socket, only the accounts in pg_ident.conf; all others are refused."]
        + [f"local all {role} peer map=relight" for role in (ADMIN_ROLE, APPLICATION_ROLE)],
        account=account,
    )
    people = sorted({pwd.getpwuid(os.geteuid()).pw_name, account.name})
    _write(
        data_folder / "pg_ident.conf",
        [f'relight "{name}" {role}' for name in people for role in (ADMIN_ROLE, APPLICATION_ROLE)],
        account=account,
    )


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _write(path: Path, lines: list[str], *, account: Account) -> None:
    """Put the whole file in place at once: a start cut short must not leave half of one."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    # The folder is the account's, and this may be root: never write through a link that was put there.
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        if account.is_other:
            os.fchown(descriptor, account.user_id, account.group_id)
    beside.replace(path)
