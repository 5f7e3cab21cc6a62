"""What to tell a caller, in words: the vocabulary's text for the code, with times as people say them."""

from __future__ import annotations

from datetime import datetime

from api.supply_words import Words
from dispatch.calls import CallAnswer, CallAnswerCode


def call_words(answer: CallAnswer, *, words: Words, now: datetime) -> str:
    """Return what an agent says, or a page shows, in one language."""
    values = {
        name: words.time(value, now=now) if isinstance(value, datetime) else value
        for name, value in answer.values.items()
        if value is not None
    }
    return words(f"answer.{_variant(answer)}", **values)


def _variant(answer: CallAnswer) -> str:
    if answer.code is CallAnswerCode.DISCONNECTED:
        return f"disconnected.{answer.values['reason']}"
    if answer.code is CallAnswerCode.KNOWN_OUTAGE:
        sure = "probable" if answer.values["status"] == "predicted" else "certain"
        return f"known_outage.{sure}.{'etr' if answer.values['etr_at'] is not None else 'no_etr'}"
    return str(answer.code)
