"""What a signed-in customer chose to hear, for apps and other systems.

The pages for people: api/routes/supply_messages.py.
"""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request

from api.quiet_times import read_quiet, written_time
from api.roles import Role, open_to
from api.schemas.messages import (
    CalendarLink,
    ChannelChoice,
    CodeOrder,
    PushOrder,
    SubscriptionOrder,
    Subscriptions,
)
from api.secret_tokens import new_code, new_token
from api.settings import MessageSettings
from api.work import Database, SignedIn, Work, reading, receiving
from dispatch.address_confirmations import CodeAnswer, Codes
from dispatch.channels import Channel
from dispatch.errors import InvalidInput
from dispatch.message_addresses import masked_address
from dispatch.message_rules import QuietHours
from dispatch.push_addresses import PushAddress
from dispatch.push_choice import subscribe_push
from dispatch.subscriptions import (
    Preferences,
    confirm_address,
    leave_channel,
    make_calendar,
    read_subscriptions,
    save_subscriptions,
)

router = APIRouter(tags=["messages"])

_CODE_PROBLEMS = {
    CodeAnswer.WRONG: "this is not the code that was sent",
    CodeAnswer.ENDED: "no code waits for this channel any more: name the address again to get another",
}


@router.get("/api/my-subscriptions")
@open_to(Role.CUSTOMER)
def read_my_subscriptions(request: Request, identity: SignedIn, engine: Database) -> Subscriptions:
    """Say what the customer hears, where, in which language, and when not."""
    with reading(engine) as work:
        return _answer(work, request, account=identity.account or "")


@router.put("/api/my-subscriptions")
@open_to(Role.CUSTOMER)
def save_my_subscriptions(
    body: SubscriptionOrder, request: Request, identity: SignedIn, engine: Database
) -> Subscriptions:
    """Keep what the customer chooses. `channels` has those that are wanted; every other one is left.

    A browser is told, or not, as before. A new address is sent a code, and gets nothing else until that was
    confirmed.
    """
    messages: MessageSettings = request.app.state.messages
    account = identity.account or ""
    with receiving(engine) as work:
        save_subscriptions(
            work.session,
            account=account,
            preferences=Preferences(
                language=body.language,
                quiet=_quiet(body),
                outages=body.outages,
                progress=body.progress,
                planned=body.planned,
            ),
            channels={Channel(name): address for name, address in body.channels.items()},
            webhook_hosts=messages.hosts(),
            codes=Codes(make=new_code, now=datetime.now(UTC)),
            now=work.now,
        )
        return _answer(work, request, account=account)


@router.post("/api/my-subscriptions/confirm")
@open_to(Role.CUSTOMER)
def confirm_my_address(
    body: CodeOrder, request: Request, identity: SignedIn, engine: Database
) -> Subscriptions:
    """Take the code that was sent to a new address: from now on messages go there."""
    account = identity.account or ""
    with receiving(engine) as work:
        answer = confirm_address(
            work.session,
            account=account,
            channel=Channel(body.channel),
            code=body.code,
            real_now=datetime.now(UTC),
            now=work.now,
        )
    if answer is not CodeAnswer.RIGHT:
        raise InvalidInput(field="code", text=_CODE_PROBLEMS[answer])
    with reading(engine) as work:
        return _answer(work, request, account=account)


@router.put("/api/my-subscriptions/web-push")
@open_to(Role.CUSTOMER)
def subscribe_my_browser(
    body: PushOrder, request: Request, identity: SignedIn, engine: Database
) -> Subscriptions:
    """Tell this browser from now on, and no other; `PushManager.subscribe` gave this out."""
    messages: MessageSettings = request.app.state.messages
    account = identity.account or ""
    address = PushAddress.read(
        endpoint=body.endpoint,
        p256dh=body.keys.p256dh,
        auth=body.keys.auth,
        hosts=messages.push_hosts() if messages.push_key() is not None else (),
    )
    with receiving(engine) as work:
        subscribe_push(work.session, account=account, address=address, now=work.now)
        return _answer(work, request, account=account)


@router.delete("/api/my-subscriptions/web-push")
@open_to(Role.CUSTOMER)
def leave_my_browser(request: Request, identity: SignedIn, engine: Database) -> Subscriptions:
    """Tell no browser of the customer any more."""
    account = identity.account or ""
    with receiving(engine) as work:
        leave_channel(work.session, account=account, channel=Channel.WEB_PUSH, now=work.now)
        return _answer(work, request, account=account)


@router.post("/api/my-subscriptions/calendar")
@open_to(Role.CUSTOMER)
def make_my_calendar(identity: SignedIn, engine: Database) -> CalendarLink:
    """Make the address of the customer's own calendar, told this once; the one before ends."""
    token, digest = new_token()
    with receiving(engine) as work:
        make_calendar(work.session, account=identity.account or "", digest=digest, now=work.now)
    return CalendarLink(path=f"/supply/calendar/{token}.ics")


def _quiet(body: SubscriptionOrder) -> QuietHours | None:
    if body.quiet_from is None and body.quiet_until is None:
        return None
    return read_quiet(body.quiet_from or "", body.quiet_until or "")


def _answer(work: Work, request: Request, *, account: str) -> Subscriptions:
    messages: MessageSettings = request.app.state.messages
    key = messages.push_key()
    chosen = read_subscriptions(work.session, account=account, real_now=datetime.now(UTC))
    preferences, quiet = chosen.preferences, chosen.preferences.quiet
    return Subscriptions(
        language="zh" if preferences.language == "zh" else "en" if preferences.language == "en" else None,
        quiet_from=written_time(quiet.begins) if quiet is not None else None,
        quiet_until=written_time(quiet.ends) if quiet is not None else None,
        outages=preferences.outages,
        progress=preferences.progress,
        planned=preferences.planned,
        channels=[
            ChannelChoice.model_validate(
                {
                    "channel": one.channel,
                    "is_on": one.is_on,
                    "address": _own_address(one.channel, one.address),
                    "on_file": masked_address(one.on_file) if one.on_file else None,
                    "waiting": one.waiting.address if one.waiting is not None else None,
                }
            )
            for one in chosen.channels
        ],
        has_calendar=chosen.has_calendar,
        web_push_key=key.public_text if key is not None else None,
    )


def _own_address(channel: Channel, address: str | None) -> str | None:
    if channel is not Channel.WEB_PUSH or address is None:
        return address
    return PushAddress.kept(address).endpoint
