"""The customer's pages about messages: choose them, leave by a link, go on from a link, the own calendar.

A link in a message carries its number and our signature, nothing personal. Opening it changes nothing, since
mail programs open links to look at them; the one button on its page does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api.roles import open_to_everybody
from api.routes.supply_errors import SupplyRoute
from api.routes.supply_pages import Face, Fields, read_fields
from api.secret_tokens import new_code, new_token, token_digest
from api.settings import MessageSettings
from api.supply_calendar import MEDIA_TYPE, supply_calendar
from api.supply_cookie import COOKIE_NAME, drop_pass, held_pass, keep_pass
from api.supply_face import SupplyFace
from api.supply_messages import MessagesForm, form_of, preferences_of, read_form, wanted_channels
from api.supply_passes import open_pass
from api.supply_push import push_box
from api.work import Database, Work, reading, receiving
from dispatch.address_confirmations import CodeAnswer, Codes
from dispatch.channels import Channel
from dispatch.errors import InvalidInput
from dispatch.message_links import LinkPurpose, number_of_link
from dispatch.message_rules import message_rules_in_force
from dispatch.subscriptions import (
    account_of_calendar,
    confirm_address,
    language_of,
    leave_channel,
    make_calendar,
    message_about,
    read_subscriptions,
    save_subscriptions,
    send_another_code,
)
from dispatch.supply_calendar import planned_for_account

router = APIRouter(tags=["customers"], include_in_schema=False, route_class=SupplyRoute)

# For so long a link in a message opens the page of the supply that it was about.
_OPENS_FOR = timedelta(days=7)
_SAID = ("saved", "code_sent", "confirmed", "push_on", "push_off")


@router.get("/supply/messages")
@open_to_everybody
def show_messages(request: Request, face: Face, engine: Database) -> Response:
    """Show what comes, and let it be changed."""
    held = held_pass(request, engine)
    if held is None:
        return _no_pass(request, face)
    with reading(engine) as work:
        form = _form(work, request, account=held.account)
    said = request.query_params.get("said")
    return _page(request, face, form, said=said if said in _SAID else None)


@router.post("/supply/messages")
@open_to_everybody
def save_messages(request: Request, face: Face, engine: Database, fields: Fields) -> Response:
    """Keep what was chosen; what cannot be taken is said, with what was typed kept."""
    held = held_pass(request, engine)
    if held is None:
        return _no_pass(request, face)
    with reading(engine) as work:
        form = read_form(fields, _form(work, request, account=held.account))
    messages: MessageSettings = request.app.state.messages
    try:
        with receiving(engine) as work:
            save_subscriptions(
                work.session,
                account=held.account,
                preferences=preferences_of(form),
                channels=wanted_channels(form),
                webhook_hosts=messages.hosts(),
                codes=_codes(),
                now=work.now,
            )
    except InvalidInput as refused:
        return _page(request, face, form, problem=refused.field)
    return RedirectResponse("/supply/messages?said=saved", status_code=303)


@router.post("/supply/messages/confirm")
@open_to_everybody
def confirm(request: Request, face: Face, engine: Database, fields: Fields) -> Response:
    """Take the code that was sent to a new address, or send another one there."""
    held = held_pass(request, engine)
    if held is None:
        return _no_pass(request, face)
    channel = next((one for one in Channel if one == fields.get("channel")), Channel.EMAIL)
    said, problem = "confirmed", None
    with receiving(engine) as work:
        if "again" in fields:
            said, problem = _another_code(work, account=held.account, channel=channel)
        else:
            answer = confirm_address(
                work.session,
                account=held.account,
                channel=channel,
                code=fields.get("code", "")[:40],
                real_now=datetime.now(UTC),
                now=work.now,
            )
            problem = None if answer is CodeAnswer.RIGHT else f"code_{answer}"
        form = _form(work, request, account=held.account)
    if problem is not None:
        return _page(request, face, form, problem=problem)
    return RedirectResponse(f"/supply/messages?said={said}", status_code=303)


def _another_code(work: Work, *, account: str, channel: Channel) -> tuple[str, str | None]:
    """Return what is said, and what is wrong."""
    try:
        is_sent = send_another_code(work.session, account=account, channel=channel, codes=_codes())
    except InvalidInput as refused:
        return "", refused.field
    return "code_sent", None if is_sent else f"code_{CodeAnswer.ENDED}"


@router.post("/supply/messages/calendar", dependencies=[Depends(read_fields)])
@open_to_everybody
def new_calendar(request: Request, face: Face, engine: Database) -> Response:
    """Make the address of the own calendar, shown this once; the one before ends."""
    held = held_pass(request, engine)
    if held is None:
        return _no_pass(request, face)
    token, digest = new_token()
    with receiving(engine) as work:
        make_calendar(work.session, account=held.account, digest=digest, now=work.now)
        form = _form(work, request, account=held.account)
        public_url = message_rules_in_force(work.session).public_url
    base = (public_url or str(request.base_url)).rstrip("/")
    return _page(request, face, form, said="calendar", calendar=f"{base}/supply/calendar/{token}.ics")


@router.get("/supply/calendar/{token}.ics")
@open_to_everybody
def show_calendar(request: Request, face: Face, engine: Database, token: str) -> Response:
    """Give the calendar that a secret opens."""
    with reading(engine) as work:
        account = account_of_calendar(work.session, digest=token_digest(token))
        if account is None:
            return _not_found(request, face)
        works = planned_for_account(work.session, account=account, now=work.now)
        language = language_of(work.session, account=account)
        now = work.now
    words = next(words for words in face.languages() if words.language == language)
    headers = {"Cache-Control": "private, max-age=900", "X-Content-Type-Options": "nosniff"}
    return Response(supply_calendar(works, words=words, now=now), media_type=MEDIA_TYPE, headers=headers)


@router.get("/supply/stop/{token}")
@open_to_everybody
def ask_to_stop(request: Request, face: Face, engine: Database, token: str) -> Response:
    """Ask with one button whether no more is to come on the channel of a message."""
    with reading(engine) as work:
        about = _about(work.session, token, LinkPurpose.LEAVE)
        if about is None:
            return _not_found(request, face)
        account, channel, _ = about
        chosen = read_subscriptions(work.session, account=account, real_now=datetime.now(UTC))
    is_on = any(one.is_on for one in chosen.channels if one.channel is channel)
    return face.page(request, "stop.html", channel=str(channel), state="ask" if is_on else "before")


@router.post("/supply/stop/{token}")
@open_to_everybody
def stop(request: Request, face: Face, engine: Database, token: str) -> Response:
    """Send no more on the channel of a message; also as mail programs do it for their readers (RFC 8058)."""
    with receiving(engine) as work:
        about = _about(work.session, token, LinkPurpose.LEAVE)
        if about is None:
            return _not_found(request, face)
        account, channel, _ = about
        was_on = leave_channel(work.session, account=account, channel=channel, now=work.now)
    return face.page(request, "stop.html", channel=str(channel), state="done" if was_on else "before")


@router.get("/supply/go/{token}")
@open_to_everybody
def go(request: Request, face: Face, engine: Database, token: str) -> Response:
    """Lead from a message to the page of its supply, without typing; after a week, to the start."""
    with receiving(engine) as work:
        about = _about(work.session, token, LinkPurpose.OPEN)
        if about is None:
            return _not_found(request, face)
        account, _, queued_at = about
        if work.now - queued_at > _OPENS_FOR:
            return RedirectResponse("/supply", status_code=303)
        # Passes live by real time, whatever the clock of a storm.
        opened = open_pass(work.session, account=account, now=datetime.now(UTC))
    answer = RedirectResponse("/supply/mine", status_code=303)
    keep_pass(answer, request, token=opened.token)
    return answer


def _codes() -> Codes:
    # Codes live by real time, as passes do.
    return Codes(make=new_code, now=datetime.now(UTC))


def _form(work: Work, request: Request, *, account: str) -> MessagesForm:
    chosen = read_subscriptions(work.session, account=account, real_now=datetime.now(UTC))
    push = push_box(work.session, account=account, messages=request.app.state.messages)
    return form_of(chosen, language=language_of(work.session, account=account), push=push)


def _about(session: Session, token: str, purpose: LinkPurpose) -> tuple[str, Channel, datetime] | None:
    key = message_rules_in_force(session).link_key
    number = number_of_link(key, purpose=purpose, token=token) if key is not None else None
    return message_about(session, number=number) if number is not None else None


def _page(
    request: Request,
    face: SupplyFace,
    form: MessagesForm,
    *,
    said: str | None = None,
    problem: str | None = None,
    calendar: str | None = None,
) -> Response:
    return face.page(
        request,
        "messages.html",
        status=422 if problem else 200,
        form=form,
        said=said,
        problem=problem,
        calendar=calendar,
    )


def _no_pass(request: Request, face: SupplyFace) -> Response:
    """Send newcomers to the start, and tell those whose pass has ended that it has."""
    if COOKIE_NAME not in request.cookies:
        return RedirectResponse("/supply", status_code=303)
    return drop_pass(face.page(request, "ended.html", status=401, problem=None, account=""), request)


def _not_found(request: Request, face: SupplyFace) -> Response:
    return face.page(request, "message.html", status=404, kind="link", again_after_s=None)
