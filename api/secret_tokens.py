"""Opaque random tokens, handed out once and stored only as a digest; and short codes that people type."""

from __future__ import annotations

import hashlib
import secrets

_TOKEN_BYTES = 32


def new_token() -> tuple[str, bytes]:
    """Return a fresh token and the digest to store in its place."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    return token, token_digest(token)


def new_code() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(10**6):06}"


def token_digest(token: str) -> bytes:
    """Return what is stored for a token. The token is random, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).digest()
