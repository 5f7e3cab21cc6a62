"""`relight push-key`: the key pair of messages to browsers, made once by the operator."""

from __future__ import annotations

from api.cli.output import AsJson, say, say_json
from dispatch.push_signature import PushKey


def push_key(as_json: AsJson = False) -> None:
    """Make a key for messages to browsers (web push), and print it as the setting that keeps it.

    Nothing is stored. Browsers subscribe for one key: with another, every customer has to subscribe anew.
    """
    key = PushKey.make()
    if as_json:
        say_json({"private": key.private_text, "public": key.public_text})
    else:
        say(f"RELIGHT_WEB_PUSH_KEY={key.private_text}")
