"""Tests come at random, apart from each other's sites, outside quiet windows, within the budget."""

import itertools
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from agent.cadence import CEILING, FLOOR, Cadence, first_test, stretched
from reports.periods import SchoolHours, week_of
from reports.sites import Site
from reports.windows import holds, windows

CHICAGO = ZoneInfo("America/Chicago")
START = datetime(2026, 11, 2, 6, tzinfo=UTC)
HOUR = 3600.0


def cadence(
    seed: str = "north",
    every_s: float = 6 * HOUR,
    *,
    quiet: Sequence[str] = (),
    full: Sequence[str] = (),
    long_tests: bool = False,
) -> Cadence:
    hours = SchoolHours.of(Site(timezone="America/Chicago"))
    return Cadence(
        every_s, seed, CHICAGO, hours, windows(list(quiet)), windows(list(full)), long_tests=long_tests
    )


def timetable(rule: Cadence, count: int, first: datetime = START) -> list[datetime]:
    return list(itertools.islice(rule.coming(first), count))


def gaps(times: list[datetime]) -> list[float]:
    return [(after - before).total_seconds() for before, after in itertools.pairwise(times)]


def test_the_same_site_has_the_same_timetable() -> None:
    """A restart changes nothing: every test's time follows from the one before."""
    whole = timetable(cadence(), 50)
    assert timetable(cadence(), 30, first=whole[20]) == whole[20:]


def test_sites_do_not_march_in_step() -> None:
    """A thousand sites that start at one moment are spread out from the first test on."""
    seconds = {int(cadence(f"site-{n}").after(START).timestamp()) for n in range(1000)}
    assert len(seconds) > 900


def test_gaps_are_memoryless_between_floor_and_ceiling() -> None:
    """An exponential's mean and median, as far as the bounds let them be."""
    found = gaps(timetable(cadence(), 5000))
    assert min(found) >= FLOOR * 6 * HOUR - 1
    assert max(found) <= CEILING * 6 * HOUR + 1
    assert abs(statistics.fmean(found) / (6 * HOUR) - 1) < 0.03
    # Half of a unit exponential between 0.1 and 2.5 lies below 0.7063, whose mean is 0.8606.
    assert abs(statistics.median(found) / (6 * HOUR) - 0.7063 / 0.8606) < 0.04


def test_no_test_falls_into_a_quiet_window() -> None:
    """State testing: two weeks of mornings, and every lunch."""
    quiet = ["2026-11-09/2026-11-20 08:00-15:00", "12:00-12:45"]
    rule = cadence(quiet=quiet)
    times = timetable(rule, 400)
    assert times[-1] > datetime(2026, 12, 1, tzinfo=UTC)
    assert not any(holds(rule.quiet, at, CHICAGO) for at in times[1:])
    assert min(gaps(times)) > 0


def test_a_quiet_window_delays_tests_and_does_not_pile_them_up() -> None:
    """Sites don't all start at its end."""
    ends = datetime(2026, 11, 3, 6, tzinfo=UTC)
    firsts = [
        cadence(f"site-{n}", every_s=HOUR, quiet=["2026-11-02"]).after(START + timedelta(hours=1))
        for n in range(200)
    ]
    assert all(at >= ends for at in firsts)
    assert len({at for at in firsts if at < ends + timedelta(minutes=6)}) > 100


def test_days_on_which_clocks_change_have_their_tests_once() -> None:
    """The timetable is in UTC: no test is doubled in the hour that comes twice, none lost in the one that doesn't."""
    for day in (datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 3, 14, tzinfo=UTC)):
        found = gaps(timetable(cadence(every_s=HOUR), 400, first=day - timedelta(days=3)))
        assert min(found) >= FLOOR * HOUR - 1
        assert max(found) <= CEILING * HOUR + 1


def test_tests_are_light_in_school_hours_when_full_ones_have_their_own() -> None:
    rule = cadence(full=["18:00-06:00"])
    morning = datetime(2026, 11, 3, 10, tzinfo=CHICAGO)
    assert rule.kind(morning, None) == "light"
    assert rule.kind(morning.replace(hour=20), None) == "full"
    assert rule.kind(datetime(2026, 11, 7, 10, tzinfo=CHICAGO), None) == "full", "Saturday"
    assert cadence().kind(morning, None) == "full", "no hours were chosen"


def test_the_first_test_of_a_week_that_finds_no_school_is_long() -> None:
    """The school's own week from Monday on; those after it are as they would be."""
    rule = cadence(long_tests=True)
    sunday = datetime(2026, 11, 8, 20, tzinfo=CHICAGO)
    assert rule.kind(sunday, None) == "long"
    assert rule.kind(sunday + timedelta(hours=1), sunday) == "full"
    monday = datetime(2026, 11, 9, 10, tzinfo=CHICAGO)
    assert rule.kind(monday, sunday) == "full", "school is on"
    assert rule.kind(monday.replace(hour=18), sunday) == "long"
    assert rule.kind(monday.replace(hour=20), monday.replace(hour=18)) == "full"


def test_a_long_test_keeps_to_the_hours_for_full_ones() -> None:
    """Where the site chose hours, a weekend's noon isn't one of them."""
    rule = cadence(long_tests=True, full=["18:00-06:00"])
    saturday = datetime(2026, 11, 7, 12, tzinfo=CHICAGO)
    assert rule.kind(saturday, None) == "full"
    assert rule.kind(saturday.replace(hour=19), None) == "long"


def test_tests_to_come_have_one_long_one_a_week() -> None:
    """As the timetable will see them, each told of the one before."""
    rule = cadence(long_tests=True)
    times = timetable(rule, 200)
    kinds = list(rule.kinds(times, None))
    assert [at for at, _ in kinds] == times
    weeks = [week_of(at, CHICAGO).label for at, kind in kinds if kind == "long"]
    assert len(weeks) >= 6
    assert len(weeks) == len(set(weeks))
    assert weeks == list(dict.fromkeys(week_of(at, CHICAGO).label for at in times))[: len(weeks)]


def test_a_restart_keeps_to_the_plan() -> None:
    """What was planned is still planned; a plan that is past, or absurdly far (the clock was set), is made anew."""
    rule = cadence()
    planned = START + timedelta(hours=3)
    assert first_test(rule, planned, START) == planned
    for stale in (None, START - timedelta(hours=1), START + timedelta(days=300)):
        soon = (first_test(rule, stale, START) - START).total_seconds()
        assert 30 <= soon <= 90


def test_a_start_within_a_quiet_window_waits_for_its_end() -> None:
    rule = cadence(quiet=["2026-11-02"])
    assert first_test(rule, None, START + timedelta(hours=1)) >= datetime(2026, 11, 3, 6, tzinfo=UTC)


@given(
    st.floats(60, 1e6), st.floats(1, 1e10), st.floats(0, 1e13), st.floats(1, 31 * 86_400)
)  # fmt: skip
def test_a_stretched_cadence_fits_the_budget(every_s: float, cost: float, left: float, left_s: float) -> None:
    """Never more often than the site chose, and what is left suffices for the tests that are left."""
    mean = stretched(every_s, cost, left, left_s)
    assert mean >= every_s
    if left >= cost:
        assert left_s / mean * cost <= left * (1 + 1e-9)
