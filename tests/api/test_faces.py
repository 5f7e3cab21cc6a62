"""The built pages as they come over the line: compressed for whoever takes it, not sent again unchanged."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from api.faces import mount_faces

PAGE = "<!doctype html><title>Crew</title>" + "<p>word</p>" * 500
PICTURE = b"\x89PNG" + bytes(2000)


class Line:
    """Asks an application without a server in between."""

    def __init__(self, app):
        """Know the application."""
        self._transport = httpx.ASGITransport(app)

    def get(self, address, *, method="GET", **headers):
        """Ask once."""

        async def ask():
            async with httpx.AsyncClient(transport=self._transport, base_url="http://relight") as client:
                return await client.request(method, address, headers=headers)

        return asyncio.run(ask())


@pytest.fixture
def line(tmp_path):
    (tmp_path / "crew").mkdir()
    (tmp_path / "crew" / "index.html").write_text(PAGE)
    (tmp_path / "crew" / "icon.png").write_bytes(PICTURE)
    app = FastAPI()
    mount_faces(app, folder=tmp_path)
    return Line(app)


def test_a_page_comes_compressed_to_whoever_takes_it(line):
    answer = line.get("/crew/", **{"Accept-Encoding": "gzip"})
    assert answer.text == PAGE
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(PAGE) / 10
    assert answer.headers["content-type"].startswith("text/html")
    assert "content-security-policy" in answer.headers


def test_whoever_has_it_is_not_sent_it_again_in_either_form(line):
    for form in ("gzip", "identity"):
        first = line.get("/crew/", **{"Accept-Encoding": form})
        assert first.text == PAGE
        again = line.get("/crew/", **{"Accept-Encoding": form, "If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_a_picture_and_a_look_at_the_head_stay_as_they_are(line):
    answer = line.get("/crew/icon.png", **{"Accept-Encoding": "gzip"})
    assert (answer.content, "content-encoding" in answer.headers) == (PICTURE, False)
    assert line.get("/crew/", method="HEAD").status_code == 200


def test_a_page_that_is_built_anew_is_the_new_one(line, tmp_path):
    line.get("/crew/")
    (tmp_path / "crew" / "index.html").write_text("<p>newer</p>")
    assert line.get("/crew/", **{"Accept-Encoding": "gzip"}).text == "<p>newer</p>"
