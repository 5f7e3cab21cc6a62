"""A customer's report through HTTP: of the own supply, by place, with a danger, and what cannot be taken.

S ─B1─ N1 ─F1─ N2 ─T1─ N3   a1 a2 a3     (account A-a1, phone …0000; A-a2 …0001; and so on)
        └─L1─ N4 ─T2─ N5   b1 b2 b3
S ─B2─ M1 ─T3─ M2          c1 c2 c3
"""

import pytest
from sqlalchemy import text

from dispatch.hazard_intake import mind_hazards
from dispatch.hazard_views import list_hazards


class TestReporting:
    def test_a_report_becomes_one_call_and_the_page_knows_it(self, world, visitor, pages):
        client = visitor("a1", language="zh")
        answer = pages.report(client, extent="neighbours", text="  听到一声\n巨响 ")
        assert (answer.status_code, answer.headers["location"]) == (303, "/supply/reported?place=0")
        assert pages.says(client.get("/supply/reported"), "done.title", "done.new", language="zh")
        (call,) = pages.calls(world)
        assert (call.service_point, call.hazard, call.source) == ("a1", None, "customer")
        assert call.text == f"{pages.say('report.said.neighbours', 'zh')} 听到一声 巨响"
        assert pages.says(client.get("/supply/mine"), "reported.headline", "mine.tell_more", language="zh")
        world.analyse()
        assert client.get("/supply/mine").status_code == 200

    def test_the_same_form_twice_counts_once_and_a_danger_added_to_it_counts(self, world, visitor, pages):
        client = visitor("a1")
        form = {"token": pages.token_of(client.get("/supply/report")), "extent": "only_me"}
        first, second = (client.post("/supply/report", data=form) for _ in range(2))
        assert first.headers["location"] == second.headers["location"]
        assert len(pages.calls(world)) == 1
        client.post("/supply/report", data={**form, "danger": "fire"})
        assert [call.hazard for call in pages.calls(world)] == [None, "fire"]

    def test_one_form_of_two_accounts_is_two_reports(self, world, visitor, pages):
        for point in ("a1", "a2"):
            visitor(point).post("/supply/report", data={"token": "the same"})
        assert [call.service_point for call in pages.calls(world)] == ["a1", "a2"]

    @pytest.mark.parametrize("danger", ["wire_down", "fire", "burning_smell"])
    def test_a_danger_is_answered_by_safety_words_first(self, world, visitor, danger, pages):
        client = visitor("a1")
        assert pages.says(client.get("/supply/report"), f"safety.{danger}.text")
        answer = pages.report(client, danger=danger)
        page = client.get(answer.headers["location"])
        assert page.text.index(pages.say(f"safety.{danger}.title")) < page.text.index(pages.say("done.title"))
        assert pages.says(page, "safety.told")
        assert [call.hazard for call in pages.calls(world)] == [danger]

    def test_a_danger_raises_a_hazard_that_belongs_to_the_outage_once_there_is_one(
        self, visitor, desk, pages
    ):
        client = visitor("a1")
        pages.report(client, danger="wire_down")
        (hazard,) = desk.do(lambda session, **_: list_hazards(session))
        assert (hazard.kind, hazard.level, hazard.reports) == ("wire_down", 1, 1)
        assert (hazard.service_point, hazard.outage_id) == ("a1", None)
        pages.report(visitor("a2"), danger="wire_down")
        desk.lose("a1", "a2", "a3")
        desk.do(lambda session, *, now, **_: mind_hazards(session, now=now))
        (hazard,) = desk.do(lambda session, **_: list_hazards(session))
        assert (hazard.reports, hazard.outage_id) == (2, desk.outage.id)

    def test_a_known_outage_is_named_and_nobody_has_to_call(self, visitor, desk, pages):
        client = visitor("a1")
        desk.lose("a1", "a2", "a3")
        page = client.get(pages.report(client).headers["location"])
        assert pages.say("done.known", outage=desk.outage.id) in page.text

    def test_what_no_form_of_ours_says_is_left_out(self, world, visitor, pages):
        client = visitor("a1")
        answer = pages.report(
            client, danger="<b>", extent="all", place="-7", text="<script>\x00", lon="nan", lat="1"
        )
        assert answer.status_code == 303
        (call,) = pages.calls(world)
        assert (call.hazard, call.text, call.service_point) == (None, "<script>", "a1")

    def test_a_report_whose_pass_has_ended_is_not_lost_silently(self, world, visitor, pages):
        client = visitor("a1")
        form = {"token": pages.token_of(client.get("/supply/report")), "text": "by the bridge"}
        with world.engine.begin() as connection:
            connection.execute(text("DELETE FROM supply_pass"))
        answer = client.post("/supply/report", data=form)
        assert answer.status_code == 401
        assert pages.says(answer, "report.problem.ended", "report.place.legend")
        assert "by the bridge" in answer.text
        assert pages.calls(world) == []
        assert client.post("/supply/report", data={**form, "address": "a1 Street 1"}).status_code == 303
        assert [(call.service_point, call.text) for call in pages.calls(world)] == [("a1", "by the bridge")]


class TestReportingByPlace:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_a_report_without_a_place_is_answered_in_words_and_nothing_written_is_lost(
        self, world, visitor, language, pages
    ):
        answer = pages.report(visitor(language=language), danger="wire_down", text="by the bridge")
        assert answer.status_code == 422
        assert pages.says(answer, "report.problem.no_place", "safety.wire_down.title", language=language)
        assert pages.says(answer, "safety.not_told", language=language)
        assert "by the bridge" in answer.text
        assert 'value="wire_down" checked' in answer.text
        assert pages.calls(world) == []

    def test_a_position_or_an_address_will_do(self, world, visitor, pages):
        client = visitor()
        assert pages.report(client, lon="11.4201", lat="53.6351").status_code == 303
        assert pages.report(client, address="B1 STREET, 1").status_code == 303
        assert pages.report(client, address="nowhere at all", lon="11.38", lat="53.63").status_code == 303
        points = [call.service_point for call in pages.calls(world)]
        assert points[0] in {"a1", "a2", "a3"}
        assert points[1] == "b1"
        assert points[2] in {"c1", "c2", "c3"}
        page = client.get("/supply/reported")
        assert pages.says(page, "done.new", "done.follow_account")
        assert "O-" not in page.text

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ({"address": "Nowhere 99"}, "address_unknown"),
            ({"address": "Street 1"}, "address_ambiguous"),
            # In the sea, in another country, in another system, and nowhere on earth.
            ({"lon": "0", "lat": "0"}, "too_far"),
            ({"lon": "2.35", "lat": "48.85"}, "too_far"),
            ({"lon": "116.4", "lat": "39.9", "coordinates": "gcj02"}, "too_far"),
            ({"lon": "200", "lat": "0"}, "too_far"),
        ],
    )
    def test_a_place_that_is_none_of_ours_is_said_to_be(self, world, visitor, fields, problem, pages):
        answer = pages.report(visitor(), **fields)
        assert answer.status_code == 422
        assert pages.says(answer, f"report.problem.{problem}")
        assert pages.calls(world) == []

    @pytest.mark.parametrize(
        "field", ["token", "extent", "danger", "text", "address", "place", "coordinates"]
    )
    def test_a_script_in_any_field_stays_text(self, visitor, field, pages):
        script = '"><script>alert(1)</script>'
        answer = pages.report(visitor(), **{field: script})
        assert "<script>alert" not in answer.text
        answer = pages.enter(visitor(), script, script)
        assert "<script>alert" not in answer.text

    def test_a_flood_of_them_is_stopped_in_words(self, visitor, pages):
        client = visitor()
        token = pages.token_of(client.get("/supply/report"))
        answers = [
            client.post(
                "/supply/report", data={"token": token, "address": "a1 Street 1", "text": str(number)}
            )
            for number in range(21)
        ]
        assert [answer.status_code for answer in answers] == [303] * 20 + [422]
        assert pages.says(answers[-1], "report.problem.too_many")
