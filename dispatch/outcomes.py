"""What can become of one message that was handed over, on whatever channel."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What became of one message."""

    SENT = "sent"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    GONE = "gone"  # the address leads nowhere, and never will again
