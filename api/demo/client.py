"""One signed-in person or system at the public HTTP interface, as any integrator would write it.

Owns the session cookie, the header against forged requests, and patience: a service that is away for a while
(503, no connection) is asked again; an answer that says no is handed to the caller as `RefusedError`.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 3.0
_AWAY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and a password."""

    name: str
    password: str


class RefusedError(Exception):
    """The service understood and said no."""

    def __init__(self, *, status: int, code: str, text: str) -> None:
        """Keep the HTTP status, and the code and text of the error."""
        self.status = status
        self.code = code
        super().__init__(f"{status} {code}: {text}")


class AwayError(Exception):
    """The service did not answer for too long."""


class ApiClient:
    """A client with one sign-in; one thread at a time may use it."""

    def __init__(
        self,
        *,
        address: str,
        credentials: Credentials,
        is_stopping: Callable[[], bool] = lambda: False,
        patience_s: float = 180.0,
    ) -> None:
        """Describe whom to talk to; `patience_s` is how long an unreachable service is asked again."""
        self._credentials = credentials
        self._is_stopping = is_stopping
        self._patience_s = patience_s
        self._http = httpx.Client(base_url=address, headers={"X-Relight": "1"}, timeout=30.0, trust_env=False)

    def __enter__(self) -> Self:
        """Sign in."""
        self.sign_in()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Close the connection; the session ends by itself."""
        self._http.close()

    def sign_in(self) -> None:
        """Open a session; RefusedError when the name or password is wrong."""
        credentials = {"name": self._credentials.name, "password": self._credentials.password}
        self._ask("POST", "/api/sign-in", json=credentials)

    def get(self, path: str, **parameters: str | int | bool) -> Any:
        """Return the JSON answer to a question."""
        return self._signed_in("GET", path, params=parameters)

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """Send a JSON body and return the JSON answer."""
        return self._signed_in("POST", path, json=dict(body))

    def post_lines(self, path: str, documents: Iterable[Mapping[str, object]]) -> Any:
        """Send NDJSON, one object a line, and return the JSON answer."""
        body = "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents)
        headers = {"Content-Type": "application/x-ndjson"}
        return self._signed_in("POST", path, content=body.encode(), headers=headers)

    def _signed_in(self, method: str, path: str, **options: Any) -> Any:
        try:
            return self._ask(method, path, **options)
        except RefusedError as refusal:
            if refusal.status != httpx.codes.UNAUTHORIZED:
                raise
        self.sign_in()  # the session has ended meanwhile
        return self._ask(method, path, **options)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        """Ask until there is an answer; ids and versions make it safe to send anything twice."""
        deadline = time.monotonic() + self._patience_s
        wait_s = _FIRST_WAIT_S
        while True:
            problem = "no answer"
            try:
                response = self._http.request(method, path, **options)
            except httpx.TransportError as error:
                problem = repr(error)
            else:
                if response.status_code not in _AWAY:
                    return _answer(response)
                problem = f"status {response.status_code}"
            if self._is_stopping() or time.monotonic() + wait_s > deadline:
                raise AwayError(f"{method} {path}: {problem} for {self._patience_s:.0f} s")
            time.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


def _answer(response: httpx.Response) -> Any:
    try:
        body = response.json() if response.content else None
    except json.JSONDecodeError:
        body = None
    if response.is_success:
        return body
    error = body.get("error", {}) if isinstance(body, dict) else {}
    raise RefusedError(
        status=response.status_code,
        code=str(error.get("code", "unknown")),
        text=str(error.get("text", response.text[:200])),
    )
