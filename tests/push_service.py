"""A push service on this machine, in a mood, and the browsers that it serves. Loaded by conftest.py.

The browsers open what came with code of their own, step by step as RFC 8291 has it and without any library's
HKDF, so that our seal is not its own judge.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import socket
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

STATUS = {
    "take": 201,
    "move": 302,
    "decline": 403,
    "unknown": 404,
    "gone": 410,
    "large": 413,
    "slow down": 429,
    "fail": 500,
    "busy": 503,
}
CURVE = ec.SECP256R1()


def from_text(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def to_text(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def point(key):
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _step(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


def opened(body, private, secret):
    """Return the text of a body, as the browser with this key and secret reads it."""
    salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
    sender, sealed = body[21 : 21 + length], body[21 + length :]
    assert len(sealed) <= size
    shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
    input_key = _step(_step(secret, shared), b"WebPush: info\x00" + point(private) + sender + b"\x01")
    pseudo = _step(salt, input_key)
    key = _step(pseudo, b"Content-Encoding: aes128gcm\x00\x01")[:16]
    nonce = _step(pseudo, b"Content-Encoding: nonce\x00\x01")[:12]
    padded = AESGCM(key).decrypt(nonce, sealed, None)
    text, mark, rest = padded.rpartition(b"\x02")
    assert mark
    assert not rest.strip(b"\x00")
    return text


def signed_claims(authorization):
    """Return what a VAPID header claims, and its public key; InvalidSignature where that did not sign it."""
    kind, token, public = authorization.replace(",", "").split()
    assert kind == "vapid"
    head, claims, signature = token.removeprefix("t=").split(".")
    assert json.loads(from_text(head)) == {"typ": "JWT", "alg": "ES256"}
    signed, key = from_text(signature), public.removeprefix("k=")
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, from_text(key)).verify(
        encode_dss_signature(int.from_bytes(signed[:32], "big"), int.from_bytes(signed[32:], "big")),
        f"{head}.{claims}".encode(),
        ec.ECDSA(SHA256()),
    )
    return json.loads(from_text(claims)), key


class Browser:
    """A browser with a subscription at a push service."""

    def __init__(self, address, name):
        self.endpoint = f"{address}/push/{name}?token=a%2Fb"
        self._private, self._secret = ec.generate_private_key(CURVE), os.urandom(16)
        self.keys = {"p256dh": to_text(point(self._private)), "auth": to_text(self._secret)}

    def read(self, request):
        """Return the message of a request."""
        return json.loads(opened(request.body, self._private, self._secret))


@dataclass(frozen=True)
class Request:
    """What was posted."""

    path: str
    headers: dict
    body: bytes


class PushService:
    """Takes what is posted, or whatever else its mood is; `taken` and `asked` are requests in order."""

    def __init__(self):
        self.taken, self.asked, self.mood = [], [], "take"
        self.released, self.pause_s = threading.Event(), 0.0
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = Request(self.path, dict(self.headers), body)
                service.asked.append(request)
                mood = service.mood
                if mood == "hang":
                    service.released.wait(30)
                if mood in {"hang", "cut"}:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                if mood == "take":
                    service.taken.append(request)
                    service.released.wait(service.pause_s)
                self.send_response(STATUS[mood])
                if mood == "move":
                    self.send_header("Location", f"{service.address}/elsewhere")
                if mood in {"busy", "slow down"}:
                    self.send_header("Retry-After", "120")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def host(self):
        return f"127.0.0.1:{self.server.server_port}"

    @property
    def address(self):
        return f"http://{self.host}"

    def browser(self, name):
        return Browser(self.address, name)

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
