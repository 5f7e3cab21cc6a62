"""A customer's reply that a gateway passes on: a call, the end of messages, or nothing we understand.

The same reply twice is one call: its id is made of the gateway's. What the person wrote goes along in their
own words, never into a log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from api.evidence_batch import take_evidence
from api.work import reading, receiving
from dispatch.channels import Channel
from dispatch.evidence_lines import Document
from dispatch.incoming_messages import Answerer, Said, danger_of, read_answer, who_answers
from dispatch.subscriptions import language_of, leave_channel

_LONGEST_TEXT = 500
# The codes whose reports were not taken for another reason than having come before.
_CAME_BEFORE = "id_reused"


def take_reply(
    engine: Engine,
    *,
    id: str,
    sender: str,
    text: str,
    channel: Channel,
    texts: Mapping[str, Mapping[str, str]],
) -> tuple[str, str | None]:
    """Do what a reply asks for; return the code of what it came to, and the words to answer with.

    Codes: those of `Said`; `unknown_sender` where nobody can tell who it was; `refused` where the report
    could not be taken, as for an account without a supply.
    """
    with reading(engine) as work:
        answerer = who_answers(work.session, sender=sender, channel=channel, now=work.now)
        language = language_of(work.session, account=answerer.account) if answerer is not None else None
        now = work.now
    if answerer is None or language is None:
        return "unknown_sender", None
    said = read_answer(text)
    result = str(said)
    if said is Said.NO_MORE:
        with receiving(engine) as work:
            leave_channel(work.session, account=answerer.account, channel=channel, now=work.now)
    elif said is not Said.NOT_UNDERSTOOD and not _report(
        engine, id=id, answerer=answerer, text=text, is_danger=said is Said.DANGER, now=now
    ):
        result = "refused"
    return result, texts[language][f"message.reply.{result}"]


def _report(
    engine: Engine, *, id: str, answerer: Answerer, text: str, is_danger: bool, now: datetime
) -> bool:
    """Open a call for each supply that is meant; return whether they were taken."""
    documents = []
    for line, service_point in enumerate(answerer.service_points, start=1):
        digest = hashlib.sha256(repr((id, answerer.account, service_point)).encode()).hexdigest()[:32]
        plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
        fields = {
            "id": f"reply-{digest}",
            "kind": "trouble_call",
            "at": now.isoformat(),
            "service_point": service_point,
            "text": plain[:_LONGEST_TEXT],
        }
        documents.append(
            Document(line=line, fields={**fields, **({"hazard": danger_of(text)} if is_danger else {})})
        )
    if not documents:
        return False
    receipt = take_evidence(engine, documents=[*documents], source="customer")
    return all(rejection.code == _CAME_BEFORE for rejection in receipt.rejected)
