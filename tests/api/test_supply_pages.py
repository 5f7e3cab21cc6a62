"""The customer's pages through HTTP: found or not, the state in words, and what goes wrong.

S ─B1─ N1 ─F1─ N2 ─T1─ N3   a1 a2 a3     (account A-a1, phone …0000; A-a2 …0001; and so on)
        └─L1─ N4 ─T2─ N5   b1 b2 b3
S ─B2─ M1 ─T3─ M2          c1 c2 c3
"""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text

from api.app import create_app
from api.settings import MessageSettings, WebSettings
from gis.database import connect

LARGEST_PAGE_BYTES = 30_000
LARGEST_SCRIPT_BYTES = 4_096
POINTS = [f"{letter}{number}" for letter in "abc" for number in (1, 2, 3)]


class TestFindingMySupply:
    def test_the_right_digits_lead_to_the_own_page_and_the_cookie_is_kept_to_itself(
        self, world, visitor, pages
    ):
        answer = pages.enter(visitor(), "A-a1", "0000")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/supply" in cookie
        assert "Secure" not in cookie
        assert "A-a1" not in cookie
        secure = world.client()
        secure.headers["X-Forwarded-Proto"] = "https"
        assert "Secure" in pages.enter(secure, "A-a1", "0000").headers["set-cookie"]

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_wrong_account_wrong_digits_and_too_many_tries_are_answered_alike(self, visitor, language, pages):
        client = visitor(language=language)
        answers = [pages.enter(client, "A-a1", "9999"), pages.enter(client, "A-zz", "0000")]
        answers += [pages.enter(client, "A-a1", f"999{number}") for number in range(4)]
        answers.append(pages.enter(client, "A-a1", "0000"))
        shown = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
        assert len(shown) == 1
        assert {answer.status_code for answer in answers} == {422}
        assert pages.says(answers[0], "find.problem.not_found", language=language)
        assert not client.cookies

    def test_what_cannot_be_right_is_said_and_costs_no_try(self, visitor, pages):
        client = visitor()
        for _ in range(6):
            assert pages.says(pages.enter(client, "", "0000"), "find.problem.account")
            assert pages.says(pages.enter(client, "A-a1", "12"), "find.problem.digits")
        assert pages.enter(client, "A-a1", "0000").status_code == 303

    def test_who_has_been_let_in_goes_straight_on_and_may_leave(self, visitor, pages):
        client = visitor("a1")
        assert client.get("/supply").headers["location"] == "/supply/mine"
        kept = dict(client.cookies)
        assert client.post("/supply/leave").headers["location"] == "/supply"
        assert "relight_supply" not in client.cookies
        client.cookies.update(kept)
        answer = client.get("/supply/mine")
        assert answer.status_code == 401
        assert pages.says(answer, "error.ended.title", "find.account")

    def test_nobody_gets_in_without_a_pass_or_with_one_that_has_ended(self, world, visitor, pages):
        assert visitor().get("/supply/mine").headers["location"] == "/supply"
        client = visitor("a1")
        with world.engine.begin() as connection:
            connection.execute(text("UPDATE supply_pass SET expires_at = now()"))
        # Noticed by the page's script first, it is still told when that loads the page anew.
        assert client.get("/supply/mine?part=1").status_code == 401
        answer = client.get("/supply/mine")
        assert answer.status_code == 401
        assert pages.says(answer, "error.ended.title")

    def test_a_form_of_another_site_is_not_read(self, visitor, pages):
        client = visitor()
        client.headers["Sec-Fetch-Site"] = "cross-site"
        answer = pages.enter(client, "A-a1", "0000")
        assert answer.status_code == 403
        assert pages.says(answer, "error.unreadable.title")


class TestHowItGoes:
    def test_power_that_is_on_is_said_to_be_on(self, visitor, pages):
        page = visitor("a1").get("/supply/mine")
        assert pages.says(page, "on.headline", "on.check", "report.button", "as_of", "zone")
        assert "<svg" not in page.text

    def test_each_step_of_the_repair_is_told_in_both_languages(self, visitor, desk, pages):
        phones = {"en": visitor("a1"), "zh": visitor("a1", language="zh-CN,zh;q=0.9")}

        def told(*keys):
            for language, client in phones.items():
                page = client.get("/supply/mine")
                assert page.status_code == 200
                assert pages.says(page, *keys, language=language), (keys, page.text)
                assert len(page.content) < LARGEST_PAGE_BYTES

        desk.lose("a1", "a2", "a3")
        told("out.headline_probably", "out.since_probably", "etr.sentence", "etr.source.device_kind")
        desk.confirm()
        told("out.headline", "out.since", "crew.none", "mine.known", "advice.fridge")
        desk.assign()
        told("crew.assigned", "etr.source.device_kind_and_travel", "history.job_assigned")
        for status, step in (
            ("accepted", "crew.assigned"),
            ("en_route", "crew.en_route"),
            ("on_site", "crew.on_site"),
            ("working", "crew.working"),
            ("finished", "crew.finished"),
        ):
            desk.crew(status)
            told(step)
        desk.restore()
        told("restored.headline", "restored.lead", "history.outage_restored", "report.button_still")

    def test_the_steps_say_how_far_it_is(self, visitor, desk):
        client = visitor("a1")
        desk.lose("a1", "a2", "a3")
        desk.confirm()
        desk.assign()
        page = client.get("/supply/mine").text
        steps = re.findall(r'<li class="(done|now|todo)"[^>]*>([^<]*)', page)
        assert steps == [
            ("done", "Reported"),
            ("done", "Confirmed"),
            ("now", "Crew assigned"),
            ("todo", "On its way"),
            ("todo", "Arrived"),
            ("todo", "Power back"),
        ]
        assert page.count('aria-current="step"') == 1

    def test_a_promise_by_a_person_is_told_as_such_and_no_longer_once_it_has_passed(
        self, world, visitor, desk, pages
    ):
        client = visitor("a1")
        desk.lose("a1", "a2", "a3")
        desk.confirm()
        desk.promise(datetime.now(UTC) + timedelta(minutes=90))
        assert pages.says(client.get("/supply/mine"), "etr.source.dispatcher")
        with world.engine.begin() as connection:
            connection.execute(text("UPDATE outage SET etr_at = started_at"))
        page = client.get("/supply/mine")
        assert pages.say("etr.note_overdue") in page.text
        assert "takes longer" in page.text
        with world.engine.begin() as connection:
            connection.execute(text("UPDATE outage SET etr_at = NULL, etr_source = NULL"))
        assert pages.says(client.get("/supply/mine"), "etr.sentence_none", "etr.none")

    def test_nothing_of_others_stands_on_the_page(self, visitor, desk):
        client = visitor("a1")
        desk.lose(*(point for point in POINTS if point[0] in "ab"))
        desk.confirm()
        desk.assign()
        page = client.get("/supply/mine").text
        strangers = [f"{before}{point}" for point in POINTS[1:] for before in ("A-", "M-", ">", " ")]
        for secret in (
            *strangers,
            "Street",
            "Household",
            "555 010",
            "Secret",
            "C-1",
            "B1",
            "F1",
            "N1",
            "wang",
            "@",
        ):
            assert secret not in page, secret
        assert not re.search(r"\d\d\.\d{3}", page), "a coordinate"

    def test_two_accounts_do_not_see_one_another(self, visitor, desk, pages):
        out, on = visitor("a1"), visitor("c1")
        desk.lose("a1", "a2", "a3")
        assert pages.says(out.get("/supply/mine"), "out.headline_probably")
        assert pages.says(on.get("/supply/mine"), "on.headline")

    def test_an_area_is_drawn_for_five_customers_and_more_with_words_for_it(self, visitor, desk, pages):
        client = visitor("b1")
        desk.lose(*(point for point in POINTS if point[0] in "ab"))
        page = client.get("/supply/mine").text
        assert page.count("<svg") == 1
        assert 'role="img"' in page
        assert pages.say("area.name") in page
        assert "Your supply is in its south" in page
        assert "Fewer than 20 customers" in page

    def test_fewer_than_five_are_not_drawn(self, visitor, desk, pages):
        client = visitor("a1")
        desk.lose("a1", "a2", "a3")
        page = client.get("/supply/mine")
        assert pages.says(page, "area.few")
        assert "<svg" not in page.text

    def test_several_supplies_of_one_account_are_told_apart_by_their_address(
        self, world, visitor, desk, pages
    ):
        with world.engine.begin() as connection:
            connection.execute(text("UPDATE service_point SET account = 'A-a1' WHERE id IN ('a1', 'c1')"))
        desk.lose("a1", "a2", "a3")
        client = visitor("a1")
        page = client.get("/supply/mine").text
        assert page.index(pages.say("out.headline_probably")) < page.index(pages.say("on.headline"))
        assert "Supply 1 of 2 · a1 Street 1" in page
        assert "Supply 2 of 2 · c1 Street 1" in page
        assert pages.report(client, place="1").headers["location"] == "/supply/reported?place=1"
        assert [call.service_point for call in pages.calls(world)] == ["c1"]

    def test_an_account_whose_supply_is_gone_is_told_so(self, world, visitor, pages):
        client = visitor("a1")
        with world.engine.begin() as connection:
            connection.execute(text("UPDATE service_point SET account = NULL WHERE id = 'a1'"))
        assert pages.says(client.get("/supply/mine"), "mine.none")
        assert pages.says(pages.report(client), "report.problem.no_supply")


class TestPlannedWork:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_what_lies_ahead_is_told_and_a_change_of_it_is_noticed(self, world, visitor, language, pages):
        client = visitor("a1", language=language)
        before = re.search(r'data-version="(\w+)"', client.get("/supply/mine").text)[1]
        now = datetime.now(UTC)
        with world.engine.begin() as connection:
            for id, status, days in (
                ("P-1", "notified", 2),
                ("P-2", "cancelled", 3),
                ("P-3", "requested", 4),
            ):
                connection.execute(
                    text(
                        "INSERT INTO planned_outage (id, version, status, work, starts_at, ends_at, text, "
                        "requested_by, requested_at) VALUES (:id, 7, :status, 'planned', :starts, :ends, "
                        "'New pole <b>', 'w', :now)"
                    ),
                    {
                        "id": id,
                        "status": status,
                        "starts": now + timedelta(days=days),
                        "ends": now + timedelta(days=days, hours=3),
                        "now": now,
                    },
                )
                connection.execute(text("INSERT INTO planned_service_point VALUES (:id, 'a1')"), {"id": id})
        page = client.get("/supply/mine")
        assert pages.says(page, "planned.title", "planned.work", "planned.called_off", language=language)
        assert page.text.count("New pole &lt;b&gt;") == 1
        assert re.search(r'data-version="(\w+)"', page.text)[1] != before
        assert not pages.says(visitor("b1", language=language).get("/supply/mine"), "planned.title")


class TestEveryPage:
    PAGES = ("/supply", "/supply/report", "/supply/reported", "/supply/nothing/here")

    def test_is_light_needs_no_script_and_fetches_nothing_from_elsewhere(self, visitor, desk):
        client = visitor("a1")
        desk.lose(*(point for point in POINTS if point[0] in "ab"))
        for page in ("/supply/mine", "/supply/report", "/supply?lang=en"):
            answer = client.get(page)
            assert len(answer.content) < LARGEST_PAGE_BYTES
            assert not re.search(r"https?://|<script>|onclick|style=", answer.text), page
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["cache-control"] == "no-store"
            for address in re.findall(r'(?:src|href)="(/supply/[a-z]+\.[a-z]+\?[^"]*)"', answer.text):
                file = client.get(address)
                assert file.status_code == 200
                assert "immutable" in file.headers["cache-control"]
                assert "http://" not in file.text
                assert not address.startswith("/supply/live.js") or len(file.content) < LARGEST_SCRIPT_BYTES
        assert '<noscript><meta http-equiv="refresh"' in client.get("/supply/mine").text

    def test_labels_every_field(self, visitor):
        for page in ("/supply", "/supply/report"):
            html = visitor().get(page).text
            for id in re.findall(r'<(?:input|textarea) id="([a-z]+)"', html):
                assert f'<label for="{id}">' in html, (page, id)

    def test_speaks_the_language_asked_for_then_chosen_then_wished_for(self, visitor):
        client = visitor(language="fr-FR,zh-CN;q=0.8,en;q=0.5")
        assert '<html lang="zh-CN">' in client.get("/supply").text
        assert '<html lang="en">' in client.get("/supply?lang=en").text
        assert '<html lang="en">' in client.get("/supply").text
        assert '<html lang="en">' in client.get("/supply?lang=<b>").text
        assert '<html lang="en">' in visitor(language="fr;q=x, zh;q=0, *").get("/supply").text

    def test_that_does_not_exist_is_said_not_to_in_words(self, visitor, pages):
        answer = visitor(language="zh").get("/supply/%3Cscript%3E")
        assert answer.status_code == 404
        assert pages.says(answer, "error.not_found.title", language="zh")
        assert "<script>" not in answer.text


class TestWhenSomethingIsAway:
    @pytest.fixture
    def serve(self, world_module):
        """Serve an application of its own settings, and return a client of it."""
        opened = []

        def begin(engine, **settings):
            served = world_module.Served(create_app(engine=engine, **settings))
            client = httpx.Client(base_url=served.address, trust_env=False, timeout=30.0)
            opened.append((client, served))
            return client

        yield begin
        for client, served in opened:
            client.close()
            served.stop()

    @pytest.fixture
    def stranded(self, serve):
        """A client of an application whose database does not answer."""
        engine = connect("postgresql://nobody@127.0.0.1:1/none")
        client = serve(engine)
        client.headers["Accept-Language"] = "zh"
        yield client
        engine.dispose()

    def test_the_database_is_away(self, stranded, pages):
        assert stranded.get("/supply").status_code == 200
        assert stranded.get("/supply/report").status_code == 200
        stranded.cookies.set("relight_supply", "a pass")
        answer = stranded.get("/supply/mine")
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert pages.says(answer, "error.away.title", language="zh")
        assert 'http-equiv="refresh"' in answer.text
        answer = stranded.post("/supply/report", data={"token": "x"})
        assert answer.status_code == 503
        assert pages.says(answer, "error.away_report.title", language="zh")
        assert 'http-equiv="refresh"' not in answer.text

    def test_a_form_that_is_none_is_answered_by_a_page(self, stranded, pages):
        answer = stranded.post("/supply", content="&".join(f"f{number}=1" for number in range(50)))
        assert answer.status_code == 422
        assert pages.says(answer, "error.unreadable.title", language="zh")

    def test_no_network_is_in_force(self, serve, engine, pages):
        client = serve(engine)
        answer = pages.enter(client, "A-a1", "0000")
        assert answer.status_code == 503
        assert pages.says(answer, "error.no_network.title")
        answer = client.post("/supply/report", data={"address": "a1 Street 1"})
        assert pages.says(answer, "error.no_network.title")

    def test_the_time_zone_and_the_notice_of_the_settings_stand_on_the_page(self, world, serve, pages):
        client = serve(
            world.engine,
            web=WebSettings(customer_notice="Call us: <555 0100>"),
            messages=MessageSettings(time_zone="Asia/Shanghai"),
        )
        assert "Call us: &lt;555 0100&gt;" in client.get("/supply").text
        pages.enter(client, "A-a1", "0000")
        page = client.get("/supply/mine").text
        assert "Call us: &lt;555 0100&gt;" in page
        assert "Asia/Shanghai (UTC+08:00)" in page
