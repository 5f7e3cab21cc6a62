"""The demo for people: storms at a calm pace, and what to try meanwhile, until Ctrl-C."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from textwrap import fill
from typing import Any

from api.demo.cast import CastAccount, CastCrew
from api.demo.errors import DemoError
from api.demo.mail_sink import MailSink
from api.demo.players import Players
from api.demo.summary import GONE
from api.roles import Role
from storm.faults import StormShape

_PAUSE_BETWEEN_STORMS = timedelta(minutes=20)
_LOOK_EVERY_S = 2.0
_REPORT_EVERY_S = 20.0
_WIDTH = 100


def welcome(
    *,
    address: str,
    accounts: Sequence[CastAccount],
    crews: Sequence[CastCrew],
    supply: tuple[str, str] | None,
    speed: float,
) -> str:
    """Return what a newcomer sees first: addresses, sign-ins and what to try.

    A crew goes by its name at the desk, and by its account's at the sign-in: both are told.

    `supply` is the account and the last four digits of the phone of a customer about to lose supply.
    """
    people = [account for account in accounts if account.for_people]
    names = {role: ", ".join(one.credentials.name for one in people if one.role is role) for role in Role}
    called = fill(
        ", ".join(f"{crew.id} ({crew.name})" for crew in crews),
        width=_WIDTH,
        initial_indent="  crew         ",
        subsequent_indent=" " * 15,
    )
    return f"""
Relight plays a storm at {speed:g} times real speed.

  {address}/dispatcher/  the desk
  {address}/crew/        a crew's phone
  {address}/supply       a customer's page
  {address}/docs         the HTTP interface, to read and to try

Sign in with the password  {people[0].credentials.password}  as
  dispatcher   {names[Role.DISPATCHER]}
  supervisor   {names[Role.SUPERVISOR]}
{called}
  customer     {names[Role.CUSTOMER] or "(this network names none)"}
These accounts exist in this demo only, and the demo answers on this machine only.

Try this: sign in at the desk and watch outages appear; pick one, read why Relight believes it, see its crews.
The Autopilot plays the dispatcher, and its switch stands on top of the desk; what you do before it does, it
leaves alone. Crews drive and work by themselves; what you tap first on a crew's page counts.
Then be a customer who is about to lose supply{_supply_hint(supply)}, in another tab, and watch the page
change by itself. All three pages may stand open side by side in one browser: each has a sign-in of its own.

Ctrl-C stops everything.
"""


def _supply_hint(supply: tuple[str, str] | None) -> str:
    return f": account {supply[0]}, last four digits {supply[1]}" if supply else ""


def play_until_stopped(
    *, players: Players, shape: StormShape, mail: MailSink, report: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Let storm after storm come and tell how it goes, until Ctrl-C; return all outages.

    DemoError when one of the actors fails.
    """
    outages: list[dict[str, Any]] = []
    storms = 0
    next_storm_at = players.now()
    reported_at = float("-inf")
    try:
        while (failure := players.troupe.failure()) is None:
            if not players.field.is_quiet:
                next_storm_at = players.now() + _PAUSE_BETWEEN_STORMS
            elif players.now() >= next_storm_at:
                storms += 1
                players.field.order_storm(name=f"s{storms}", shape=shape)
            outages = players.judge.get("/api/outages", limit=10_000)["outages"]
            players.audit.look_at(outages)
            if time.monotonic() - reported_at >= _REPORT_EVERY_S:
                reported_at = time.monotonic()
                report(_story(players, outages, mail))
            time.sleep(_LOOK_EVERY_S)
    except KeyboardInterrupt:
        return outages
    raise DemoError(f"The {failure[0]} failed: {failure[1]}")


def _story(players: Players, outages: Sequence[dict[str, Any]], mail: MailSink) -> str:
    is_open = [one for one in outages if one["status"] not in GONE | {"closed"}]
    closed = sum(one["status"] == "closed" for one in outages)
    told = f"{players.now():%H:%M}  {len(is_open)} outages open, {closed} closed · {mail.count:,} messages"
    latest = mail.last_messages()[-1:]
    return told + "".join(f", the latest: “{message.subject}”" for message in latest)
