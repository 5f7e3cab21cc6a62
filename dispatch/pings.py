"""The words of questions to meters: why one is asked, how far that has come, what the answer is. Pure."""

from __future__ import annotations

from enum import StrEnum


class PingReason(StrEnum):
    """Why a meter is asked."""

    SINGLE_OUTAGE = "single_outage"  # one service point alone is believed out
    CALL = "call"  # somebody calls, and nothing known explains it
    DISPATCHER = "dispatcher"  # a person asks
    QUESTION = "question"  # the answer tells candidates of an outage apart
    RESTORATION = "restoration"  # supply came back above, and the meter did not wake


class PingStatus(StrEnum):
    """How far a question has come."""

    WAITING = "waiting"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"  # asked as often as is useful, without an answer: nothing is known
    LAPSED = "lapsed"  # waited so long that nobody wants the answer any more


class PingResult(StrEnum):
    """What a meter system says of a meter; the four are kept apart."""

    ON = "on"
    OFF = "off"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"
