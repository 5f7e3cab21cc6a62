"""A client that asks one path over kept connections for some seconds: prints how many answers a second.

A process of its own, with as little work for each answer as Python allows: requests are prepared, and an
answer is over when as many bytes have come as the first one had. Cookies come on standard input, one a line.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from itertools import cycle, islice


class Asking(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, requests: Sequence[bytes], *, until: float, over: asyncio.Future[None]) -> None:
        """Ask these in turn until a time of the monotonic clock."""
        self.answers = 0
        self._requests = cycle(requests)
        self._until = until
        self._over = over
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the first one."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        """Count an answer that is whole, and ask the next one."""
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        start = self._received.lower().find(b"content-length: ")
        length = int(self._received[start + 16 : self._received.find(b"\r\n", start)])
        if len(self._received) < head + 4 + length:
            return
        if not self._received.startswith(b"HTTP/1.1 200"):
            self._over.set_exception(RuntimeError(bytes(self._received[:200]).decode(errors="replace")))
            return
        self._received.clear()
        self.answers += 1
        if time.monotonic() >= self._until:
            self._over.set_result(None)
        elif self._transport is not None:
            self._transport.write(next(self._requests))


async def ask(port: int, path: str, *, connections: int, seconds: float, tokens: Sequence[str]) -> float:
    """Return how many answers a second all connections got together."""
    loop = asyncio.get_running_loop()
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: relight_supply={token}\r\n\r\n".encode()
        for token in tokens
    ]
    begin = time.monotonic()
    overs = [loop.create_future() for _ in range(connections)]
    made = [
        await loop.create_connection(
            lambda number=number: Asking(  # type: ignore[misc]
                list(islice(cycle(requests), number, number + len(requests))),
                until=begin + seconds,
                over=overs[number],
            ),
            "127.0.0.1",
            port,
        )
        for number in range(connections)
    ]
    await asyncio.gather(*overs)
    return sum(protocol.answers for _, protocol in made) / (time.monotonic() - begin)


def main() -> None:
    """Ask as the arguments say: port, path, connections, seconds."""
    port, path, connections, seconds = sys.argv[1:5]
    tokens = sys.stdin.read().split()
    found = asyncio.run(
        ask(int(port), path, connections=int(connections), seconds=float(seconds), tokens=tokens)
    )
    print(found)  # noqa: T201 - it is read by the benchmark


if __name__ == "__main__":
    main()
