"""`relight up` as real processes: what it starts, what happens when one dies, and what is left behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from api.settings import DatabaseSettings

RELIGHT = Path(sys.executable).parent / "relight"
_PATIENCE_S = 120


def test_what_tests_start_without_a_home_has_that_of_the_run():
    # Else tiles and networks of the tests would lie among those of a real Relight on this machine.
    assert DatabaseSettings().home.parent.name.startswith("relight-tests-")


def _until(condition, *, what):
    gives_up_at = time.monotonic() + _PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < gives_up_at, what
        time.sleep(0.05)
    return found


def _is_alive(process_id):
    try:
        state = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class Up:
    """One `relight up`, and what it said so far."""

    def __init__(self, url, **environment):
        """Start it on any free port."""
        self.said = ""
        self.process = subprocess.Popen(
            [RELIGHT, "up", "--port", "0"],
            env={**os.environ, "RELIGHT_DATABASE_URL": url, "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.said += line

    def address(self):
        """Wait until it is up."""
        found = _until(lambda: re.search(r"is up at (http://\S+)", self.said), what=f"not up: {self.said}")
        return found[1]

    def child(self, name):
        """Return the process number of the newest child of a name."""
        numbers = re.findall(rf"{name} runs as process (\d+)", self.said)
        return int(numbers[-1])

    def end(self):
        """Make sure that nothing of it is left."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()


@pytest.fixture
def up(database_url):
    system = Up(database_url)
    yield system
    system.end()


def _worker(address):
    try:
        return httpx.get(f"{address}/api/health", trust_env=False, timeout=30).json()["worker"]
    except httpx.HTTPError:
        return None


def test_up_comes_up_heals_itself_and_stops_in_order(up):
    address = up.address()
    assert re.search(rf"{address}/welcome/\S{{40,}}", up.said)
    children = {name: up.child(name) for name in ("analysis", "web")}

    # Whoever dies is started again, and the address stays the same.
    for process_id in children.values():
        os.kill(process_id, signal.SIGKILL)
    _until(lambda: all(up.child(name) != old for name, old in children.items()), what="not started again")
    _until(lambda: _worker(address) == "running", what=f"not healed: {up.said}")
    children = {name: up.child(name) for name in children}

    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(_PATIENCE_S) == 0
    assert "Traceback" not in up.said
    assert not any(_is_alive(process_id) for process_id in children.values())
    assert _worker(address) is None


def test_not_even_kill_9_leaves_a_child_behind(up):
    up.address()
    children = [up.child(name) for name in ("analysis", "web")]
    up.process.kill()
    _until(lambda: not any(_is_alive(one) for one in children), what="a child outlived its parent")


def test_a_port_in_use_is_told_in_one_sentence(database_url):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = subprocess.run(
            [RELIGHT, "up", "--port", str(port)],
            env={**os.environ, "RELIGHT_DATABASE_URL": database_url},
            capture_output=True,
            text=True,
            check=False,
        )
    assert answer.returncode == 2
    assert f"Port {port} on 127.0.0.1 is in use" in answer.stderr
    assert f"RELIGHT_PORT={port + 1}" in answer.stderr
    assert "Traceback" not in answer.stderr
