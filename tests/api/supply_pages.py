"""The customer's pages as tests ask and read them. Loaded by conftest.py."""

from __future__ import annotations

import re

from sqlalchemy import text

from api.vocabulary import read_vocabulary

TEXTS = read_vocabulary()


def say(key, language="en", **values):
    return TEXTS[language][f"customer.{key}"].format(**values)


def says(page, *keys, language="en"):
    """Whether the page has the text of each key, as far as it stands before the first blank."""
    plain = page.text.replace("&#39;", "'")
    return all(TEXTS[language][f"customer.{key}"].partition("{")[0] in plain for key in keys)


def enter(client, account, digits):
    return client.post("/supply", data={"account": account, "digits": digits})


def token_of(page):
    return re.search(r'name="token" value="([^"]+)"', page.text)[1]


def report(client, **fields):
    """Fill in the form as it is served, and send it."""
    page = client.get("/supply/report")
    return client.post("/supply/report", data={"token": token_of(page), **fields})


def calls(world):
    with world.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT * FROM evidence WHERE kind = 'trouble_call' ORDER BY sequence")
        )
        return list(rows)
