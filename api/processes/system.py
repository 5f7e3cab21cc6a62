"""The whole system on one machine: database, analysis, delivery and web, for as long as a context is open.

`relight up` and the demo run exactly this.
"""

from __future__ import annotations

import errno
import logging
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from sqlalchemy.orm import Session

from api.accounts import first_link
from api.processes.child import SOCKET_NUMBER
from api.processes.database import open_database
from api.processes.supervisor import ChildProgram, Supervisor
from api.rule_settings import PlannedOutageSettings, PromiseSettings
from api.settings import (
    DatabaseSettings,
    EtrSettings,
    MessageSettings,
    MeterSettings,
    PlanningSettings,
    PublicMapSettings,
    WebSettings,
    as_environment,
)
from api.work import writing
from dispatch.chat_messages import check_wecom_url
from dispatch.errors import DispatchError
from dispatch.etr_words import put_etr_rules_in_force
from dispatch.message_rules import put_message_rules_in_force
from dispatch.notifications import set_channels
from dispatch.planned_rules import PlannedRules
from dispatch.planned_rules_store import put_planned_rules_in_force
from dispatch.promise_document import PromiseRules
from dispatch.promise_rules_store import put_rules_in_force
from dispatch.sms import check_sms_url
from gis.database import connect

logger = logging.getLogger("relight.processes")

_READY_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.1


class StartError(Exception):
    """The system cannot be started as asked; the text says what to do."""


@dataclass(frozen=True, slots=True)
class RunningSystem:
    """A system that answers: where its HTTP interface and its database are, and the processes it has."""

    address: str
    database_url: str
    supervisor: Supervisor
    welcome_token: str | None

    @property
    def welcome_address(self) -> str | None:
        """Return the one-time link for the first supervisor, or None when there are accounts."""
        return f"{self.address}/welcome/{self.welcome_token}" if self.welcome_token else None


@contextmanager
def running_system(
    *,
    database: DatabaseSettings,
    web: WebSettings,
    messages: MessageSettings,
    meters: MeterSettings | None = None,
    planning: PlanningSettings | None = None,
    promises: PromiseSettings | None = None,
    planned: PlannedOutageSettings | None = None,
    public_map: PublicMapSettings | None = None,
) -> Iterator[RunningSystem]:
    """Start everything, give the running system, and stop all that was started.

    Raises StartError when the port is taken or the system does not come up, ClusterError when the private
    database cannot be started.
    """
    _check(messages)
    rules = _promise_rules(promises or PromiseSettings())
    notices = _planned_rules(planned or PlannedOutageSettings())
    meters, planning = meters or MeterSettings(), planning or PlanningSettings()
    public_map = public_map or PublicMapSettings()
    with _listening(web) as listener, open_database(database) as url:
        token = _prepare(url, messages, rules, notices)
        environment = {
            **as_environment(database, web, messages, meters, planning, public_map),
            "RELIGHT_DATABASE_URL": url,
        }
        with Supervisor(
            _programs(
                environment,
                listener=listener,
                messages=messages,
                meters=meters,
                planning=planning,
                public_map=public_map,
            )
        ) as supervisor:
            _wait_until_ready(listener)
            yield RunningSystem(
                address=_address(web.host, listener),
                database_url=url,
                supervisor=supervisor,
                welcome_token=token,
            )


def _check(messages: MessageSettings) -> None:
    """Refuse an address that nothing could ever be sent to, before anything is started."""
    checks = (
        ("RELIGHT_SMS_URL", messages.sms_url, check_sms_url),
        ("RELIGHT_WECOM_URL", messages.wecom_url, check_wecom_url),
    )
    for name, address, check in checks:
        if address is None:
            continue
        try:
            check(address.get_secret_value())
        except DispatchError as error:
            raise StartError(f"{error} Set {name}.") from error


def _programs(
    environment: Mapping[str, str],
    *,
    listener: socket.socket,
    messages: MessageSettings,
    meters: MeterSettings,
    planning: PlanningSettings,
    public_map: PublicMapSettings,
) -> list[ChildProgram]:
    programs = [ChildProgram("analysis", "api.processes.analysis_worker", environment)]
    if messages.channels():
        programs.append(ChildProgram("delivery", "api.processes.delivery_worker", environment))
    if meters.meter_system_url is not None:
        programs.append(ChildProgram("meters", "api.processes.meter_worker", environment))
    if planning.on:
        programs.append(ChildProgram("planning", "api.processes.planning_worker", environment))
    if public_map.on:
        programs.append(ChildProgram("public map", "api.processes.public_worker", environment))
    number = listener.fileno()
    programs.append(
        ChildProgram(
            "web", "api.processes.web_server", {**environment, SOCKET_NUMBER: str(number)}, (number,)
        )
    )
    return programs


@contextmanager
def _listening(web: WebSettings) -> Iterator[socket.socket]:
    """Open the socket before anything is started, so that a port in use is told at once and plainly."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            web.host, web.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise StartError(f"{web.host!r} is not an address of this machine: set RELIGHT_HOST.") from error
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(place)
        except OSError as error:
            raise StartError(_why_not_bound(error, web)) from error
        listener.listen(2048)
        yield listener


def _why_not_bound(error: OSError, web: WebSettings) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {web.port} on {web.host} is in use, perhaps by another Relight. "
            f"Stop that one, or choose another port: RELIGHT_PORT={web.port + 1}."
        )
    if error.errno == errno.EACCES:
        return f"Port {web.port} may not be opened by this user. Choose one from 1024 up: RELIGHT_PORT=8000."
    return f"{web.host}:{web.port} cannot be opened: {error.strerror}. Set RELIGHT_HOST and RELIGHT_PORT."


def _address(host: str, listener: socket.socket) -> str:
    shown = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::", "::1", ""} else host  # noqa: S104
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{listener.getsockname()[1]}"


def _promise_rules(promises: PromiseSettings) -> PromiseRules:
    """Read the promises before anything is started, so that a wrong file is told at once and plainly."""
    try:
        return promises.rules()
    except DispatchError as error:
        raise StartError(f"{error} (RELIGHT_PROMISES_FILE)") from error


def _planned_rules(planned: PlannedOutageSettings) -> PlannedRules:
    """Read the rules of planned outages, likewise."""
    try:
        return planned.rules()
    except DispatchError as error:
        raise StartError(f"{error} (RELIGHT_PLANNED_OUTAGES_FILE)") from error


def _prepare(url: str, messages: MessageSettings, rules: PromiseRules, planned: PlannedRules) -> str | None:
    """Tell the database of channels and rules; return the token of the one-time link, if one is needed."""
    engine = connect(url, application_name="relight start", pool_size=1)
    try:
        with writing(engine) as work:
            put_rules_in_force(work.session, rules=rules, actor="settings", now=work.now)
            put_planned_rules_in_force(work.session, rules=planned, actor="settings", now=work.now)
            put_etr_rules_in_force(work.session, rules=EtrSettings().rules())
        with Session(engine) as session, session.begin():
            set_channels(session, channels=messages.channels())
            put_message_rules_in_force(session, rules=messages.rules(), new_key=secrets.token_bytes(32))
            return first_link(session, now=datetime.now(UTC))
    finally:
        engine.dispose()


def _wait_until_ready(listener: socket.socket) -> None:
    """Wait until the web process answers and the analysis worker runs."""
    host, port = listener.getsockname()[:2]
    # A socket on every address answers on the loopback one.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    place = f"[{host}]" if ":" in host else host
    deadline = time.monotonic() + _READY_WITHIN_S
    with httpx.Client(trust_env=False, timeout=5.0) as client:
        while time.monotonic() < deadline:
            try:
                health = client.get(f"http://{place}:{port}/api/health").json()
            except (httpx.HTTPError, ValueError):
                health = {}
            if health.get("database") == "ok" and health.get("worker") == "running":
                return
            time.sleep(_LOOK_EVERY_S)
    raise StartError(f"Relight did not come up within {_READY_WITHIN_S:.0f} seconds; its log above says why.")
