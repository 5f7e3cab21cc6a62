"""A photo that comes in parts: cut off anywhere it goes on from there, and ends as the same photo."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from api.photo_files import LARGEST_PHOTO_BYTES, PhotoRefusedError
from api.photo_parts import PhotoParts


def photo(seed=1, size=(200, 150)):
    picture = Image.effect_noise(size, 60 + seed).convert("RGB")
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=90)
    return buffer.getvalue()


def put(client, id, content, *, begins_at, whole):
    query = {"begins_at": begins_at, "whole": whole}
    return client.put(f"/api/photos/{id}/parts", params=query, content=content)


def test_cut_at_ninety_per_cent_only_the_rest_is_sent(world):
    crew, sent = world.client("crew"), photo()
    id = world.id("photo-in-parts")
    cut = len(sent) * 9 // 10
    first = put(crew, id, sent[:cut], begins_at=0, whole=len(sent)).json()
    assert first == {"id": id, "status": "partial", "received": cut}
    assert crew.get(f"/api/photos/{id}").status_code == 404
    # The phone was off meanwhile, and asks how far it had come.
    assert crew.get(f"/api/photos/{id}/parts").json() == first
    last = put(crew, id, sent[cut:], begins_at=cut, whole=len(sent)).json()
    assert last == {"id": id, "status": "accepted", "received": len(sent)}
    with Image.open(io.BytesIO(crew.get(f"/api/photos/{id}").content)) as picture:
        assert picture.size == (200, 150)
    # Its answer was lost: the same part again is the same photo, and so is the photo in one piece.
    again = put(crew, id, sent[cut:], begins_at=cut, whole=len(sent)).json()
    assert again["status"] == "duplicate"
    assert crew.get(f"/api/photos/{id}/parts").json()["status"] == "duplicate"
    assert crew.put(f"/api/photos/{id}", content=sent).json()["status"] == "duplicate"


def test_a_part_that_does_not_join_is_let_go_and_the_answer_says_from_where(world):
    crew, sent = world.client("crew"), photo()
    id = world.id("photo-with-a-gap")
    told = put(crew, id, sent[500:], begins_at=500, whole=len(sent)).json()
    assert (told["status"], told["received"]) == ("partial", 0)


def test_nobody_goes_on_with_the_photo_of_another(world):
    sent = photo()
    id = world.id("photo-of-two")
    put(world.client("crew"), id, sent[:900], begins_at=0, whole=len(sent))
    assert world.client("second_crew").get(f"/api/photos/{id}/parts").json()["received"] == 0


def test_parts_that_make_no_photo_are_refused_and_forgotten(world):
    crew = world.client("crew")
    id = world.id("photo-that-is-none")
    answer = put(crew, id, b"no photo at all", begins_at=0, whole=15)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "photo_refused")
    assert crew.get(f"/api/photos/{id}/parts").json()["received"] == 0


@settings(max_examples=40, deadline=None)
@given(data=st.data(), content=st.binary(min_size=1, max_size=300))
def test_however_it_is_cut_and_repeated_the_whole_is_the_whole(tmp_path_factory, data, content):
    parts = PhotoParts(tmp_path_factory.mktemp("parts"))
    whole = None
    while whole is None:
        received = parts.received(sender="crew", id="photo-1")
        # From there, or from before: an answer may have been lost.
        begins_at = data.draw(st.integers(0, received))
        if begins_at >= len(content):
            begins_at = 0
        part = content[begins_at : begins_at + data.draw(st.integers(1, 120))]
        whole = parts.add(sender="crew", id="photo-1", begins_at=begins_at, whole=len(content), part=part)
    assert whole == content


def test_figures_that_do_not_fit_are_refused(tmp_path):
    parts = PhotoParts(tmp_path)
    for begins_at, whole, part in ((0, 5, b""), (3, 5, b"four"), (0, LARGEST_PHOTO_BYTES + 1, b"x")):
        with pytest.raises(PhotoRefusedError):
            parts.add(sender="crew", id="photo-1", begins_at=begins_at, whole=whole, part=part)


def test_what_nobody_went_on_with_goes_after_a_week(tmp_path, monkeypatch):
    parts = PhotoParts(tmp_path)
    parts.add(sender="crew", id="photo-1", begins_at=0, whole=100, part=b"x")
    assert parts.remove_old() == 0
    monkeypatch.setattr("api.photo_parts.KEPT_FOR_S", -1.0)
    assert parts.remove_old() == 1
    assert parts.received(sender="crew", id="photo-1") == 0
