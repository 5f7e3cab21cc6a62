"""Serves a simulated meter system over HTTP, as docs/formats/meter_system.md has it; on this machine only.

It can be told to misbehave, for tests and for practice: to be away, or to answer only some.
"""

import json
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self

from storm.evidence import as_text

PATH = "/pings"
_LARGEST_REQUEST_BYTES = 1024 * 1024

Answering = Callable[[str], tuple[str, datetime]]


class MeterServer:
    """A meter system at an address; use it as a context manager."""

    def __init__(self, answer: Answering) -> None:
        """Take a free port at once; `answer` tells result and moment for a meter, one question at a time."""
        self.is_away = False
        self.answered_share = 1.0
        self.asked: list[str] = []
        self._answer = answer
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, name="meter system", daemon=True)

    def __enter__(self) -> Self:
        """Start to answer."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where questions are taken."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{PATH}"

    def answers_to(self, body: bytes) -> dict[str, Any] | None:
        """Return the answer to a request's body, None where that cannot be read."""
        try:
            pings = [(str(one["id"]), str(one["meter"])) for one in json.loads(body)["pings"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        with self._lock:
            self.asked += [meter for _, meter in pings]
            heard = pings[: round(len(pings) * self.answered_share)]
            return {"answers": [self._one(id, meter) for id, meter in heard]}

    def _one(self, id: str, meter: str) -> dict[str, str]:
        result, at = self._answer(meter)
        return {"id": id, "result": result, "at": as_text(at)}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            """One connection."""

            timeout = 10

            def do_POST(self) -> None:
                """Answer a batch of questions."""
                length = int(self.headers.get("Content-Length", "0"))
                body = self.rfile.read(min(length, _LARGEST_REQUEST_BYTES))
                answer = server.answers_to(body) if self.path == PATH and not server.is_away else None
                status = 503 if server.is_away else 200 if answer is not None else 400
                content = json.dumps(answer if answer is not None else {"error": status}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing: the terminal belongs to the demo."""

        return Handler
