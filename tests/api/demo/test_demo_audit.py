"""The judge of affected lists finds what is wrong, once for each point in an outage's life."""

import pytest

from api.demo.audit import Audit


class Oracle:
    """Knows one device."""

    def who_loses_supply(self, device):
        return {"T1": frozenset({"p1", "p2"})}[device]


class Desk:
    """Shows one outage with a list that a test may spoil."""

    def __init__(self):
        self.outage = {"id": "O-1", "version": 3, "status": "confirmed", "device": "T1"}
        self.listed = ["p1", "p2"]

    def get(self, path):
        if path.endswith("/affected"):
            return {"service_points": [{"id": point} for point in self.listed]}
        return dict(self.outage)


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def audit(desk):
    return Audit(client=desk, oracle=Oracle())


class TestTheAudit:
    def test_agrees_with_a_right_list(self, desk, audit):
        audit.look_at([desk.outage])
        assert (audit.checked, audit.mismatches) == (1, [])

    def test_names_what_is_too_much_and_what_is_missing(self, desk, audit):
        desk.listed = ["p1", "p9"]
        audit.look_at([desk.outage])
        (mismatch,) = audit.mismatches
        assert "O-1 (confirmed) at T1" in mismatch
        assert "1 listed but not traced (p9" in mismatch
        assert "1 traced but not listed (p2" in mismatch

    def test_looks_once_at_each_point(self, desk, audit):
        for status in ("predicted", "confirmed", "confirmed", "restored", "closed", "closed"):
            desk.outage["status"] = status
            audit.look_at([desk.outage])
        assert audit.checked == 2
        assert audit.listed_when_closed() == {"p1", "p2"}

    def test_looks_again_when_the_outage_changed_under_its_eyes(self, desk, audit):
        seen = dict(desk.outage)
        desk.outage["version"] = 4
        audit.look_at([seen])
        assert audit.checked == 0
        audit.look_at([desk.outage])
        assert audit.checked == 1
