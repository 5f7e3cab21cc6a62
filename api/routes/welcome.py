"""The one-time link by which the first supervisor makes an account: a plain form that needs no script."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from sqlalchemy.orm import Session

from api.accounts import AccountError, LinkSpentError, link_holds, use_link
from api.passwords import SHORTEST_PASSWORD, WeakPasswordError
from api.roles import open_to_everybody
from api.schemas.shape import Name
from api.schemas.sign_in import FirstAccount
from api.work import Database

router = APIRouter(tags=["account"], include_in_schema=False)

# The token stands in the address: no page it leads to may learn it, and no store may keep it.
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'",
}
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Relight</title>
<style>body{{font:1rem/1.5 sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem}}
label{{display:block;margin-top:1rem}}input{{width:100%;box-sizing:border-box;font:inherit;padding:.4rem}}
button{{margin-top:1.5rem;font:inherit;padding:.5rem 1rem}}.problem{{color:#a00000}}</style>
<h1>Relight</h1>
{body}
</html>
"""
_FORM = """<p>Make the first account: a supervisor, who may do all a dispatcher does and keeps the roster.</p>
{problem}<form method="post">
<label>Name <input name="name" required maxlength="200" autocomplete="username" value="{name}"></label>
<label>Password (at least {shortest} characters)
<input name="password" type="password" required minlength="{shortest}" autocomplete="new-password"></label>
<label>The same password again
<input name="again" type="password" required minlength="{shortest}" autocomplete="new-password"></label>
<button>Make the account</button>
</form>"""


async def _read_form(request: Request) -> FirstAccount:
    fields = parse_qs((await request.body()).decode(errors="replace"), max_num_fields=10)
    try:
        return FirstAccount(**{name: values[-1] for name, values in fields.items()})
    except ValidationError as error:
        raise RequestValidationError(
            [{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors(include_input=False)]
        ) from None


@router.get("/welcome/{token}", response_class=HTMLResponse)
@open_to_everybody
def show_form(token: Name, engine: Database) -> HTMLResponse:
    """Show the form, or say that the link is spent."""
    with Session(engine) as session, session.begin():
        holds = link_holds(session, token=token, now=datetime.now(UTC))
    if not holds:
        return _spent()
    return _page(_FORM.format(problem="", name="", shortest=SHORTEST_PASSWORD))


@router.post("/welcome/{token}", response_class=HTMLResponse)
@open_to_everybody
def make_account(
    token: Name,
    request: Request,
    engine: Database,
    form: Annotated[FirstAccount, Depends(_read_form)],
) -> HTMLResponse:
    """Make the account and spend the link; on a problem show the form again, with what is wrong."""
    if form.password != form.again:
        return _again(form.name, "The two passwords are not the same.")
    try:
        with Session(engine) as session, session.begin():
            use_link(
                session,
                passwords=request.app.state.passwords,
                token=token,
                name=form.name,
                password=form.password,
                now=datetime.now(UTC),
            )
    except LinkSpentError:
        return _spent()
    except (AccountError, WeakPasswordError) as error:
        return _again(form.name, str(error))
    return _page(
        f"<p>The account <b>{html.escape(form.name)}</b> is made. "
        'Sign in with it at <a href="/dispatcher/">/dispatcher</a>; programs find their way at '
        '<a href="/docs">/docs</a>.</p>'
    )


def _again(name: str, problem: str) -> HTMLResponse:
    told = f'<p class="problem">{html.escape(problem)}</p>'
    body = _FORM.format(problem=told, name=html.escape(name, quote=True), shortest=SHORTEST_PASSWORD)
    return _page(body, status=422)


def _spent() -> HTMLResponse:
    return _page(f'<p class="problem">{html.escape(str(LinkSpentError()))}</p>', status=410)


def _page(body: str, *, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(body=body), status_code=status, headers=_HEADERS)
