"""Shapes of messages to customers: where each stands, what a customer chose, and what came back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.schemas.shape import Answer, Instant, Name, Order

TypedChannel = Literal["email", "sms", "wecom", "webhook"]
ChannelName = Literal["email", "sms", "wecom", "webhook", "web_push"]
Status = Literal["held", "queued", "sending", "sent", "failed", "uncertain", "dropped"]
DangerName = Literal["wire_down", "keep_away"]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Address = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Message(Answer):
    """One message: about what, to whom, and what became of it. No address is among it."""

    id: int
    account: str
    channel: ChannelName
    kind: str
    outage_id: str | None
    planned_outage_id: str | None
    language: str
    status: Status
    because: str | None
    attempts: int
    queued_at: Instant
    not_before: Instant | None
    sent_at: Instant | None


class MessageList(Answer):
    """Messages, newest first; `count` is how many there are in all."""

    messages: list[Message]
    count: int


class SendAgain(Order):
    """Which messages to send once more; all that failed where none are named."""

    ids: Annotated[list[int], Field(max_length=1000)] | None = None


class SentAgain(Answer):
    """How many were queued once more."""

    queued: int


class ChannelChoice(Answer):
    """One channel: whether it is on, the own address, the end of the one on file.

    `waiting` is one that gets nothing until its code is typed. Of a browser (`web_push`) the address is the
    endpoint alone, without its keys.
    """

    channel: ChannelName
    is_on: bool
    address: str | None
    on_file: str | None
    waiting: str | None


class Subscriptions(Answer):
    """What a customer chose; quiet hours are local times, and none where they are null."""

    language: Literal["en", "zh"] | None
    quiet_from: str | None
    quiet_until: str | None
    outages: bool
    progress: bool
    planned: bool
    channels: list[ChannelChoice]
    has_calendar: bool
    # For `PushManager.subscribe`; null where browsers are not told.
    web_push_key: str | None


class SubscriptionOrder(Order):
    """What a customer chooses. A channel that is not named is left; null: the address on file.

    What a browser subscribed to stays as it is.
    """

    language: Literal["en", "zh"] | None = None
    quiet_from: TimeOfDay | None = None
    quiet_until: TimeOfDay | None = None
    outages: bool = True
    progress: bool = True
    planned: bool = True
    channels: dict[TypedChannel, Address | None]


class CodeOrder(Order):
    """The code that was sent to a new address."""

    channel: TypedChannel
    code: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class PushKeys(Order):
    """The two keys of a browser's subscription, in base64 as addresses have it."""

    p256dh: Annotated[str, StringConstraints(max_length=200)]
    auth: Annotated[str, StringConstraints(max_length=200)]


class PushOrder(Order):
    """A browser's subscription as its `toJSON` writes it."""

    endpoint: Annotated[str, StringConstraints(max_length=1000)]
    keys: PushKeys
    expirationTime: float | None = None  # noqa: N815 - browsers name it so; nothing is made of it


class CalendarLink(Answer):
    """Where the own calendar is, told this once."""

    path: str


class DangerOrder(Order):
    """What everybody of an outage is warned of."""

    danger: DangerName


class DangerText(Answer):
    """A warning as it is read in one language: the mail's subject and body, and the short message."""

    subject: str
    body: str
    sms: str


class DangerReach(Answer):
    """Whom a warning reaches: `reached` now by so many `messages` on each channel; `told` were warned before.

    `customers` are all whom the outage holds or held; `unreached` those whom no channel reaches.
    """

    customers: int
    reached: int
    told: int
    unreached: int
    messages: dict[ChannelName, int]


class DangerPreview(DangerReach):
    """Whom a warning would reach now, and what they would read; `texts` is by language."""

    texts: dict[str, DangerText]


class IncomingMessage(Order):
    """A customer's reply as a gateway passes it on; `id` is the gateway's own, so that it counts once."""

    id: Name
    sender: Name
    text: Annotated[str, StringConstraints(max_length=2000)]
    channel: Literal["sms", "wecom"] = "sms"


class IncomingAnswer(Answer):
    """What the reply came to, and what may be answered to the customer in their language."""

    result: Literal["still_out", "danger", "no_more", "not_understood", "unknown_sender", "refused"]
    reply: str | None
