"""What an agent says of a household: the answer, then the crew, the window and where the time comes from."""

from __future__ import annotations

from datetime import datetime

from api.call_words import call_words
from api.supply_view import told_restoration
from api.supply_words import Words
from dispatch.caller_view import Household
from dispatch.calls import CallAnswerCode


def caller_words(household: Household, *, words: Words, now: datetime) -> str:
    """Return what to say, in one language."""
    answer = call_words(household.answer, words=words, now=now)
    outage = household.supply.outage
    if household.answer.code is not CallAnswerCode.KNOWN_OUTAGE or outage is None:
        return answer
    return words.join((answer, told_restoration(outage, words=words, now=now)))
