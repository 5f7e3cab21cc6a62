"""The customer's face: pages rendered here, in two languages, with the headers that keep them to themselves.

Owns the templates' surroundings (`web/customer`), the styles' and script's addresses, and what live pages
share. Which page is shown when is the routes' matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.settings import SignInSettings
from api.supply_map import HEIGHT, WIDTH, OutageAreas
from api.supply_stream import SupplyWatch
from api.supply_words import LANGUAGE_COOKIE, Words, chosen_language
from dispatch.notifications import LANGUAGES

FOLDER = Path(__file__).resolve().parents[1] / "web" / "customer"
FILES: Mapping[str, str] = {
    "style.css": "text/css",
    "live.js": "text/javascript",
    "photo.js": "text/javascript",
    "push.js": "text/javascript",
    "push_worker.js": "text/javascript",
    "app.webmanifest": "application/manifest+json",
    "icon.png": "image/png",
}

_LANGUAGE_KEPT_S = 365 * 24 * 3600
_HEADERS = {
    # The page is one customer's own: no cache keeps it, no other page frames it, nothing else is fetched.
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A style sheet or script, and the address under which it may be kept for ever."""

    content: bytes
    media_type: str
    address: str


class SupplyFace:
    """What all pages of customers share in one process."""

    def __init__(
        self,
        *,
        texts: Mapping[str, Mapping[str, str]],
        zone: tzinfo,
        watch: SupplyWatch,
        notice: str | None = None,
    ) -> None:
        """Read the templates and files; times are told in `zone`, and `notice` stands on every page."""
        self.watch = watch
        self.areas = OutageAreas()
        self.files = {name: _read(name, media_type) for name, media_type in FILES.items()}
        self._texts = texts
        self._zone = zone
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.globals.update(
            files={name: file.address for name, file in self.files.items()},
            map_width=WIDTH,
            map_height=HEIGHT,
            notice=notice,
        )

    def words(self, request: Request) -> Words:
        """Return the words in the language of a request."""
        language = chosen_language(request)
        return Words(language=language, texts=self._texts[language], zone=self._zone)

    def languages(self) -> list[Words]:
        """Return the words of every language."""
        return [Words(language=name, texts=self._texts[name], zone=self._zone) for name in LANGUAGES]

    def page(
        self, request: Request, template: str, /, *, status: int = 200, **values: object
    ) -> HTMLResponse:
        """Render a page for a request."""
        words = self.words(request)
        html = self._templates.get_template(template).render(words=words, here=request.url.path, **values)
        answer = HTMLResponse(
            html, status_code=status, headers={**_HEADERS, "Content-Language": words.language}
        )
        if request.query_params.get("lang") in LANGUAGES:
            answer.set_cookie(
                LANGUAGE_COOKIE,
                words.language,
                max_age=_LANGUAGE_KEPT_S,
                path="/supply",
                httponly=True,
                samesite="lax",
                secure=is_secure(request),
            )
        return answer


def as_of(words: Words, now: datetime) -> str:
    """Return the words that say how fresh a page is."""
    return words("as_of", time=words.time(now, now=now))


def is_secure(request: Request) -> bool:
    """Return whether a cookie set now is to be sent over https only."""
    settings: SignInSettings = request.app.state.sign_in
    if settings.secure_cookies == "auto":
        return request.url.scheme == "https"
    return settings.secure_cookies == "always"


def _read(name: str, media_type: str) -> StaticFile:
    content = (FOLDER / name).read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(content=content, media_type=media_type, address=f"/supply/{name}?v={digest}")
