"""The customer's pages: find my supply, how it goes, report an outage. Usable without a script.

Nothing personal stands in an address: forms are sent as POST and answered by a redirection. Whatever goes
wrong below /supply is answered by a page in the customer's language.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse

from api.call_words import call_words
from api.my_supply import my_supply, own_answer, own_labels
from api.photo_files import LARGEST_PHOTO_BYTES
from api.roles import open_to_everybody
from api.routes.supply_errors import ForeignFormError, SupplyRoute, UnreadableFormError
from api.supply_cookie import COOKIE_NAME, drop_pass, held_pass, keep_pass
from api.supply_face import SupplyFace, as_of
from api.supply_passes import (
    SupplyNotFoundError,
    end_pass,
    find_supply,
    last_digits,
    plain_account,
)
from api.supply_photos import (
    LARGEST_PHOTO_MEGABYTES,
    PhotoFate,
    SentPhoto,
    has_photo_form,
    keep_photo_of_report,
    read_photo_form,
)
from api.supply_reports import (
    DANGERS,
    EXTENTS,
    ReportForm,
    ReportRefusedError,
    new_form_token,
    read_report,
    report_own,
    report_place,
)
from api.supply_view import ADVICE
from api.throttle import Door, hold_back
from api.work import Database, Work, reading
from dispatch.calls import CallAnswerCode
from dispatch.network_cache import NetworkCache

router = APIRouter(tags=["customers"], include_in_schema=False, route_class=SupplyRoute)

REPORT_PATH = "/supply/report"
_HEARTBEAT_S = 30
_ENDING = 4
_REPORT_STATUS: dict[str | None, int] = {None: 200, "ended": 401}


def _face(request: Request) -> SupplyFace:
    face: SupplyFace = request.app.state.supply
    return face


def _refuse_foreign(request: Request) -> None:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForeignFormError


async def read_fields(request: Request) -> dict[str, str]:
    """Return the fields of a form that one of our own pages sent."""
    _refuse_foreign(request)
    body = (await request.body()).decode(errors="replace")
    try:
        fields = parse_qs(body, max_num_fields=20)
    except ValueError:
        raise UnreadableFormError from None
    return {name: values[-1] for name, values in fields.items()}


async def _read_report(request: Request) -> tuple[dict[str, str], SentPhoto | None]:
    if not has_photo_form(request):
        return await read_fields(request), None
    _refuse_foreign(request)
    return await read_photo_form(request)


Face = Annotated[SupplyFace, Depends(_face)]
Fields = Annotated[dict[str, str], Depends(read_fields)]
Report = Annotated[tuple[dict[str, str], SentPhoto | None], Depends(_read_report)]


@router.get("/supply")
@open_to_everybody
def show_start(request: Request, face: Face, engine: Database) -> Response:
    """Ask which supply; who has been let in goes on to it."""
    if "lang" not in request.query_params and held_pass(request, engine) is not None:
        return RedirectResponse("/supply/mine", status_code=303)
    return face.page(request, "find.html", problem=None, account="")


@router.post("/supply")
@open_to_everybody
def find(request: Request, face: Face, engine: Database, fields: Fields) -> Response:
    """Let a customer in by account number and the phone's last digits; every failure is answered alike."""
    account = plain_account(fields.get("account", ""))[:64]
    digits = last_digits(fields.get("digits", ""))
    problem = "account" if not account else "digits" if digits is None else None
    if digits is not None and problem is None:
        address, now = _address(request), datetime.now(UTC)
        try:
            opened = find_supply(engine, account=account, digits=digits, address=address, now=now)
        except SupplyNotFoundError:
            hold_back(engine, door=Door.SUPPLY, name=account, address=address, now=now)
            problem = "not_found"
        else:
            answer = RedirectResponse("/supply/mine", status_code=303)
            keep_pass(answer, request, token=opened.token)
            return answer
    return face.page(request, "find.html", status=422, problem=problem, account=account)


@router.post("/supply/leave", dependencies=[Depends(read_fields)])
@open_to_everybody
def leave(request: Request, engine: Database) -> Response:
    """End the pass on this phone."""
    token = request.cookies.get(COOKIE_NAME)
    if token:
        with Session(engine) as session, session.begin():
            end_pass(session, token=token)
    answer = RedirectResponse("/supply", status_code=303)
    return drop_pass(answer, request)


@router.get("/supply/mine")
@open_to_everybody
def show_mine(request: Request, face: Face, engine: Database) -> Response:
    """Show how it goes; with `part` only the part that changes, for the page's own script."""
    words = face.words(request)
    held = held_pass(request, engine)
    if held is None:
        return _no_pass(request, face)
    with reading(engine) as work:
        mine = my_supply(work.session, account=held.account, areas=face.areas, words=words, now=work.now)
    states = mine.states
    return face.page(
        request,
        "_mine.html" if "part" in request.query_params else "mine.html",
        version=mine.version,
        supplies=mine.supplies,
        others=mine.others,
        planned=mine.planned,
        any_out="out" in states,
        any_restored="restored" in states,
        all_reported=states == {"reported"},
        advice=ADVICE,
        as_of=as_of(words, work.now),
        zone=words.zone_name(work.now),
        ending=held.account[-_ENDING:],
    )


@router.get("/supply/report")
@open_to_everybody
def show_report(request: Request, face: Face, engine: Database) -> Response:
    """Ask what is wrong; without a pass also where."""
    return _report_page(request, face, engine, form=ReportForm(token=new_form_token()))


@router.post(REPORT_PATH)
@open_to_everybody
def report(request: Request, face: Face, engine: Database, sent: Report) -> Response:
    """Take a report, durable before the answer; what cannot be taken is said, with what was written kept.

    A photo comes with it as `multipart/form-data`; whatever becomes of it, the report is taken.
    """
    fields, photo = sent
    words, form, held = face.words(request), read_report(fields), held_pass(request, engine)
    if held is None and request.cookies.get(COOKIE_NAME) and form.lon is None and not form.address:
        # The pass ended while the form was written: it is kept, and only the place is asked for.
        return drop_pass(_report_page(request, face, engine, form=form, problem="ended"), request)
    try:
        if held is not None:
            id = report_own(engine, account=held.account, form=form, words=words)
        else:
            at = datetime.now(UTC)
            id = report_place(engine, form=form, words=words, address=_address(request), now=at)
    except ReportRefusedError as refused:
        return _report_page(request, face, engine, form=form, problem=refused.problem)
    said = f"?danger={form.danger}" if form.danger else f"?place={form.place}"
    if photo is not None:
        said += f"&photo={_keep_photo(request, engine, photo, id)}"
    return RedirectResponse(f"/supply/reported{said}", status_code=303)


def _keep_photo(request: Request, engine: Database, photo: SentPhoto, evidence_id: str) -> PhotoFate:
    return keep_photo_of_report(
        engine,
        request.app.state.photos,
        sent=photo,
        evidence_id=evidence_id,
        address=_address(request),
        real_now=datetime.now(UTC),
    )


@router.get("/supply/reported")
@open_to_everybody
def show_reported(
    request: Request,
    face: Face,
    engine: Database,
    *,
    danger: str | None = None,
    place: str = "0",
    photo: str | None = None,
) -> Response:
    """Say that the report has come, safety words first."""
    held, said = held_pass(request, engine), None
    if held is not None:
        number = int(place) if place.isascii() and place.isdigit() and len(place) <= _ENDING else 0
        with reading(engine) as work:
            said = _answer_words(request, face, work, account=held.account, place=number)
    return face.page(
        request,
        "reported.html",
        danger=danger if danger in DANGERS else None,
        said=said,
        photo=photo if photo in set(PhotoFate) else None,
        most_megabytes=LARGEST_PHOTO_MEGABYTES,
        is_own=held is not None,
    )


def _answer_words(request: Request, face: SupplyFace, work: Work, *, account: str, place: int) -> str | None:
    """Return what the customer is told of the own supply, as an agent would; None where nothing is known."""
    networks: NetworkCache = request.app.state.networks
    answer = own_answer(work.session, account=account, place=place, networks=networks, now=work.now)
    if answer is None or answer.code is CallAnswerCode.NOTHING_KNOWN:
        return None
    words = face.words(request)
    if answer.code is CallAnswerCode.KNOWN_OUTAGE:
        return words("done.known", outage=answer.values["outage"])
    return call_words(answer, words=words, now=work.now)


@router.get("/supply/stream", response_class=EventSourceResponse)
@open_to_everybody
async def stream(
    request: Request,
    face: Face,
    seen: str | None = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Tell a page when something of its own changed, and nothing else; `seen` is the version it shows."""
    token = request.cookies.get(COOKIE_NAME)
    face.watch.places.check()
    held = await face.watch.admit(token) if token else None
    if held is None:
        # The one answer that keeps a browser from asking again.
        return Response(status_code=204)
    words = face.words(request)
    events = face.watch.changes(
        digest=held.token_digest, seen=last_event_id or seen, tell_time=lambda now: as_of(words, now)
    )
    return EventSourceResponse(events, ping=_HEARTBEAT_S, headers={"Cache-Control": "no-store"})


@router.get("/supply/{name:path}")
@open_to_everybody
def show_file(request: Request, face: Face, name: str) -> Response:
    """Serve the style sheet and the script, which a phone then keeps, or say that there is no such page."""
    file = face.files.get(name)
    if file is None:
        return face.page(request, "message.html", status=404, kind="not_found", again_after_s=None)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(file.content, media_type=file.media_type, headers=headers)


def _no_pass(request: Request, face: SupplyFace) -> Response:
    """Send newcomers to the start, and tell those whose pass has ended that it has."""
    if COOKIE_NAME not in request.cookies:
        return RedirectResponse("/supply", status_code=303)
    answer = face.page(request, "ended.html", status=401, problem=None, account="")
    # The page's script loads the page anew then, which must still find that there was a pass, and say so.
    return answer if "part" in request.query_params else drop_pass(answer, request)


def _report_page(
    request: Request, face: SupplyFace, engine: Database, *, form: ReportForm, problem: str | None = None
) -> Response:
    held, labels = held_pass(request, engine), []
    if held is not None:
        with reading(engine) as work:
            labels = own_labels(work.session, account=held.account, words=face.words(request))
    return face.page(
        request,
        "report.html",
        status=_REPORT_STATUS.get(problem, 422),
        form=form,
        problem=problem,
        is_own=held is not None,
        labels=labels,
        dangers=DANGERS,
        extents=EXTENTS,
        most_bytes=LARGEST_PHOTO_BYTES,
        most_megabytes=LARGEST_PHOTO_MEGABYTES,
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
