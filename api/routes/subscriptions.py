"""What a signed-in customer chose to hear, for apps and other systems.

The pages for people: api/routes/supply_messages.py.
"""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.roles import Role, open_to
from api.schemas.messages import CalendarLink, ChannelChoice, SubscriptionOrder, Subscriptions
from api.secret_tokens import new_token
from api.settings import MessageSettings
from api.work import Database, SignedIn, Work, reading, receiving
from dispatch.channels import Channel
from dispatch.errors import InvalidInput
from dispatch.message_addresses import masked_address
from dispatch.message_rules import QuietHours
from dispatch.subscriptions import Preferences, make_calendar, read_subscriptions, save_subscriptions

router = APIRouter(tags=["messages"])


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
    """Keep what the customer chooses. `channels` has those that are wanted; every other one is left."""
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
            now=work.now,
        )
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
    if body.quiet_from is None or body.quiet_until is None:
        raise InvalidInput(field="quiet", text="say from when until when, as 22:00 and 07:00")
    return QuietHours(begins=_minute(body.quiet_from), ends=_minute(body.quiet_until))


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _answer(work: Work, *, account: str) -> Subscriptions:
    chosen = read_subscriptions(work.session, account=account)
    preferences, quiet = chosen.preferences, chosen.preferences.quiet
    return Subscriptions(
        language="zh" if preferences.language == "zh" else "en" if preferences.language == "en" else None,
        quiet_from=_clock(quiet.begins) if quiet is not None else None,
        quiet_until=_clock(quiet.ends) if quiet is not None else None,
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
                }
            )
            for one in chosen.channels
        ],
        has_calendar=chosen.has_calendar,
    )
