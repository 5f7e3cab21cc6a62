"""The meter system over HTTP: a batch of questions out, the answers back (docs/formats/meter_system.md).

Whatever goes wrong on the way is one thing to Relight: the system is away. Answers are read one by one, so
that half an answer is worth its half; nothing is trusted that is not one of the four results.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

from dispatch.meter_answers import MeterSystemAway, Ping, PingAnswer
from dispatch.pings import PingResult

# A hundred times what an honest answer to the largest batch takes.
_LARGEST_ANSWER_BYTES = 4 * 1024 * 1024
_OK = 200
_LONGEST_ID = 18


class HttpMeterSystem:
    """Asks one meter system, at one address."""

    def __init__(self, *, url: str, token: str | None, timeout_s: float) -> None:
        """Ask at `url`, with a bearer token where there is one; no pause of it longer than `timeout_s`."""
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        self._timeout_s = timeout_s

    def ask(self, pings: Sequence[Ping]) -> list[PingAnswer]:
        """Ask, and return what is answered; MeterSystemAway for whatever keeps it from answering."""
        body = {"pings": [{"id": str(ping.id), "meter": ping.meter} for ping in pings]}
        try:
            answer = json.loads(self._exchange(body))
            listed = answer["answers"]
        except (ValueError, RecursionError, KeyError, TypeError):
            raise MeterSystemAway("it answered, but not with a list of `answers` in JSON") from None
        if not isinstance(listed, list):
            raise MeterSystemAway("its `answers` are no list")
        return [read for one in listed if (read := _read(one)) is not None]

    def _exchange(self, body: dict[str, Any]) -> bytes:
        # Each piece of the answer has this long; the worker's own patience ends the whole.
        timeout = httpx.Timeout(self._timeout_s, connect=min(self._timeout_s, 5.0))
        received = bytearray()
        try:
            with (
                httpx.Client(trust_env=False, timeout=timeout) as client,
                client.stream("POST", self._url, json=body, headers=self._headers) as response,
            ):
                if response.status_code != _OK:
                    raise MeterSystemAway(f"it answered with status {response.status_code}")
                for piece in response.iter_bytes():
                    received += piece
                    if len(received) > _LARGEST_ANSWER_BYTES:
                        raise MeterSystemAway("its answer has no end")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise MeterSystemAway(type(error).__name__) from None
        return bytes(received)


def _read(one: Any) -> PingAnswer | None:
    """Return one answer, or None where it cannot be read."""
    if not isinstance(one, dict):
        return None
    id, result = one.get("id"), one.get("result")
    if not isinstance(id, str) or not (id.isascii() and id.isdigit() and len(id) <= _LONGEST_ID):
        return None
    if not isinstance(result, str) or result not in set(PingResult):
        return None
    return PingAnswer(id=int(id), result=PingResult(result), at=_time(one.get("at")))


def _time(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo is not None else None
