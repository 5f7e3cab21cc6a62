"""Notifications on the customer's phone: a browser subscribes, leaves by one tap, and a worker shows them.

The worker's folder is its own: it controls no page, neither the customer's nor the crew's.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.roles import open_to_everybody
from api.routes.supply_errors import SupplyRoute
from api.routes.supply_pages import Face, Fields, read_fields
from api.settings import MessageSettings
from api.supply_cookie import held_pass
from api.work import Database, receiving
from dispatch.channels import Channel
from dispatch.errors import InvalidInput
from dispatch.push_addresses import PushAddress
from dispatch.push_choice import subscribe_push
from dispatch.subscriptions import leave_channel

router = APIRouter(tags=["customers"], include_in_schema=False, route_class=SupplyRoute)

PUSH_PATH = "/supply/messages/push"
# An address and two keys: what is longer was not written by our page.
LARGEST_PUSH_BYTES = 8 * 1024
_WORKER_HEADERS = {
    # Asked for anew each time, so that a newer one takes over; it fetches nothing itself.
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


@router.post(PUSH_PATH)
@open_to_everybody
def subscribe(request: Request, engine: Database, fields: Fields) -> Response:
    """Tell this browser from now on; for the page's own script, which reads the status alone.

    Whoever has no pass is sent to the page that says so.
    """
    held = held_pass(request, engine)
    if held is None:
        return RedirectResponse("/supply/messages", status_code=303)
    messages: MessageSettings = request.app.state.messages
    try:
        address = PushAddress.read(
            endpoint=fields.get("endpoint", ""),
            p256dh=fields.get("p256dh", ""),
            auth=fields.get("auth", ""),
            hosts=messages.push_hosts() if messages.push_key() is not None else (),
        )
    except InvalidInput:
        return Response(status_code=422)
    with receiving(engine) as work:
        subscribe_push(work.session, account=held.account, address=address, now=work.now)
    return Response(status_code=204)


@router.post(f"{PUSH_PATH}/leave", dependencies=[Depends(read_fields)])
@open_to_everybody
def leave(request: Request, engine: Database) -> Response:
    """Tell no browser of this account any more."""
    held = held_pass(request, engine)
    if held is None:
        return RedirectResponse("/supply/messages", status_code=303)
    with receiving(engine) as work:
        leave_channel(work.session, account=held.account, channel=Channel.WEB_PUSH, now=work.now)
    return RedirectResponse("/supply/messages?said=push_off", status_code=303)


@router.get("/supply/push/worker.js")
@open_to_everybody
def show_worker(face: Face) -> Response:
    """Give the service worker that shows notifications."""
    worker = face.files["push_worker.js"]
    return Response(worker.content, media_type=worker.media_type, headers=_WORKER_HEADERS)
