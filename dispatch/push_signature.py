"""Who sends a web push: VAPID (RFC 8292), a token signed by the operator's one key.

A browser subscribes for the public half and takes messages signed by the private one only. The key is in no
log and in no `repr`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from dispatch.push_encryption import CURVE, bytes_of, point_of, written_bytes

_NUMBER_BYTES = 32
# The RFC allows a day; half of it leaves room for clocks that differ.
_TOKEN_LASTS = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class PushKey:
    """The operator's key pair, by which push services and browsers know the sender."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def make(cls) -> Self:
        """Return a new key."""
        return cls(ec.generate_private_key(CURVE))

    @classmethod
    def read(cls, written: str) -> Self:
        """Return the key that was written as `private_text` has it; ValueError where it is none."""
        number = bytes_of(written.strip())
        if len(number) != _NUMBER_BYTES:
            raise ValueError("it is not a key that `relight push-key` made")
        return cls(ec.derive_private_key(int.from_bytes(number, "big"), CURVE))

    @property
    def private_text(self) -> str:
        """The secret half, to be kept in the settings."""
        number = self.private.private_numbers().private_value
        return written_bytes(number.to_bytes(_NUMBER_BYTES, "big"))

    @property
    def public_text(self) -> str:
        """The half that browsers are given."""
        return written_bytes(point_of(self.private.public_key()))

    def authorization(self, *, endpoint: str, contact: str, real_now: datetime) -> str:
        """Return the header that says who sends; `contact` is where the push service may complain."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((real_now + _TOKEN_LASTS).timestamp()),
            "sub": contact,
        }
        said = f"{_part({'typ': 'JWT', 'alg': 'ES256'})}.{_part(claims)}"
        r, s = decode_dss_signature(self.private.sign(said.encode(), ec.ECDSA(SHA256())))
        signature = r.to_bytes(_NUMBER_BYTES, "big") + s.to_bytes(_NUMBER_BYTES, "big")
        return f"vapid t={said}.{written_bytes(signature)}, k={self.public_text}"


def _part(content: dict[str, object]) -> str:
    return written_bytes(json.dumps(content, separators=(",", ":")).encode())
