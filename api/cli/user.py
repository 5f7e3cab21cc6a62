"""`relight user`: accounts."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from api.accounts import AccountError, add_account, disable_account
from api.cli.output import AsJson, say, say_json
from api.passwords import PasswordHashes
from api.processes.database import open_engine
from api.roles import Role
from api.settings import DatabaseSettings

commands = typer.Typer(help="Accounts: who may sign in, and as what.", no_args_is_help=True)


@commands.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    roles: Annotated[list[Role], typer.Option("--role", help="What the account is for; may be repeated.")],
    crew: Annotated[str | None, typer.Option("--crew", help="The crew's id, for the role crew.")] = None,
    account: Annotated[
        str | None, typer.Option("--account", help="The customer's account number, for the role customer.")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add an account. The password is asked for twice, or read from standard input."""
    if Role.GUEST_CREW in roles:
        raise AccountError("A guest crew gets no password but a link, which the desk makes (docs/crews.md).")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _ask_for_password()
    with (
        open_engine(DatabaseSettings(), application_name="relight user") as engine,
        Session(engine) as session,
        session.begin(),
    ):
        add_account(
            session,
            passwords=PasswordHashes(),
            name=name,
            password=password,
            roles=roles,
            crew_id=crew,
            account=account,
            now=datetime.now(UTC),
        )
    if as_json:
        say_json({"name": name, "roles": sorted(set(roles)), "crew_id": crew, "account": account})
    else:
        say(f"{name} may now sign in as {' and '.join(sorted(set(roles)))}.")


@commands.command("disable")
def disable(
    name: Annotated[str, typer.Argument(help="The name of the account.")], as_json: AsJson = False
) -> None:
    """Shut an account, and end its sign-ins at once."""
    with (
        open_engine(DatabaseSettings(), application_name="relight user") as engine,
        Session(engine) as session,
        session.begin(),
    ):
        disable_account(session, name=name, now=datetime.now(UTC))
    if as_json:
        say_json({"name": name, "disabled": True})
    else:
        say(f"{name} can no longer sign in.")


def _ask_for_password() -> str:
    password: str = typer.prompt("Password", hide_input=True, err=True)
    again: str = typer.prompt("The same again", hide_input=True, err=True)
    if password != again:
        raise AccountError("The two passwords are not the same.")
    return password
