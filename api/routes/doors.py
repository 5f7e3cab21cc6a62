"""The first page: a door to each face, in both languages, and nothing else."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from api.faces import FACES
from api.roles import open_to_everybody

router = APIRouter(tags=["faces"], include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Relight</title>
<style>
:root{color-scheme:light dark}
body{font:1.05rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}
a{display:block;margin:.75rem 0;padding:.9rem 1.1rem;border:1px solid;border-radius:.5rem;color:inherit;
text-decoration:none}a:hover,a:focus{outline:3px solid #2f6fd0}b{display:block}
</style>
<h1>Relight</h1>
<a href="/supply"><b>My power is out · 我家停电了</b>See your supply, or report an outage · 查询供电、报修</a>
<a href="/map/"><b>Outage map · 停电地图</b>Areas without power · 停电区域</a>
<a href="/dispatcher/"><b>Dispatcher · 调度员</b>The desk: map, outages, crews · 工作台：地图、停电、班组</a>
<a href="/crew/"><b>Crew · 抢修班组</b>Your jobs, step by step · 我的抢修任务</a>
<a href="/docs"><b>HTTP interface · 接口文档</b>For programs, and for reading · 供程序调用和查阅</a>
</html>
"""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/", response_class=HTMLResponse)
@open_to_everybody
def read_doors() -> HTMLResponse:
    """Show the way to each face."""
    return HTMLResponse(_PAGE, headers=_HEADERS)


def _lead_to(face: str) -> None:
    @router.get(f"/{face}", response_class=RedirectResponse)
    @open_to_everybody
    def enter() -> RedirectResponse:
        """Lead to the folder in which the files of the face lie."""
        return RedirectResponse(f"/{face}/")


for _face in FACES:
    _lead_to(_face)
