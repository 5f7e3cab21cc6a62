"""From what went wrong to what is answered: the only place in Relight that knows HTTP statuses.

Owns the answers `{"error": {"code", "text", …}}` and one table from error class to status. No endpoint builds
an error answer itself.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.accounts import AccountError, LinkSpentError, SignInRefusedError
from api.guest_links import GuestLinkRefusedError
from api.passwords import WeakPasswordError
from api.photo_files import PhotoRefusedError
from dispatch import errors as dispatch_errors
from gis.errors import GisError, NetworkVersionNotFoundError
from topology.errors import TopologyError, UnknownIdsError

logger = logging.getLogger("relight.api")

# How long a client waits before it asks a database that is away again.
RETRY_AFTER_S = 5
_AWAY = 503

DATABASE_AWAY = (
    "The database does not answer at the moment, so this request was not done. Send it again shortly; "
    "evidence may safely be sent twice. Relight recovers by itself as soon as the database is back."
)


class ApiError(Exception):
    """Something the HTTP interface itself refuses, in words a person can act on."""


class SignInNeededError(ApiError):
    """The route needs a sign-in, and there is none, or it has ended."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("Sign in first: there is no sign-in with this request, or it has ended.")


class RoleRefusedError(ApiError):
    """The signed-in account may not use this route."""

    def __init__(self, *, roles: tuple[str, ...]) -> None:
        """Name the roles that may."""
        self.roles = roles
        allowed = ", ".join(roles) or "nobody: the route does not declare who may use it"
        super().__init__(f"This account may not do that. Open to: {allowed}.")


class HeaderMissingError(ApiError):
    """An unsafe request came with the cookie but without the header that no other site can send."""

    def __init__(self) -> None:
        """Name the header."""
        super().__init__(
            "Send the header `X-Relight: 1` (on the crew's page `X-Relight: crew`) with every request that "
            "changes something."
        )


class TooManyStreamsError(ApiError):
    """All live streams of this process are taken."""

    def __init__(self) -> None:
        """Say that it passes."""
        super().__init__("Too many live streams are open at the moment. Try again shortly.")


class EvidenceRefusedError(ApiError):
    """One piece of evidence cannot be taken, with the reason that intake gave."""

    def __init__(self, *, id: str | None, reason: str) -> None:
        """Carry the id, where it could be read."""
        self.id = id
        super().__init__(reason)


class ListRefusedError(ApiError):
    """A list that was sent cannot be read at all."""


class NoMeterSystemError(ApiError):
    """Meters are to be asked, and there is no meter system to do it."""

    def __init__(self) -> None:
        """Say how to set one."""
        super().__init__("No meter system is set, so no meter can be asked: see RELIGHT_METER_SYSTEM_URL.")


class GatewayRefusedError(ApiError):
    """A reply came without the token of the gateway."""

    def __init__(self) -> None:
        """Say where the token belongs."""
        super().__init__(
            "Send the header `Authorization: Bearer …` with the token of RELIGHT_INCOMING_TOKEN. Where that "
            "is not set, no replies are taken."
        )


class NoSnapshotError(ApiError):
    """The public map has no such file, or none was written yet."""

    def __init__(self, name: str) -> None:
        """Name the file."""
        super().__init__(f"The public map has no file {name!r}, or none has been written yet.")


class PagesNotBuiltError(ApiError):
    """The pages, and with them what a report's map is drawn by, were not built yet."""

    def __init__(self) -> None:
        """Say what builds them."""
        super().__init__("The pages are not built yet, and a report needs their map. Run `make setup`.")


class NoPassError(ApiError):
    """No pass of a customer came with the request, or it has ended."""

    def __init__(self) -> None:
        """Say where to get one."""
        super().__init__("There is no pass with this request, or it has ended: find your supply at /supply.")


class EvidenceReusedError(EvidenceRefusedError):
    """An evidence id came before with other content."""


# The most particular class wins; a class that is not here is our fault and answers 500.
STATUSES: Mapping[type[Exception], tuple[int, str]] = {
    SignInNeededError: (401, "sign_in_needed"),
    SignInRefusedError: (401, "sign_in_refused"),
    RoleRefusedError: (403, "role_refused"),
    GatewayRefusedError: (403, "gateway_refused"),
    HeaderMissingError: (403, "header_missing"),
    dispatch_errors.NotYours: (403, "not_yours"),
    dispatch_errors.UnknownThing: (404, "unknown"),
    NoSnapshotError: (404, "unknown"),
    NoPassError: (404, "unknown"),
    NetworkVersionNotFoundError: (404, "unknown"),
    UnknownIdsError: (404, "unknown"),
    dispatch_errors.IllegalTransition: (409, "illegal_transition"),
    dispatch_errors.StaleVersion: (409, "stale_version"),
    dispatch_errors.StalePlan: (409, "stale_plan"),
    dispatch_errors.StaleSwitching: (409, "stale_switching"),
    dispatch_errors.ReasonNeeded: (409, "reason_needed"),
    dispatch_errors.PlannedConflicts: (409, "planned_conflicts"),
    dispatch_errors.Conflict: (409, "conflict"),
    dispatch_errors.EvidenceMissing: (409, "evidence_missing"),
    dispatch_errors.NoActiveNetwork: (409, "no_active_network"),
    EvidenceReusedError: (409, "id_reused"),
    AccountError: (409, "account_refused"),
    LinkSpentError: (410, "link_spent"),
    GuestLinkRefusedError: (410, "guest_link_refused"),
    PhotoRefusedError: (422, "photo_refused"),
    EvidenceRefusedError: (422, "evidence_refused"),
    NoMeterSystemError: (409, "no_meter_system"),
    ListRefusedError: (422, "malformed"),
    WeakPasswordError: (422, "weak_password"),
    dispatch_errors.InvalidInput: (422, "invalid_input"),
    dispatch_errors.DispatchError: (422, "refused"),
    GisError: (422, "invalid_input"),
    TopologyError: (422, "invalid_input"),
    # The sender is gone; the answer reaches nobody, and it is no failure of ours.
    ClientDisconnect: (400, "broken_off"),
    TooManyStreamsError: (503, "too_many_streams"),
    PagesNotBuiltError: (503, "pages_not_built"),
}
_STATUS_CODES = {404: "unknown", 405: "method_not_allowed", 413: "too_large", 415: "malformed"}
_STATUS_TEXTS = {
    404: "There is nothing at this address. /docs lists what there is.",
    405: "This address does not take that method. /docs lists what it takes.",
    413: "The request is too large. Send evidence to /api/evidence/batch, in several parts if need be.",
}


def status_of(error: Exception) -> tuple[int, str] | None:
    """Return the status and code of an anticipated error, or None."""
    for kind in type(error).__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return None


def is_database_away(error: BaseException) -> bool:
    """Return whether the database is away or too busy, rather than that we asked it badly."""
    return isinstance(error, OperationalError | InterfaceError | PoolTimeoutError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


def error_answer(error: Exception) -> JSONResponse:
    """Return the answer for any error; one nobody anticipated is logged and answers 500."""
    if is_database_away(error):
        logger.warning("database away: %s", type(getattr(error, "orig", None) or error).__name__)
        return _answer(_AWAY, "database_away", DATABASE_AWAY, retry_after_s=RETRY_AFTER_S)
    if isinstance(error, DataError):
        return _answer(422, "malformed", "A value holds characters or a number that cannot be stored.")
    found = status_of(error)
    if found is None:
        _log_unanticipated(error)
        return _answer(500, "internal", "Relight failed at this; the reason is in its log.")
    status, code = found
    return _answer(
        status,
        code,
        str(error),
        retry_after_s=RETRY_AFTER_S if status == _AWAY else None,
        fields=jsonable_encoder(_public_fields(error)),
    )


def error_fields(error: Exception) -> dict[str, Any]:
    """Return an anticipated error as it stands in an answer: code, text, and the fields it carries."""
    found = status_of(error)
    if found is None:
        raise error
    fields: dict[str, Any] = jsonable_encoder(_public_fields(error))
    return {**fields, "code": found[1], "text": str(error)}


def too_large_answer() -> JSONResponse:
    """Return the answer to a body that is longer than the route takes."""
    return _answer(413, _STATUS_CODES[413], _STATUS_TEXTS[413])


def install(app: FastAPI) -> None:
    """Make the app answer every error in the one form."""

    def unreadable(_request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, RequestValidationError):
            return error_answer(error)
        return _malformed(error)

    def by_status(_request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, HTTPException):
            return error_answer(error)
        code = _STATUS_CODES.get(error.status_code, "refused")
        text = _STATUS_TEXTS.get(error.status_code, str(error.detail))
        answer = _answer(error.status_code, code, text)
        answer.headers.update(error.headers or {})
        return answer

    def any_other(_request: Request, error: Exception) -> JSONResponse:
        return error_answer(error)

    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(HTTPException, by_status)
    for kind in (*STATUSES, DBAPIError, PoolTimeoutError):
        app.add_exception_handler(kind, any_other)


def _malformed(error: RequestValidationError) -> JSONResponse:
    # What was sent is not repeated: it may hold a password or a phone number, and errors end up in logs.
    fields = [
        {"field": ".".join(str(part) for part in problem["loc"][1:]), "text": problem["msg"]}
        for problem in error.errors()
    ]
    said = "; ".join(
        f"{field['field']}: {field['text']}" if field["field"] else field["text"] for field in fields
    )
    return _answer(422, "malformed", f"The request cannot be read. {said}.", fields={"fields": fields})


def _public_fields(error: Exception) -> dict[str, Any]:
    """Return the fields an error carries, beside its text; exceptions keep nothing else in theirs."""
    return {name: value for name, value in vars(error).items() if not name.startswith("_")}


def _answer(
    status: int,
    code: str,
    text: str,
    *,
    retry_after_s: int | None = None,
    fields: Mapping[str, Any] | None = None,
) -> JSONResponse:
    headers = {"Retry-After": str(retry_after_s)} if retry_after_s is not None else None
    return JSONResponse(
        {"error": {**(fields or {}), "code": code, "text": text}}, status_code=status, headers=headers
    )


def _log_unanticipated(error: Exception) -> None:
    # A database error's text repeats the row it refused: only its kind and where it happened are logged.
    if isinstance(error, DBAPIError):
        frames = "".join(traceback.format_tb(error.__traceback__))
        logger.error("unanticipated %s\n%s", type(error.orig).__name__, frames)
    else:
        logger.error("unanticipated %s", type(error).__name__, exc_info=error)
