"""Closed roads as the desk draws and lifts them, and the way of a crew that is pointed at."""

import os

import pytest
from playwright.sync_api import expect

both_languages = pytest.mark.parametrize("language", ["en", "zh"])


@both_languages
def test_roads_are_closed_with_a_few_clicks_and_lifted_with_one(town, street, open_page, language):
    desk = open_page("Desk", language)
    desk.open("wang", town.password)
    page = desk.page
    canvas = page.locator(".desk_map canvas")
    expect(canvas).to_be_visible()
    page.locator(".roads summary").click()
    desk.button("dispatcher.roads.draw_area").click()
    send = desk.button("dispatcher.roads.close")
    expect(send).to_be_disabled()
    box = canvas.bounding_box()
    for across, down in ((0.45, 0.55), (0.6, 0.55), (0.52, 0.7)):
        page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
    page.get_by_label(desk.words("dispatcher.roads.reason")).select_option("tree_down")
    if folder := os.environ.get("RELIGHT_TEST_PICTURES"):
        page.screenshot(path=f"{folder}/drawing-{language}.png")
    send.click()
    listed = page.locator(".roads li")
    expect(listed).to_contain_text(desk.words("closure_reason.tree_down"))
    if folder:
        page.wait_for_timeout(800)
        page.screenshot(path=f"{folder}/closed-{language}.png")
    listed.get_by_role("button", name=desk.words("dispatcher.roads.lift")).click()
    expect(listed).to_have_count(0)


@both_languages
def test_the_way_of_a_crew_is_drawn_and_read_and_said_to_be_a_guess_without_roads(
    town, street, open_page, language
):
    desk = open_page("Desk", language)
    desk.open("wang", town.password)
    town.lose(*street.households[:4])
    desk.choose(street.fuse)
    desk.button("dispatcher.actions.confirm").click()
    first = desk.page.locator(".crews .crew").first
    first.get_by_role("button", name=desk.words("dispatcher.crews.way"), exact=True).click()
    expect(first).to_contain_text(desk.words("drive.straight").rpartition("}")[2].strip())
    if folder := os.environ.get("RELIGHT_TEST_PICTURES"):
        desk.page.wait_for_timeout(800)
        desk.page.screenshot(path=f"{folder}/way-{language}.png")
