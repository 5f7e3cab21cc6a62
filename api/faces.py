"""The built pages of dispatcher and crew, served as files. `make web` builds them into web/dist.

The pages hold no data and no secret: whoever opens one signs in to the API like everybody else. They come
compressed, a third of their size, over whatever line; that is done once for each file and kept.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from api.roles import open_to_everybody

FACES_FOLDER = Path(__file__).resolve().parent.parent / "web" / "dist"
FACES = ("dispatcher", "crew")

# Everything comes from Relight itself; the map draws its tiles in a worker and its icons from data addresses.
_POLICY = (
    "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; "
    "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_COMPRESSED = frozenset({".html", ".js", ".css", ".svg", ".webmanifest", ".json"})
_NOT_BUILT = (
    "<!doctype html><meta charset=utf-8><title>Relight</title>"
    "<p>The pages are not built yet. Run <code>make web</code> in the checkout, then reload.</p>"
    "<p>页面尚未构建。请在代码目录运行 <code>make web</code>,然后刷新。</p>"
)


class BuiltFiles:
    """Files below one folder, with the headers of a page; a plain word where nothing was built."""

    def __init__(self, folder: Path, *, is_page: bool) -> None:
        """Serve a folder; the names of assets carry their content's hash and may be kept for ever."""
        self._is_page = is_page
        self._files = StaticFiles(directory=folder, html=is_page) if folder.is_dir() else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer: Response
        if self._files is None:
            answer = HTMLResponse(_NOT_BUILT, status_code=503)
        else:
            answer = await self._files.get_response(self._files.get_path(scope), scope)
            answer = await _compressed(answer, scope)
        keep = "no-cache" if self._is_page else "public, max-age=31536000, immutable"
        answer.headers["Cache-Control"] = keep
        answer.headers["Content-Security-Policy"] = _POLICY
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "same-origin"
        await answer(scope, receive, send)


async def _compressed(answer: Response, scope: Scope) -> Response:
    """Return a file's answer compressed, where that is worth it and whoever asks takes it."""
    takes = Headers(scope=scope).get("accept-encoding", "")
    if not isinstance(answer, FileResponse) or scope["method"] != "GET" or "gzip" not in takes:
        return answer
    path = Path(answer.path)
    if path.suffix not in _COMPRESSED:
        return answer
    content = await run_in_threadpool(_gzipped_now, path)
    # Weak: the same page in another form. Who has it already is told so as before.
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding", "ETag": f"W/{answer.headers['etag']}"}
    return Response(content, media_type=answer.media_type, headers=headers)


def _gzipped_now(path: Path) -> bytes:
    return _gzipped(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=128)
def _gzipped(path: Path, _modified_ns: int) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=9)


def mount_faces(app: FastAPI, *, folder: Path = FACES_FOLDER) -> None:
    """Serve each face under its own name, and what they share under /assets."""
    for name in (*FACES, "assets"):
        files = BuiltFiles(folder / name, is_page=name != "assets")
        app.mount(f"/{name}", open_to_everybody(files), name=name)
