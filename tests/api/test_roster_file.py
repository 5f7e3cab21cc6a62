"""A roster as a file: what can be read is, and the rest is told by line."""

import json

from api.roster_file import read_roster

HEADER = (
    "crew,name,skills,depot_name,depot_lon,depot_lat,shift_start,shift_end,member,member_name,member_lead,"
)
ROWS = (
    HEADER
    + """certificates
N,North,line;switching,D1,11.4,53.6,2026-11-23T06:00Z,2026-11-23T14:00Z,P1,Ada,yes,line:2027-01-31;switching
N,,,,,,2026-11-24T06:00Z,2026-11-24T14:00Z,P2,Bo,,switching:2026-10-31
,,,,,,,,P3,Cy,,
S,South,line,,,,,,,,,
"""
)


def test_rows_of_one_crew_are_one_crew_with_its_people_and_shifts():
    (north,), findings = read_roster(ROWS, is_csv=True)
    assert (north.line, north.crew.id, north.crew.lon) == (2, "N", 11.4)
    assert [one.id for one in north.crew.members] == ["P1", "P2"]
    assert north.crew.members[0].is_lead
    assert [str(one.expires_on) for one in north.crew.members[0].certificates] == ["2027-01-31", "None"]
    assert len(north.crew.shifts) == 2
    texts = [one.text for one in findings]
    assert texts[0] == "Line 4: no crew is named."
    assert all(text.startswith("Line 5 (S): l") for text in texts[1:])


def test_a_header_that_is_not_known_is_told():
    crews, (finding,) = read_roster("crew,colour\nN,red\n", is_csv=True)
    assert crews == []
    assert "colour" in finding.text


def test_json_is_what_the_interface_takes():
    good = {"id": "N", "name": "North", "skills": [], "lon": 11.4, "lat": 53.6}
    crews, findings = read_roster(json.dumps([good, 5, {**good, "id": "M", "hat": 1}, good]), is_csv=False)
    assert [one.crew.id for one in crews] == ["N"]
    assert [one.text.partition(":")[0] for one in findings] == ["Line 2", "Line 3 (M)", "Line 4 (N)"]
    assert read_roster("{", is_csv=False)[1][0].text.startswith("Line 1: is not JSON")
