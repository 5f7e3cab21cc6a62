"""The headless demo, end to end: real processes, real database, the public HTTP interface."""

import shutil
import socket
import tempfile
from pathlib import Path

import pytest

from api.demo.run import run
from api.settings import DatabaseSettings

KEYS = [
    *(
        "network",
        "service_points",
        "evidence",
        "outages",
        "closed",
        "affected_checked",
        "affected_mismatches",
    ),
    *(
        "crews_sent",
        "minutes_to_first_etr",
        "notifications_sent",
        "customer_minutes",
        "saidi_minutes",
        "saifi",
    ),
    "seconds",
]


@pytest.fixture
def home():
    """A home that the account of the database server may enter."""
    folder = Path(tempfile.mkdtemp(prefix="relight-demo-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class TestTheHeadlessDemo:
    def test_brings_every_outage_from_its_first_call_to_closed(self, home, free_port, small_town_package):
        told = []
        summary = run(
            settings=DatabaseSettings(home=home, database_url=None),
            network=str(small_town_package),
            headless=True,
            seed=1,
            speed=480.0,
            port=free_port,
            report=told.append,
        )
        story = "\n".join(told)
        assert summary.problems == (), story
        assert summary.passed
        figures = summary.as_json()
        assert list(figures) == KEYS
        assert (figures["network"], figures["service_points"]) == ("small_town", 256)
        assert figures["outages"] == figures["closed"] >= 10, story
        assert figures["affected_checked"] >= figures["closed"]
        assert figures["affected_mismatches"] == 0
        assert figures["crews_sent"] >= figures["closed"]
        assert figures["evidence"] > 50
        assert figures["notifications_sent"] > 0
        assert figures["customer_minutes"] > 0
        assert 0 < figures["saifi"] <= 1
