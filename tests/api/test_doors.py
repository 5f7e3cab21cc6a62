"""The first page leads to every face, and a face without its slash leads to its files."""


def test_the_first_page_has_a_door_to_each_face(quiet_world):
    answer = quiet_world.client().get("/")
    assert answer.status_code == 200
    for place in ("/supply", "/dispatcher/", "/crew/", "/docs"):
        assert f'href="{place}"' in answer.text
    assert "http" not in answer.text.replace("HTTP interface", "")


def test_a_face_without_its_slash_leads_to_its_files(quiet_world):
    for face in ("dispatcher", "crew"):
        answer = quiet_world.client().get(f"/{face}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (307, f"/{face}/")
