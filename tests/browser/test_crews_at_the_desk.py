"""The list of crews (key K) with what is known of each; a crew that declines: who, why, who goes now."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

both_languages = pytest.mark.parametrize("language", ["en", "zh"])


def _picture(face, name):
    """Keep a picture of the page where somebody asked for pictures."""
    folder = os.environ.get("RELIGHT_TEST_PICTURES")
    if folder:
        face.page.screenshot(path=str(Path(folder) / f"{name}_{face.words.language}.png"))


@both_languages
def test_the_list_of_crews_and_a_crew_that_declines(town, street, open_page, language):
    desk = open_page("Desk", language)
    words, page = desk.words, desk.page
    crew = town.client(street.crew)
    at_sea = {"lon": 0.0, "lat": 0.0, "at": datetime.now(UTC).isoformat()}
    assert crew.post(f"/api/crews/{street.crew}/position", json=at_sea).status_code < 300
    desk.open("wang", town.password)
    page.keyboard.press("k")
    card = page.locator(".panel .crew", has_text=street.crew_name)
    expect(card).to_contain_text(words("crew_status.free"))
    expect(card).to_contain_text(words("position_doubt.far_from_network", km=20))
    _picture(desk, "desk_crews")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)

    town.lose(*street.households[:4])
    desk.choose(street.fuse)
    desk.button("dispatcher.actions.confirm").click()
    page.locator(".crews .crew", has_text=street.crew_name).get_by_role(
        "button", name=words("dispatcher.crews.send")
    ).click()
    expect(page.locator("article.panel")).to_contain_text(words("status.job.assigned"))
    reason = {"en": "The truck is stuck", "zh": "车陷住了"}[language]
    (job,) = crew.get("/api/jobs/mine").json()["jobs"]
    declined = {
        "status": "declined",
        "occurred_at": datetime.now(UTC).isoformat(),
        "client_event_id": f"decline-{street.number}-{language}",
        "reason": reason,
    }
    assert crew.post(f"/api/jobs/{job['id']}/progress", json=declined).status_code == 200
    notice = page.locator(".declined")
    expect(notice).to_contain_text(street.crew_name)
    expect(notice).to_contain_text(reason)
    _picture(desk, "desk_declined")
