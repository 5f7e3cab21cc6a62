"""The text of a web push, sealed for one browser: RFC 8291, with the one record of RFC 8188 (aes128gcm).

Pure: salt and the sender's key of the moment are arguments, so that the RFC's own example can be a test. Each
message needs both anew (`seal_anew`). The push service on the way sees the length, and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import os
import struct

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
SALT_BYTES = SECRET_BYTES = 16
_RECORD_BYTES = 4096
_KEY_BYTES, _NONCE_BYTES, _INPUT_BYTES = 16, 12, 32
_LAST_RECORD = b"\x02"


def bytes_of(written: str) -> bytes:
    """Return what stands there in base64 as addresses have it, with or without padding; ValueError if not."""
    plain = written.rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("this is not base64 as addresses have it") from error


def written_bytes(content: bytes) -> str:
    """Return bytes in base64 as addresses have it, without padding."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as the 65 bytes that go over the line."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def public_key(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the public key of 65 bytes; ValueError where they are no point of the curve."""
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)


def seal_anew(text: bytes, *, receiver: bytes, secret: bytes) -> bytes:
    """Return the body for a browser's public key and secret, with a salt and a key for this message alone."""
    sender = ec.generate_private_key(CURVE)
    return seal(text, receiver=receiver, secret=secret, salt=os.urandom(SALT_BYTES), sender=sender)


def seal(
    text: bytes, *, receiver: bytes, secret: bytes, salt: bytes, sender: ec.EllipticCurvePrivateKey
) -> bytes:
    """Return the body: salt, size of the record, the sender's public key, and the sealed text."""
    point = point_of(sender.public_key())
    shared = sender.exchange(ec.ECDH(), public_key(receiver))
    input_key = _derived(
        shared, salt=secret, info=b"WebPush: info\x00" + receiver + point, length=_INPUT_BYTES
    )
    key = _derived(input_key, salt=salt, info=b"Content-Encoding: aes128gcm\x00", length=_KEY_BYTES)
    nonce = _derived(input_key, salt=salt, info=b"Content-Encoding: nonce\x00", length=_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, text + _LAST_RECORD, None)
    return salt + struct.pack("!LB", _RECORD_BYTES, len(point)) + point + sealed


def _derived(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)
