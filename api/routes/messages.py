"""Messages to customers as the desk sees them, and what customers answer."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.errors import GatewayRefusedError
from api.incoming_replies import take_reply
from api.roles import Role, open_to, open_to_everybody
from api.schemas.messages import (
    ChannelName,
    IncomingAnswer,
    IncomingMessage,
    MessageList,
    SendAgain,
    SentAgain,
    Status,
)
from api.settings import MessageSettings
from api.vocabulary import read_vocabulary
from api.work import Database, reading, receiving
from dispatch.channels import Channel
from dispatch.dead_letters import DEAD, MOST_LISTED, list_messages, send_again

router = APIRouter(tags=["messages"])

_SCHEME = "bearer"


@router.get("/api/notifications")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_messages(
    engine: Database,
    *,
    status: Annotated[list[Status] | None, Query(description="All where not given.")] = None,
    outage_id: str | None = None,
    channel: ChannelName | None = None,
    before: Annotated[int | None, Query(description="Only those with a lower number.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 100,
) -> MessageList:
    """List messages with what became of each, newest first."""
    with reading(engine) as work:
        found = list_messages(
            work.session,
            statuses=status or (),
            outage_id=outage_id,
            channel=channel,
            before=before,
            limit=limit,
        )
        return MessageList.model_validate(found)


@router.get("/api/notifications/dead")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_dead_letters(
    engine: Database, *, limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 100
) -> MessageList:
    """List messages that a person has to look after: those that failed, and those nobody knows about."""
    with reading(engine) as work:
        return MessageList.model_validate(list_messages(work.session, statuses=DEAD, limit=limit))


@router.post("/api/notifications/send-again")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def send_dead_letters_again(body: SendAgain, engine: Database) -> SentAgain:
    """Queue messages once more that failed; of those nobody knows about, the ones that are named."""
    with receiving(engine) as work:
        return SentAgain(queued=send_again(work.session, ids=body.ids))


@router.post("/api/messages/incoming")
@open_to_everybody
def take_incoming(body: IncomingMessage, request: Request, engine: Database) -> IncomingAnswer:
    """Take a customer's reply from a gateway that knows the token (`Authorization: Bearer …`).

    "Still out" opens a call at the supply that the last message was about; a danger one that alarms the desk;
    "stop" ends the messages on this channel. The same id again changes nothing.
    """
    _check_token(request)
    result, reply = take_reply(
        engine,
        id=body.id,
        sender=body.sender,
        text=body.text,
        channel=Channel(body.channel),
        texts=read_vocabulary(),
    )
    return IncomingAnswer.model_validate({"result": result, "reply": reply})


def _check_token(request: Request) -> None:
    messages: MessageSettings = request.app.state.messages
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    token = messages.incoming_token.get_secret_value() if messages.incoming_token else ""
    is_right = scheme.casefold() == _SCHEME and secrets.compare_digest(given.encode(), token.encode())
    if not token or not is_right:
        raise GatewayRefusedError
