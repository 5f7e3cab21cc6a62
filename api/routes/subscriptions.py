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
from dispatch.subscriptions import (
    Preferences,
    confirm_address,
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
def read_my_subscriptions(identity: SignedIn, engine: Database) -> Subscriptions:
    """Say what the customer hears, where, in which language, and when not."""
    with reading(engine) as work:
        return _answer(work, account=identity.account or "")


@router.put("/api/my-subscriptions")
@open_to(Role.CUSTOMER)
def save_my_subscriptions(
    body: SubscriptionOrder, request: Request, identity: SignedIn, engine: Database
) -> Subscriptions:
    """Keep what the customer chooses. `channels` has those that are wanted; every other one is left.

    A new address is sent a code, and gets nothing else until that was confirmed.
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
        return _answer(work, account=account)


@router.post("/api/my-subscriptions/confirm")
@open_to(Role.CUSTOMER)
def confirm_my_address(body: CodeOrder, identity: SignedIn, engine: Database) -> Subscriptions:
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
        return _answer(work, account=account)


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


def _answer(work: Work, *, account: str) -> Subscriptions:
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
                    "address": one.address,
                    "on_file": masked_address(one.on_file) if one.on_file else None,
                    "waiting": one.waiting.address if one.waiting is not None else None,
                }
            )
            for one in chosen.channels
        ],
        has_calendar=chosen.has_calendar,
    )
