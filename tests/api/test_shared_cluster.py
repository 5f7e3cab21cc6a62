"""The private cluster among several commands: whoever leaves last stops it."""

import shutil
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.processes.database import open_cluster, open_engine
from api.settings import DatabaseSettings
from gis.cluster import PrivateCluster


@pytest.fixture
def home():
    folder = Path(tempfile.mkdtemp(prefix="relight-shared-"))
    folder.chmod(0o711)  # as root the server runs as another account, which must get in
    yield folder / "home"
    PrivateCluster(folder / "home").stop()
    shutil.rmtree(folder)


def test_a_short_command_does_not_stop_the_database_under_a_running_system(home, monkeypatch):
    monkeypatch.delenv("RELIGHT_DATABASE_URL", raising=False)
    settings = DatabaseSettings(home=home)
    with open_cluster(home) as running:
        with (
            open_engine(settings, application_name="a short command") as engine,
            engine.connect() as connection,
        ):
            assert connection.scalar(sa.text("SELECT count(*) FROM change_log")) == 0
        assert running.is_running()
    assert not running.is_running()
    # What was kept is there again.
    with open_engine(settings, application_name="another") as engine, engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM alembic_version")) == 1
    assert not running.is_running()
