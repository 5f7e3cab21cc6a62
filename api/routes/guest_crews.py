"""Guest crews: let in, given a link, sent away; and the link as it is opened on their phones."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from api.gatekeeper import cookie_of
from api.guest_links import (
    add_guest_account,
    check_link,
    end_link,
    new_link,
    open_link,
    openings_of_links,
    signed_in_already,
)
from api.roles import Role, open_to, open_to_everybody
from api.schemas.guest_crews import (
    GuestCrew,
    GuestCrews,
    GuestCrewWithLink,
    NewGuestCrew,
    NewGuestLink,
)
from api.schemas.shape import Name
from api.schemas.sign_in import GuestSignIn, SignedInAs
from api.sign_in_cookie import set_sign_in_cookie
from api.work import Database, SignedIn, Work, reading, writing
from dispatch.crews import name_of_crew
from dispatch.guest_crews import NewGuest, admit_guest, end_leave, guest_leave, note_opened, renew_leave
from dispatch.guest_leave import GuestLeave, guest_leaves

router = APIRouter(tags=["guest crews"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)


@router.get("/api/guest-crews")
@_desk
def read_guest_crews(engine: Database) -> GuestCrews:
    """List the guest crews, those whose leave is over too."""
    with reading(engine) as work:
        leaves = guest_leaves(work.session).values()
        return GuestCrews(guest_crews=[_told(work, leave) for leave in leaves])


@router.post("/api/guest-crews", status_code=201)
@_desk
def admit(
    body: NewGuestCrew, request: Request, response: Response, identity: SignedIn, engine: Database
) -> GuestCrewWithLink:
    """Let a crew of another company help, within hours and an area; its link is told this once."""
    with writing(engine) as work:
        guest = NewGuest(
            name=body.name,
            company=body.company,
            skills=body.skills,
            begins_at=body.begins_at or work.now,
            ends_at=body.ends_at,
            polygon=body.polygon.model_dump() if body.polygon else None,
            feeders=body.feeders,
        )
        leave = admit_guest(work.session, guest=guest, actor=identity.name, now=work.now)
        add_guest_account(
            work.session,
            passwords=request.app.state.passwords,
            name=f"{guest.name.strip()} · {leave.company} ({leave.crew_id})",
            crew_id=leave.crew_id,
            now=datetime.now(UTC),
        )
        return _with_link(work, leave, response)


@router.post("/api/guest-crews/{crew_id}/link")
@_desk
def renew(
    crew_id: Name, body: NewGuestLink, response: Response, identity: SignedIn, engine: Database
) -> GuestCrewWithLink:
    """Give a guest crew a new link, and other hours if wanted; the old link and its sign-ins end."""
    with writing(engine) as work:
        leave = renew_leave(
            work.session, crew_id=crew_id, ends_at=body.ends_at, actor=identity.name, now=work.now
        )
        return _with_link(work, leave, response)


@router.post("/api/guest-crews/{crew_id}/end")
@_desk
def end(crew_id: Name, identity: SignedIn, engine: Database) -> GuestCrew:
    """Take a leave back at once: the link, every sign-in by it and every open page end with it."""
    with writing(engine) as work:
        leave = end_leave(work.session, crew_id=crew_id, actor=identity.name, now=work.now)
        end_link(work.session, crew_id=crew_id, real_now=datetime.now(UTC))
        return _told(work, leave)


@router.post("/api/guest-sign-in")
@open_to_everybody
def sign_in(request: Request, response: Response, body: GuestSignIn, engine: Database) -> SignedInAs:
    """Sign a guest crew's phone in by its link, until that ends; send `X-Relight: crew` as its page does."""
    real_now = datetime.now(UTC)
    cookie = request.cookies.get(cookie_of(request.headers))
    with Session(engine) as session, session.begin():
        held = signed_in_already(session, token=body.token, cookie=cookie, real_now=real_now)
        if held is None:
            check_link(session, token=body.token, real_now=real_now)
    with writing(engine) if held is None else reading(engine) as work:
        if held is None:
            opened = open_link(work.session, token=body.token, real_now=real_now)
            held = opened.identity
            note_opened(work.session, crew_id=held.crew_id or "", actor=held.name, now=work.now)
            set_sign_in_cookie(request, response, opened=opened, real_now=real_now)
        leave = guest_leave(work.session, crew_id=held.crew_id or "")
    return SignedInAs.model_validate(held).model_copy(update={"guest_until": leave.ends_at})


def _with_link(work: Work, leave: GuestLeave, response: Response) -> GuestCrewWithLink:
    token = new_link(work.session, leave=leave, now=work.now, real_now=datetime.now(UTC))
    response.headers["Cache-Control"] = "no-store"
    return GuestCrewWithLink(guest_crew=_told(work, leave), link=f"/crew/#guest={token}")


def _told(work: Work, leave: GuestLeave) -> GuestCrew:
    return GuestCrew.of(
        leave,
        name=name_of_crew(work.session, crew_id=leave.crew_id) or leave.crew_id,
        holds=leave.holds(work.now),
        opened=openings_of_links(work.session).get(leave.crew_id, 0),
    )
