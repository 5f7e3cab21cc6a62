"""The demo's client is patient with a service that is away, and not with one that says no."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from api.demo.client import ApiClient, AwayError, Credentials, RefusedError


class Service:
    """Answers each request with the next of the prepared answers, and remembers what was asked."""

    def __init__(self):
        self.answers = []
        self.asked = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def respond(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                service.asked.append((self.command, self.path, self.headers.get("X-Relight"), body))
                status, answer = service.answers.pop(0)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            do_GET = do_POST = respond  # noqa: N815

            def log_message(self, *_arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))


@pytest.fixture
def service():
    service = Service()
    service.thread.start()
    yield service
    service.server.shutdown()
    service.thread.join()
    service.server.server_close()


@pytest.fixture
def client(service):
    service.answers.append((200, {"name": "judge"}))
    address = f"http://127.0.0.1:{service.server.server_port}"
    with ApiClient(address=address, credentials=Credentials("judge", "secret"), patience_s=5) as client:
        service.asked.clear()
        yield client


REFUSAL = (409, {"error": {"code": "stale_version", "text": "Somebody was faster."}})
SIGNED_OUT = (401, {"error": {"code": "sign_in_needed", "text": "Sign in first."}})
AWAY = (503, {"error": {"code": "database_away", "text": "Come again."}})


class TestTheClient:
    def test_asks_again_while_the_service_is_away(self, client, service):
        service.answers += [AWAY, AWAY, (200, {"outages": []})]
        assert client.get("/api/outages") == {"outages": []}
        assert len(service.asked) == 3

    def test_gives_up_when_its_patience_ends(self, client, service):
        service.answers += [AWAY] * 50
        client._patience_s = 0.3
        with pytest.raises(AwayError, match="GET /api/outages: status 503"):
            client.get("/api/outages")

    def test_hands_on_a_no(self, client, service):
        service.answers.append(REFUSAL)
        with pytest.raises(RefusedError, match="409 stale_version: Somebody was faster"):
            client.post("/api/outages/O-1/confirm", {"version": 1})

    def test_signs_in_again_when_the_session_has_ended(self, client, service):
        service.answers += [SIGNED_OUT, (200, {"name": "judge"}), (200, {"outages": []})]
        assert client.get("/api/outages") == {"outages": []}
        assert [path for _, path, _, _ in service.asked] == ["/api/outages", "/api/sign-in", "/api/outages"]

    def test_sends_lines_with_the_header_against_forged_requests(self, client, service):
        service.answers.append((200, {"accepted": 2}))
        client.post_lines("/api/evidence/batch", [{"id": "a"}, {"id": "b", "text": "停电"}])
        ((command, path, header, body),) = service.asked
        assert (command, path, header) == ("POST", "/api/evidence/batch", "1")
        assert [json.loads(line) for line in body.splitlines()] == [{"id": "a"}, {"id": "b", "text": "停电"}]
