"""A danger stands above all outages with its clock, and a crew makes it safe; a crew reports damage."""

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

both_languages = pytest.mark.parametrize("language", ["en", "zh"])


def _photo():
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), (120, 150, 90)).save(buffer, format="JPEG")
    return {"name": "place.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def _picture(face, name):
    """Keep a picture of the page where somebody asked for pictures."""
    folder = os.environ.get("RELIGHT_TEST_PICTURES")
    if folder:
        face.page.screenshot(path=str(Path(folder) / f"{name}_{face.words.language}.png"))


@both_languages
def test_a_wire_down_is_made_safe_and_closed_with_evidence(town, street, open_page, language):
    desk, crew = open_page("Desk", language), open_page("CrewPhone", language)
    words = desk.words
    desk.open("wang", town.password)
    crew.open(street.crew, town.password)
    town.lose(street.households[0], hazard="wire_down")
    card = desk.page.locator(".hazards .hazard", has_text=words("hazard.wire_down")).filter(
        has_text=words("hazards.status.raised")
    )
    expect(card.first).to_contain_text(words("hazards.level.1"))
    card.first.click()
    panel = desk.page.locator("article.panel")
    panel.locator("select[required]").select_option(street.crew)
    panel.get_by_role("button", name=words("hazards.send")).click()
    expect(panel).to_contain_text(words("hazards.status.acknowledged"))
    _picture(desk, "desk_hazard")

    # Safety words come before anything else of the job.
    expect(crew.page.locator("article.job h1")).to_have_text(words("hazard.wire_down"))
    expect(crew.page.locator(".safety")).to_contain_text(words("crew.safety.live"))
    for step in ("accepted", "en_route", "on_site", "working"):
        crew.page.locator(".next .primary").click()
        expect(desk.page.locator("article.panel")).to_contain_text(words(f"status.job.{step}"))
        crew.page.wait_for_timeout(1000)
    finish = crew.page.locator(".next .primary")
    expect(finish).to_be_disabled()
    crew.page.locator("input[type=file]").set_input_files(_photo())
    crew.button("crew.make_safe.send_photos").click()
    crew.says("crew.make_safe.photos_sent")
    crew.button("hazards.outcome.made_safe").click()
    _picture(crew, "crew_make_safe")
    finish.click()
    expect(panel).to_contain_text(words("hazards.status.made_safe"))
    expect(panel.locator(".photos img")).to_be_visible()
    _picture(desk, "desk_hazard_safe")
    desk.button("hazards.close").click()
    expect(panel).to_have_count(0)


@both_languages
def test_a_crew_that_looks_reports_what_is_broken(town, street, open_page, language):
    desk, crew = open_page("Desk", language), open_page("CrewPhone", language)
    words = desk.words
    desk.open("wang", town.password)
    crew.open(street.crew, town.password)
    town.lose(*street.households[:4])
    desk.choose(street.fuse)
    desk.button("dispatcher.actions.confirm").click()
    desk.button("damage.send_to_look").click()
    expect(crew.page.locator("article.job")).to_contain_text(words("crew.assessment"))
    # A road that the desk closes is on the crew's map at once, and gone when it is lifted.
    west, south = street.place
    dispatcher = town.client("wang")
    drawn = {"type": "LineString", "coordinates": [[west, south], [west + 0.001, south + 0.001]]}
    closed = dispatcher.post("/api/road-closures", json={"geometry": drawn, "reason": "flooded"}).json()
    expect(crew.page.locator(".closed")).to_be_visible()
    crew.page.locator(".job_map").scroll_into_view_if_needed()
    _picture(crew, "crew_closed_road")
    dispatcher.post(f"/api/road-closures/{closed['id']}/lift", json={})
    expect(crew.page.locator(".closed")).to_have_count(0)
    for _ in range(3):
        crew.page.locator(".next .primary").click()
        crew.page.wait_for_timeout(1000)
    crew.button("damage.report").click()
    # Photos taken, a form half filled in, and the page thrown out of memory: nothing of it is lost.
    pole = crew.page.locator(".kind .more", has_text=words("damage.kind.pole"))
    pole.click()
    pole.click()
    crew.page.locator("input[type=file]").set_input_files(_photo())
    expect(crew.page.locator(".picker img")).to_be_visible()
    _picture(crew, "crew_damage_kinds")
    crew.page.reload()
    expect(pole).to_contain_text("2")
    expect(crew.page.locator(".picker img")).to_be_visible()
    crew.page.get_by_role("button", name=words("crew.etr.hours", hours=8)).click()
    _picture(crew, "crew_damage")
    crew.page.context.set_offline(True)
    crew.button("damage.send").click()
    expect(crew.page.locator(".damage")).to_contain_text(words.before("damage.waits"))
    _picture(crew, "crew_damage_waits")
    crew.page.context.set_offline(False)
    expect(crew.page.locator(".damage")).to_contain_text(words.before("damage.taken"))
    title = desk.page.get_by_role("heading", name=words("damage.title"), exact=True)
    section = desk.page.locator(".panel_section").filter(has=title)
    expect(section).to_contain_text(words("damage.kind.pole"))
    expect(section.locator(".photos img")).to_be_visible()
    section.scroll_into_view_if_needed()
    _picture(desk, "desk_damage")
