"""The seal and the signature of a web push: the RFC's own example, and what code that is not ours opens."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from dispatch.push_encryption import (
    CURVE,
    bytes_of,
    point_of,
    seal,
    seal_anew,
    written_bytes,
)
from dispatch.push_signature import PushKey

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
# RFC 8291, section 5 and appendix A.
TEXT = b"When I grow up, I want to be a watermelon"
BROWSER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w"
    "EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def private_key(written):
    return ec.derive_private_key(int.from_bytes(bytes_of(written), "big"), CURVE)


def test_the_example_of_the_rfc_comes_out_to_the_byte(push_service_module):
    body = seal(
        TEXT,
        receiver=bytes_of(POINT),
        secret=bytes_of(SECRET),
        salt=bytes_of(SALT),
        sender=private_key(SENDER),
    )
    assert written_bytes(body) == BODY
    assert push_service_module.opened(body, private_key(BROWSER), bytes_of(SECRET)) == TEXT


@given(text=st.binary(max_size=3000))
def test_whatever_is_sealed_the_browser_opens_and_no_two_are_alike(push_service_module, text):
    opened = push_service_module.opened
    browser, secret = ec.generate_private_key(CURVE), os.urandom(16)
    receiver = point_of(browser.public_key())
    one, other = (seal_anew(text, receiver=receiver, secret=secret) for _ in range(2))
    assert opened(one, browser, secret) == opened(other, browser, secret) == text
    assert one[:16] != other[:16]
    assert one[21:86] != other[21:86]
    assert len(one) <= 4096


@given(content=st.binary(max_size=100))
def test_what_is_written_is_read(content):
    assert bytes_of(written_bytes(content)) == content


@pytest.mark.parametrize("wrong", ["a", "a b", "ä", "====a", "a.b"])
def test_what_is_no_base64_is_refused(wrong):
    with pytest.raises(ValueError):
        bytes_of(wrong)


def test_a_key_is_read_back_and_signs_for_one_service_and_half_a_day(push_service_module):
    key = PushKey.read(PushKey.make().private_text)
    assert PushKey.read(key.private_text).public_text == key.public_text
    header = key.authorization(
        endpoint="https://push.example.org:8443/a/b?c=d", contact="mailto:o@example.org", real_now=NOW
    )
    claims, public = push_service_module.signed_claims(header)
    assert public == key.public_text
    assert claims == {
        "aud": "https://push.example.org:8443",
        "exp": NOW.timestamp() + 12 * 3600,
        "sub": "mailto:o@example.org",
    }
    other, *parts = header.split(".")
    with pytest.raises(InvalidSignature):
        push_service_module.signed_claims(".".join([other, "e30", parts[1]]))


def test_a_key_shows_itself_to_nobody_who_only_prints_it():
    key = PushKey.make()
    assert key.private_text not in repr(key)


@pytest.mark.parametrize("wrong", ["", "short", "A" * 43, "_" * 43, "not base64!", "A" * 86])
def test_what_is_no_key_is_refused(wrong):
    with pytest.raises(ValueError):
        PushKey.read(wrong)
