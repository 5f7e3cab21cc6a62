"""Made-up people of crews: the same for one seed, enough certified, and always somebody on duty."""

from datetime import UTC, date, datetime, timedelta

from storm.crew_people import crew_people, crew_shifts

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def people(number, seed=1):
    skills = ["switching", "cable"]
    return crew_people(crew_id=f"crew-{number}", number=number, skills=skills, today=TODAY, seed=seed)


def test_they_are_the_same_for_one_seed_and_no_two_share_a_telephone():
    assert people(1) == people(1)
    assert people(1) != people(1, seed=2)
    phones = [one.phone for number in range(1, 30) for one in people(number)]
    assert len(set(phones)) == len(phones)


def test_two_of_each_crew_are_certified_for_each_skill_and_one_leads():
    for number in range(1, 30):
        crew = people(number)
        assert sum(one.is_lead for one in crew) == 1
        for skill in ("switching", "cable"):
            valid = [
                held
                for one in crew
                for held in one.certificates
                if held.skill == skill and held.expires_on >= TODAY
            ]
            assert len(valid) >= 2


def test_somebody_is_on_duty_at_any_time_and_all_are_at_first():
    rosters = [crew_shifts(number=number, now=NOW, lasting=timedelta(days=4)) for number in (2, 3)]
    for hour in range(4 * 24):
        at = NOW + timedelta(hours=hour)
        on_duty = [any(start <= at < end for start, end in roster) for roster in rosters]
        assert all(on_duty) if hour == 0 else any(on_duty)
