"""Signing in and out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from api.accounts import SignInRefusedError
from api.accounts import sign_in as open_sign_in
from api.roles import Role, open_to_anyone_signed_in, open_to_everybody
from api.schemas.sign_in import SignedInAs, SignIn
from api.sessions import end_session
from api.settings import SignInSettings
from api.sign_in_cookie import drop_sign_in_cookie, set_sign_in_cookie
from api.throttle import Door, hold_back
from api.work import Database, SignedIn, reading
from dispatch.guest_crews import guest_leave

router = APIRouter(tags=["account"])


@router.post("/api/sign-in")
@open_to_everybody
def sign_in(request: Request, response: Response, body: SignIn, engine: Database) -> SignedInAs:
    """Sign in with a name and a password; the answer sets the session cookie.

    With the header `X-Relight: crew`, sent with every request, the sign-in has a cookie of its own and leaves
    the other one of this browser as it is.
    """
    settings: SignInSettings = request.app.state.sign_in
    address, now = request.client.host if request.client else "unknown", datetime.now(UTC)
    try:
        opened = open_sign_in(
            engine,
            passwords=request.app.state.passwords,
            name=body.name,
            password=body.password,
            address=address,
            lasts=timedelta(hours=settings.session_hours),
            now=now,
        )
    except SignInRefusedError:
        hold_back(engine, door=Door.SIGN_IN, name=body.name, address=address, now=now)
        raise
    set_sign_in_cookie(request, response, opened=opened, real_now=now)
    return SignedInAs.model_validate(opened.identity)


@router.post("/api/sign-out", status_code=204)
@open_to_anyone_signed_in
def sign_out(request: Request, response: Response, identity: SignedIn, engine: Database) -> None:
    """End this sign-in; its cookie opens nothing any more."""
    with Session(engine) as session, session.begin():
        end_session(session, digest=identity.token_digest)
    drop_sign_in_cookie(request, response)


@router.get("/api/me")
@open_to_anyone_signed_in
def me(identity: SignedIn, engine: Database) -> SignedInAs:
    """Say who is signed in, and of a guest crew until when its leave lasts."""
    told = SignedInAs.model_validate(identity)
    if Role.GUEST_CREW not in identity.roles:
        return told
    with reading(engine) as work:
        leave = guest_leave(work.session, crew_id=identity.crew_id or "")
        return told.model_copy(update={"guest_until": leave.ends_at})
