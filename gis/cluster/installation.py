"""Which installed PostgreSQL the private cluster runs on.

Looks for server binaries that come with PostGIS; it runs nothing but `pg_config` and installs nothing.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gis.errors import ClusterError

OLDEST_MAJOR_VERSION = 15
_REQUIRED_PROGRAMS = ("initdb", "pg_ctl", "postgres")


@dataclass(frozen=True, slots=True)
class Installation:
    """One installed PostgreSQL server."""

    major_version: int
    bin_folder: Path
    has_postgis: bool

    def program(self, name: str) -> str:
        """Return the full path of one of its programs."""
        return str(self.bin_folder / name)


def find_installations(*, root: Path = Path("/"), with_path: bool = True) -> list[Installation]:
    """Return every PostgreSQL server under the usual folders of `root` (and on PATH), newest first."""
    found: dict[Path, Installation] = {}
    for bin_folder in _bin_folders(root=root, with_path=with_path):
        resolved = bin_folder.resolve()
        if resolved not in found and (installation := _inspect(resolved, root=root)):
            found[resolved] = installation
    return sorted(found.values(), key=lambda each: (each.major_version, each.has_postgis), reverse=True)


def choose_installation(
    installations: Iterable[Installation], *, data_version: int | None = None
) -> Installation:
    """Return the newest server with PostGIS, or the one that made the data; ClusterError if none."""
    candidates = [each for each in installations if each.major_version >= OLDEST_MAJOR_VERSION]
    if data_version is not None:
        candidates = [each for each in candidates if each.major_version == data_version]
    for candidate in sorted(candidates, key=lambda each: each.major_version, reverse=True):
        if candidate.has_postgis:
            return candidate
    raise ClusterError(_what_to_install(candidates, data_version=data_version))


def _bin_folders(*, root: Path, with_path: bool) -> Iterator[Path]:
    yield from (root / "usr/lib/postgresql").glob("*/bin")  # Debian, Ubuntu
    yield from root.glob("usr/pgsql-*/bin")  # the PostgreSQL project's own RPMs
    if with_path:
        for program in ("postgres", "pg_config"):
            if path := shutil.which(program):
                yield Path(path).resolve().parent


def _inspect(bin_folder: Path, *, root: Path) -> Installation | None:
    if not all((bin_folder / program).exists() for program in _REQUIRED_PROGRAMS):
        return None
    if re.fullmatch(r"\d+", bin_folder.parent.name):  # Debian: the folder is named by the version
        major_version = int(bin_folder.parent.name)
        share_folder = root / "usr/share/postgresql" / bin_folder.parent.name
    else:
        major_version = int(_pg_config(bin_folder, "--version") or 0)
        share_folder = Path(_pg_config(bin_folder, "--sharedir") or bin_folder.parent / "share")
    has_postgis = (share_folder / "extension/postgis.control").exists()
    return Installation(major_version=major_version, bin_folder=bin_folder, has_postgis=has_postgis)


def _pg_config(bin_folder: Path, question: str) -> str | None:
    """Ask pg_config, or for the version the server itself, since some systems ship no pg_config with it."""
    program = "postgres" if question == "--version" else "pg_config"
    try:
        answer = subprocess.run(
            [bin_folder / program, question], capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
    if question != "--version":
        return answer
    number = re.search(r"\d+", answer)
    return number.group() if number else None


def _what_to_install(candidates: list[Installation], *, data_version: int | None) -> str:
    if candidates:  # the server is there, only PostGIS is missing: name the package for that very version
        version = candidates[0].major_version
        return (
            f"PostgreSQL {version} is installed, but not PostGIS for it. Install the package "
            f"postgresql-{version}-postgis-3 (Debian, Ubuntu) or postgis (elsewhere), or run 'make setup'."
        )
    if data_version is not None:
        return (
            f"The data folder was made by PostgreSQL {data_version}, which is not installed any more. "
            f"Install postgresql-{data_version} and postgresql-{data_version}-postgis-3 again (Debian, "
            "Ubuntu), or restore a backup into a new RELIGHT_HOME."
        )
    return (
        f"No PostgreSQL server of version {OLDEST_MAJOR_VERSION} or newer was found. Run 'make setup', or "
        "install these packages: postgresql and postgresql-postgis (Debian, Ubuntu); postgresql-server and "
        "postgis (Fedora); postgresql and postgis (Arch). Or name a PostGIS server in RELIGHT_DATABASE_URL."
    )
