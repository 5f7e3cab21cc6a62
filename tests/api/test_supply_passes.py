"""A customer's way in: account and digits, refused in one way, held back after five tries, ended in time."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from api.supply_passes import (
    PASS_LASTS,
    SupplyNotFoundError,
    accounts_of_passes,
    end_pass,
    find_pass,
    find_supply,
    last_digits,
    plain_account,
)
from api.tables import SignInAttemptRow, SupplyPassRow
from api.throttle import FAILURES_ALLOWED, REPORTS_ALLOWED, WITHIN, take_turn
from dispatch.errors import NoActiveNetwork
from dispatch.transactions import write_transaction
from gis.network_versions import activate_network_version, import_network

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def served(engine, world_module):
    """The drawn network in force: the phone of A-a1 ends in 0000, that of A-a2 in 0001, and so on."""
    with write_transaction(engine) as session:
        imported = import_network(
            session, tables=world_module.drawn_tables(), findings=(), source="drawn", format="gpkg", now=NOW
        )
        activate_network_version(session, network_version=imported.network_version, now=NOW)
    return engine


def let_in(engine, account="A-a1", digits="0000", *, address="192.0.2.1", now=NOW):
    """Return the token of a new pass, or None when refused."""
    try:
        return find_supply(engine, account=account, digits=digits, address=address, now=now).token
    except SupplyNotFoundError:
        return None


def held(engine, token, *, now=NOW):
    with Session(engine) as session:
        return find_pass(session, token=token, now=now)


class TestWhoIsLetIn:
    def test_the_right_account_and_digits_open_a_pass_for_that_account(self, served):
        for account in ("A-a1", " A-a1 ", "A -a1", "\uff21-a1"):
            assert held(served, let_in(served, account)).account == "A-a1"

    def test_letters_may_be_typed_large_or_small_where_the_file_has_only_one_kind(self, served):
        with served.begin() as connection:
            connection.execute(text("UPDATE service_point SET account = upper(account)"))
            connection.execute(text("UPDATE customer SET account = upper(account)"))
        assert held(served, let_in(served, "a-a1")).account == "A-A1"

    def test_everything_else_is_refused_in_one_way(self, served):
        wrong = [("A-a1", "0001"), ("A-zz", "0000"), ("", "0000"), ("a1", "0000"), ("A-a1%", "0000")]
        for number, (account, digits) in enumerate(wrong):
            with pytest.raises(SupplyNotFoundError) as refused:
                find_supply(served, account=account, digits=digits, address=f"192.0.2.{number}", now=NOW)
            assert str(refused.value) == str(SupplyNotFoundError())

    def test_an_account_without_a_phone_lets_nobody_in(self, served):
        for hour, phone in enumerate((None, "", "12", "none")):
            later = NOW + timedelta(hours=hour)
            with served.begin() as connection:
                connection.execute(text("UPDATE customer SET phone = :phone"), {"phone": phone})
            for digits in ("0000", "12", "  12", "", "    "):
                assert let_in(served, digits=digits, address=f"{phone}{digits}", now=later) is None

    def test_without_a_network_there_is_nobody_to_find(self, engine):
        with pytest.raises(NoActiveNetwork):
            let_in(engine)


class TestTyping:
    @pytest.mark.parametrize(
        "typed", ["0000", " 00 00 ", "\uff10\uff10\uff10\uff10", "+1 555 010 0000", "0-0-0-0"]
    )
    def test_four_digits_or_the_whole_number_will_do(self, typed):
        assert last_digits(typed) == "0000"

    @pytest.mark.parametrize("typed", ["", "123", "abcd", "\u0661\u0662\u0663"])
    def test_fewer_than_four_digits_are_none(self, typed):
        assert last_digits(typed) is None

    def test_an_account_keeps_no_blanks_and_no_signs_that_cannot_be_stored(self):
        assert plain_account("\u3000A-\x00a1\n\u200b") == "A-a1"


class TestHowLongAPassHolds:
    def test_it_ends_after_twelve_hours(self, served):
        token = let_in(served)
        assert held(served, token, now=NOW + PASS_LASTS - timedelta(seconds=1)) is not None
        assert held(served, token, now=NOW + PASS_LASTS) is None

    def test_it_ends_when_the_customer_leaves(self, served):
        first, second = let_in(served), let_in(served)
        with Session(served) as session, session.begin():
            end_pass(session, token=first)
        assert held(served, first) is None
        assert held(served, second).account == "A-a1"

    def test_ended_ones_are_swept_away(self, served):
        let_in(served)
        let_in(served, now=NOW + PASS_LASTS)
        with Session(served) as session:
            assert session.scalar(select(func.count()).select_from(SupplyPassRow)) == 1

    def test_many_are_looked_up_at_once(self, served):
        tokens = [let_in(served), let_in(served, "A-a2", "0001")]
        digests = [held(served, token).token_digest for token in tokens]
        with Session(served) as session:
            assert set(accounts_of_passes(session, digests=digests, now=NOW).values()) == {"A-a1", "A-a2"}
            assert accounts_of_passes(session, digests=digests, now=NOW + PASS_LASTS) == {}

    def test_only_a_digest_of_it_is_kept(self, served):
        token = let_in(served)
        with served.connect() as connection:
            kept = connection.scalar(text("SELECT string_agg(supply_pass::text, '') FROM supply_pass"))
        assert token not in kept


class TestGuessing:
    def fail(self, engine, times, **given):
        for _ in range(times):
            assert let_in(engine, digits="9999", **given) is None

    def test_after_five_wrong_ones_the_account_waits_wherever_one_asks_from(self, served):
        for number in range(FAILURES_ALLOWED):
            self.fail(served, 1, address=f"192.0.2.{number}")
        assert let_in(served, address="198.51.100.1") is None
        assert let_in(served, address="198.51.100.1", now=NOW + WITHIN + timedelta(seconds=1)) is not None

    def test_writing_it_differently_wins_no_more_tries(self, served):
        for account in ("A-a1", "a-A1", " A-a1", "A - a1", "\uff21-a1"):
            self.fail(served, 1, account=account, address=f"192.0.2.{len(account)}")
        assert let_in(served, address="198.51.100.1") is None

    def test_after_five_wrong_accounts_the_address_waits(self, served):
        for number in range(FAILURES_ALLOWED):
            self.fail(served, 1, account=f"A-x{number}")
        assert let_in(served) is None
        assert let_in(served, address="198.51.100.1") is not None

    def test_an_address_that_many_share_has_a_try_more_for_each_account_found(self, served):
        for number in range(4):
            assert let_in(served, f"A-{'aaab'[number]}{(1, 2, 3, 1)[number]}", f"000{number}") is not None
        for number in range(FAILURES_ALLOWED + 3):
            self.fail(served, 1, account=f"A-x{number}")
        assert let_in(served) is not None
        self.fail(served, 1, account="A-x99")
        assert let_in(served) is None

    def test_ones_own_account_again_and_again_wins_no_tries(self, served):
        for number in range(FAILURES_ALLOWED + 1):
            assert let_in(served) is not None
            self.fail(served, 1, account=f"A-x{number}")
        assert let_in(served) is None

    def test_the_other_door_is_not_shut_by_it(self, served):
        self.fail(served, FAILURES_ALLOWED)
        with Session(served) as session:
            doors = set(session.scalars(select(SignInAttemptRow.door)))
        assert doors == {"supply"}


def test_an_address_may_send_twenty_reports_by_place_in_a_quarter_of_an_hour(session):
    turns = [take_turn(session, address="192.0.2.1", now=NOW) for _ in range(REPORTS_ALLOWED + 2)]
    assert turns == [True] * REPORTS_ALLOWED + [False, False]
    assert take_turn(session, address="192.0.2.2", now=NOW)
    assert take_turn(session, address="192.0.2.1", now=NOW + WITHIN + timedelta(seconds=1))
