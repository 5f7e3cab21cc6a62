"""Which PostgreSQL the private cluster chooses, and what it says when there is none to choose."""

from __future__ import annotations

from pathlib import Path

import pytest

from gis.cluster.installation import choose_installation, find_installations
from gis.errors import ClusterError


def _install(
    root: Path, version: int, *, postgis: bool = True, programs=("initdb", "pg_ctl", "postgres")
) -> Path:
    """Lay out a server as Debian does."""
    bin_folder = root / f"usr/lib/postgresql/{version}/bin"
    bin_folder.mkdir(parents=True)
    for program in programs:
        (bin_folder / program).touch(mode=0o755)
    extensions = root / f"usr/share/postgresql/{version}/extension"
    extensions.mkdir(parents=True)
    if postgis:
        (extensions / "postgis.control").touch()
    return bin_folder


def _choose(root: Path, **wanted):
    return choose_installation(find_installations(root=root, with_path=False), **wanted)


def test_takes_the_newest_server_that_has_postgis(tmp_path: Path):
    _install(tmp_path, 15)
    expected = _install(tmp_path, 16)
    _install(tmp_path, 17, postgis=False)

    assert _choose(tmp_path).bin_folder == expected.resolve()


def test_compares_versions_as_numbers(tmp_path: Path):
    _install(tmp_path, 99)
    _install(tmp_path, 100)

    assert _choose(tmp_path).major_version == 100


def test_takes_the_version_that_made_the_data(tmp_path: Path):
    _install(tmp_path, 15)
    _install(tmp_path, 17)

    assert _choose(tmp_path, data_version=15).major_version == 15


def test_passes_over_a_client_without_a_server(tmp_path: Path):
    _install(tmp_path, 17, programs=("psql",))
    _install(tmp_path, 15)

    assert _choose(tmp_path).major_version == 15


def test_names_the_packages_when_nothing_is_installed(tmp_path: Path):
    with pytest.raises(ClusterError, match=r"make setup.*postgresql and postgresql-postgis \(Debian"):
        _choose(tmp_path)


def test_counts_a_server_that_is_too_old_as_none(tmp_path: Path):
    _install(tmp_path, 14)

    with pytest.raises(ClusterError, match="version 15 or newer"):
        _choose(tmp_path)


def test_names_the_postgis_package_for_the_server_that_is_there(tmp_path: Path):
    _install(tmp_path, 16, postgis=False)

    with pytest.raises(ClusterError, match="postgresql-16-postgis-3"):
        _choose(tmp_path)


def test_names_the_version_whose_data_wait_when_it_was_removed(tmp_path: Path):
    _install(tmp_path, 17)

    with pytest.raises(ClusterError, match=r"made by PostgreSQL 15.*postgresql-15-postgis-3"):
        _choose(tmp_path, data_version=15)


def test_finds_a_server_on_this_machine():
    assert choose_installation(find_installations()).has_postgis
