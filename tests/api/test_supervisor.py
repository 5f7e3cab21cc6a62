"""The supervisor: children that die are started again, ever more slowly, and all are stopped in the end."""

import os
import time

import pytest

from api.processes import supervisor
from api.processes.supervisor import ChildProgram, Supervisor


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_S", 0.04)
    monkeypatch.setattr(supervisor, "_LOOK_EVERY_S", 0.01)


def _until(condition):
    gives_up_at = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < gives_up_at
        time.sleep(0.01)


def test_a_child_that_ends_is_started_again_and_again(caplog):
    # The module says hello and ends.
    with caplog.at_level("INFO", "relight"), Supervisor([ChildProgram("greeter", "__hello__")]):
        _until(lambda: caplog.text.count("greeter runs as process") >= 5)
    pauses = [record.args[2] for record in caplog.records if "starting it again" in record.msg]
    assert pauses[:4] == [0.01, 0.02, 0.04, 0.04]


def test_a_child_that_does_not_listen_is_killed(monkeypatch, tmp_path):
    monkeypatch.setattr(supervisor, "_STOP_WITHIN_S", 0.2)
    (tmp_path / "deaf.py").write_text(
        "import signal, pathlib, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"pathlib.Path({str(tmp_path / 'up')!r}).touch()\n"
        "time.sleep(600)\n"
    )
    program = ChildProgram("deaf", "deaf", {"PYTHONPATH": str(tmp_path)})
    with Supervisor([program]) as running:
        _until((tmp_path / "up").exists)
        process_id = running.process_ids()["deaf"]
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)
