"""`relight demo`: sets the stage, starts the same processes as `relight up`, and lets the actors play."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from api.demo.headless import judge, play_one_storm
from api.demo.interactive import play_until_stopped, welcome
from api.demo.mail_sink import MailSink
from api.demo.network_choice import choose_network
from api.demo.players import Players, playing
from api.demo.production import Production, prepare
from api.demo.stage import make_database, only_demo, set_stage, start_clock
from api.demo.summary import DemoSummary, summarise
from api.processes.database import open_cluster
from api.processes.system import running_system
from api.settings import DatabaseSettings, MessageSettings, MeterSettings, WebSettings
from storm.directory import read_identities
from storm.faults import StormShape
from storm.meter_server import MeterServer
from storm.meter_system import SimulatedMeterSystem

HEADLESS_SPEED = 120.0
CALM_SPEED = 30.0

_HEADLESS_FAULTS, _CALM_FAULTS = 14, 5
_SPREAD_MINUTES = 50.0
# Far enough apart that the first form of inference can tell them from one large fault; and none so large that
# its messages keep the machine busy for minutes.
_QUIET_BETWEEN = 100
_LARGEST_FAULT = 1000
# Headless, a working day. For people, longer than anyone watches: else crews would soon all be off duty.
_HEADLESS_SHIFT = timedelta(hours=12)
_CALM_SHIFT = timedelta(days=30)


def run(
    *,
    settings: DatabaseSettings,
    network: str,
    customers: int | None = None,
    headless: bool,
    seed: int,
    speed: float | None,
    port: int,
    report: Callable[[str], None],
) -> DemoSummary:
    """Play the demo and return what it showed; headless it ends by itself, otherwise by Ctrl-C.

    Without a speed the usual one is taken. DemoError, StartError or GisError when it cannot be played.
    """
    began_at = time.monotonic()
    home, shape, shift = settings.home, _shape(headless=headless), _shift(headless=headless)
    speed = speed or (HEADLESS_SPEED if headless else CALM_SPEED)
    with open_cluster(home) as cluster, only_demo(home), MailSink() as mail:
        chosen = choose_network(network=network, customers=customers, folder=home / "networks", report=report)
        report(f"Reading {chosen.name} …")
        production = prepare(chosen=chosen, seed=seed, first_storm=shape)
        report(f"Importing {production.oracle.service_point_count:,} service points into a new database …")
        url = make_database(cluster)
        set_stage(url=url, production=production)
        now = start_clock(url=url, speed=speed)
        with (
            _meter_server(production, now=now) as meters,
            running_system(
                database=settings.model_copy(update={"database_url": SecretStr(url)}),
                web=_web_settings(port, notice=_customer_notice(production)),
                messages=MessageSettings(mail_url=SecretStr(mail.url)),
                meters=MeterSettings(meter_system_url=meters.url),
            ) as system,
            playing(address=system.address, production=production, now=now, shift=shift) as players,
        ):
            if headless:
                report(f"A storm comes, at {speed:g} times real speed.")
                outages, problems = _play_headless(players, shape, mail, report)
            else:
                report(_welcome(system.address, production, speed))
                outages = play_until_stopped(players=players, shape=shape, mail=mail, report=report)
                problems = players.audit.mismatches
            took = time.monotonic() - began_at
            return summarise(
                players=players, production=production, outages=outages, problems=problems, seconds=took
            )


def _welcome(address: str, production: Production, speed: float) -> str:
    return welcome(
        address=address,
        accounts=production.accounts,
        crews=production.crews,
        supply=production.supply_to_try(),
        speed=speed,
    )


def _play_headless(
    players: Players, shape: StormShape, mail: MailSink, report: Callable[[str], None]
) -> tuple[list[dict[str, Any]], list[str]]:
    outages, problems = play_one_storm(players=players, shape=shape, report=report)
    problems += judge(players=players, outages=outages, messages_received=mail.count)
    return outages, problems


def _meter_server(production: Production, *, now: Callable[[], datetime]) -> MeterServer:
    """Return the meter system of the simulated world, which Relight asks as it would a real one."""
    system = SimulatedMeterSystem(
        world=production.storm.world,
        identities=read_identities(production.tables),
        seed=production.seed,
        now=now,
    )
    return MeterServer(system.answer)


def _shift(*, headless: bool) -> timedelta:
    return _HEADLESS_SHIFT if headless else _CALM_SHIFT


def _shape(*, headless: bool) -> StormShape:
    return StormShape(
        faults=_HEADLESS_FAULTS if headless else _CALM_FAULTS,
        spread_minutes=_SPREAD_MINUTES,
        quiet_between=_QUIET_BETWEEN,
        largest_service_points=_LARGEST_FAULT,
    )


def _customer_notice(production: Production) -> str | None:
    """Return what stands on the customer's first page: someone to be who is about to lose supply."""
    supply = production.supply_to_try()
    if supply is None:
        return None
    account, digits = supply
    return (
        f"Demo. Try this: account {account}, last four digits {digits}. "
        f"演示：请用户号 {account}，手机尾号 {digits}。"
    )


def _web_settings(port: int, *, notice: str | None) -> WebSettings:
    """Return the settings of a web process that answers on this machine only, quiet unless asked to speak."""
    web = WebSettings(host="127.0.0.1", port=port, customer_notice=notice)
    return web if "log_level" in web.model_fields_set else web.model_copy(update={"log_level": "warning"})
