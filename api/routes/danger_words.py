"""Warning everybody of an outage: whom that would reach and what they would read, and the warning itself."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter

from api.roles import Role, open_to
from api.schemas.messages import DangerName, DangerOrder, DangerPreview, DangerReach, DangerText
from api.schemas.shape import Name
from api.vocabulary import read_vocabulary
from api.work import Database, SignedIn, reading, writing
from dispatch.danger_words import Danger, danger_reach, tell_danger

router = APIRouter(tags=["messages"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)


@router.get("/api/outages/{outage_id}/danger-word")
@_desk
def preview_danger(outage_id: Name, danger: DangerName, engine: Database) -> DangerPreview:
    """Say whom a warning would reach now, and show it in every language. Nothing is sent."""
    wanted = Danger(danger)
    with reading(engine) as work:
        reach = danger_reach(work.session, outage_id=outage_id, danger=wanted)
    return DangerPreview(**asdict(reach), texts=_texts(wanted, outage_id))


@router.post("/api/outages/{outage_id}/danger-word")
@_desk
def send_danger(outage_id: Name, body: DangerOrder, identity: SignedIn, engine: Database) -> DangerReach:
    """Warn everybody whom the outage holds or held, at once and also in quiet hours; each of them once."""
    with writing(engine) as work:
        reach = tell_danger(
            work.session,
            outage_id=outage_id,
            danger=Danger(body.danger),
            actor=identity.name,
            now=work.now,
        )
        return DangerReach.model_validate(reach)


def _texts(danger: Danger, outage_id: str) -> dict[str, DangerText]:
    return {
        language: DangerText(
            **{
                part: words[f"message.{danger.message}.{part}"].format(outage=outage_id)
                for part in ("subject", "body", "sms")
            }
        )
        for language, words in read_vocabulary().items()
    }
