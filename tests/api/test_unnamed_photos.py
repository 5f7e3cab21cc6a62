"""Photos that no report names go after their time, row and file, or neither; those that were named stay."""

import io
import os
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image

from api.photo_files import UNUSED_AFTER_S, PhotoFiles
from api.processes.tidy_keeper import TidyKeeper
from dispatch.hazard_tables import PhotoRow
from dispatch.tidying import TidyRules

AFTER = timedelta(days=7)


def photo(shade):
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (shade, 60, 60)).save(buffer, format="JPEG")
    return buffer.getvalue()


def tidy(world):
    TidyKeeper(world.engine, photos=world.app.state.photos, rules=TidyRules(photos_after=AFTER)).look()


@pytest.fixture
def crew(world):
    return world.client("crew")


def sent(world, crew, shade, *, days_ago=0.0, hazard_id=None):
    """Send a photo and make row and file so old; return its id."""
    id = world.id(f"photo-unnamed-{shade}")
    assert crew.put(f"/api/photos/{id}", content=photo(shade)).status_code == 200
    with world.engine.begin() as connection:
        digest = connection.scalar(sa.select(PhotoRow.digest).where(PhotoRow.id == id))
        connection.execute(
            sa.update(PhotoRow)
            .where(PhotoRow.id == id)
            .values(received_at=PhotoRow.received_at - timedelta(days=days_ago), hazard_id=hazard_id)
        )
    grow_old(world.app.state.photos.path(digest), days_ago * 86_400)
    return id


def grow_old(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))


def files(world):
    return {path.name for path in world.app.state.photos._folder.rglob("*") if path.is_file()}


def is_there(crew, id):
    return crew.get(f"/api/photos/{id}").status_code == 200


def test_what_nobody_named_goes_after_its_time_and_the_rest_stays(world, crew):
    danger = {"kind": "fire", "service_point": "b1", "client_event_id": world.id("danger")}
    raised = world.client("dispatcher").post("/api/hazards", json=danger).json()
    named = sent(world, crew, 10, days_ago=30, hazard_id=raised["id"])
    new = sent(world, crew, 20, days_ago=6.9)
    before = files(world)
    old = sent(world, crew, 30, days_ago=7.1)
    tidy(world)
    assert [is_there(crew, id) for id in (named, new, old)] == [True, True, False]
    assert files(world) == before


def test_the_file_stays_for_as_long_as_another_photo_has_it(world, crew):
    old = sent(world, crew, 40, days_ago=8)
    same = sent(world, crew, 40, days_ago=0)
    grow = world.app.state.photos
    with world.engine.connect() as connection:
        digest = connection.scalar(sa.select(PhotoRow.digest).where(PhotoRow.id == same))
    grow_old(grow.path(digest), 2 * UNUSED_AFTER_S)
    tidy(world)
    assert [is_there(crew, id) for id in (old, same)] == [False, True]


def test_a_photo_sent_again_waits_for_its_report_anew(world, crew):
    id = sent(world, crew, 50, days_ago=8)
    assert crew.put(f"/api/photos/{id}", content=photo(50)).json()["status"] == "duplicate"
    tidy(world)
    assert is_there(crew, id)


def test_files_without_a_row_go_once_they_are_old(tmp_path):
    kept = PhotoFiles(tmp_path)
    orphan, fresh, used = (kept.path(kept.keep(photo(shade)).digest) for shade in (1, 90, 180))
    half = orphan.parent / ".part-abc"
    half.write_bytes(b"half a photo")
    for path in (orphan, used, half):
        grow_old(path, 2 * UNUSED_AFTER_S)
    assert kept.remove_unused(lambda digests: {used.stem} & set(digests)) == 2
    assert [path.exists() for path in (orphan, half, fresh, used)] == [False, False, True, True]


def test_a_file_that_is_written_anew_in_that_moment_stays(tmp_path):
    kept = PhotoFiles(tmp_path)
    path = kept.path(kept.keep(photo(7)).digest)
    grow_old(path, 2 * UNUSED_AFTER_S)

    def in_use(_digests):
        kept.keep(photo(7))
        return set()

    assert kept.remove_unused(in_use) == 0
    assert path.exists()
