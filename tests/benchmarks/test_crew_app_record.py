"""A run that was stopped goes on: the shifts before are counted with those after, and with their commits."""

from benchmarks.crew_app import Played, _keep, _recorded, rows_of


def shifts(first, *, count=1, wrong=0, commit="abc1234"):
    return Played(
        first=first,
        shifts=count,
        actions=200,
        wrong=wrong,
        taken=190 * count,
        refused=10 * count,
        photos=50 * count,
        kills=20 * count,
        hours=8.5 + first,
        commit=commit,
    )


def test_what_was_played_before_is_counted_and_what_is_played_again_is_not(tmp_path):
    before = [shifts(0, count=18, commit="0000aaa"), shifts(18), shifts(19)]
    _keep(tmp_path / "kept", before)
    assert _recorded(tmp_path / "kept", before=19) == before[:2]
    assert _recorded(tmp_path / "kept", before=0) == []
    assert _recorded(None, before=19) == []


def test_the_table_sums_them_and_names_their_commits():
    played = [shifts(0, count=18, commit="0000aaa"), shifts(18, wrong=1)]
    rows = {row.metric: row for row in rows_of(played, actions=200)}
    assert rows["reports taken"].case == "19 shifts, two phones, 200 actions"
    assert rows["reports taken"].value == 19 * 190
    assert rows["shortest time without signal"].value == 8.5
    assert not rows["shifts in which something was lost or twice"].is_met
    assert rows["of these played at commit 0000aaa"].value == 18
    assert list(rows_of([], actions=200)) == []
