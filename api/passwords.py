"""Password hashes: Argon2id by argon2-cffi, with the same work done for an account that does not exist.

Owns hashing and comparing; it does not know accounts. One object is made per process and handed down.
"""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1000

# Each comparison takes 64 MiB for some 50 ms (RFC 9106, second recommended set): more than a few at once
# would let a flood of sign-ins starve the machine of memory.
_AT_ONCE = 4


class WeakPasswordError(Exception):
    """A password is too short or too long to be taken."""


class PasswordHashes:
    """Makes and compares password hashes, a few at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Prepare the hash that stands in for accounts that do not exist."""
        self._hasher = hasher or PasswordHasher()
        self._turn = threading.BoundedSemaphore(_AT_ONCE)
        self._nobody = self._hasher.hash("no account has this password")

    def of(self, password: str) -> str:
        """Return the hash to store; WeakPasswordError when the password is too short or too long."""
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise WeakPasswordError(
                f"A password needs {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; "
                f"this one has {len(password)}."
            )
        with self._turn:
            return self._hasher.hash(password)

    def match(self, password: str, stored: str | None) -> bool:
        """Return whether it is the password stored; None (no such account) costs as much and is false."""
        with self._turn:
            try:
                self._hasher.verify(stored or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None
