"""The cookie of a sign-in: out of reach of scripts and of other sites, and gone when the sign-in ends."""

from __future__ import annotations

from datetime import datetime

from fastapi import Request, Response

from api.gatekeeper import cookie_of
from api.sessions import OpenedSession
from api.settings import SignInSettings


def set_sign_in_cookie(
    request: Request, response: Response, *, opened: OpenedSession, real_now: datetime
) -> None:
    """Give the browser the token of a session, for as long as that lasts."""
    response.set_cookie(
        cookie_of(request.headers),
        opened.token,
        max_age=round((opened.expires_at - real_now).total_seconds()),
        httponly=True,
        samesite="strict",
        secure=_is_secure(request),
    )
    response.headers["Cache-Control"] = "no-store"


def drop_sign_in_cookie(request: Request, response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(
        cookie_of(request.headers), httponly=True, samesite="strict", secure=_is_secure(request)
    )


def _is_secure(request: Request) -> bool:
    settings: SignInSettings = request.app.state.sign_in
    if settings.secure_cookies == "auto":
        return request.url.scheme == "https"
    return settings.secure_cookies == "always"
