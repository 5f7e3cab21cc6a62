"""A base map under the desk's network: drawn and named where there is one, told where it is gone.

What Relight itself says of it is tested in tests/api/test_base_map.py; here the pages are told it.
"""

import io

from PIL import Image
from playwright.sync_api import expect

DETAILS = {
    "kind": "raster",
    "name": "Town",
    "attribution": "© Mappers <b>of the town</b>",
    "lowest_zoom": 0,
    "highest_zoom": 14,
    "bounds": None,
    "layers": [],
    "made": "1-1",
}
TILES = "**/api/base-map/1-1/**"


def _picture():
    written = io.BytesIO()
    Image.new("RGB", (256, 256), (120, 160, 200)).save(written, format="PNG")
    return written.getvalue()


def test_a_base_map_is_drawn_and_says_whose_it_is(town, open_page):
    desk = open_page("Desk")
    told = {"base_map": DETAILS, "problem": None}
    desk.page.route("**/api/base-map", lambda route: route.fulfill(json=told))
    desk.page.route(TILES, lambda route: route.fulfill(body=_picture(), content_type="image/png"))
    with desk.page.expect_request(TILES):
        desk.open("wang", town.password)
    # As text: what a file says is never markup.
    expect(desk.page.locator(".base_map_attribution")).to_have_text(DETAILS["attribution"])
    # Day turns to night: the style is another one, and has its base map too.
    with desk.page.expect_request(TILES):
        desk.page.emulate_media(color_scheme="dark")
    expect(desk.page.locator(".base_map_attribution")).to_have_count(1)


def test_one_that_is_gone_is_told_in_a_line_and_the_desk_works_on(town, street, open_page):
    desk = open_page("Desk", "zh")
    problem = {"base_map": None, "problem": "missing"}
    desk.page.route("**/api/base-map", lambda route: route.fulfill(json=problem))
    desk.open("wang", town.password)
    desk.says("shared.map.base_map.missing")
    town.lose(*street.households[:4])
    desk.choose(street.fuse)
