"""The month's bytes and the day's tests are counted from the store, so a restart forgets nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent import store
from agent.budget import UNTRIED_TEST_BYTES, account, long_test_bytes, month_of, spent_engines
from agent.history import History
from reports.samples import CapacitySample
from tests.commands import bandgap, environment

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONFIG = '[measure]\ninterface = "lo"\nengines = ["http"]\nserver = "http://127.0.0.1:9"\n'


def made(n: int, at: datetime = NOW, engine: str = "http", cost: int = 100_000_000) -> CapacitySample:
    return CapacitySample(
        id=f"t{n}", started_at=at, ended_at=at, engine=engine, server=None, outcome="ok", down_bytes=cost
    )


def test_a_month_is_the_sites_own_calendar_month() -> None:
    """December 2026 in Chicago begins six hours after UTC's."""
    begins, ends = month_of(datetime(2026, 12, 1, 3, tzinfo=UTC), ZoneInfo("America/Chicago"))
    assert (begins, ends) == (datetime(2026, 11, 1, 5, tzinfo=UTC), datetime(2026, 12, 1, 6, tzinfo=UTC))


def test_without_a_budget_nothing_is_refused_or_stretched() -> None:
    books = account([made(1)], [made(1)], None, 86_400)
    assert books.refusal is None
    assert books.every_s(3600) == 3600


def test_a_spent_budget_refuses_the_next_test() -> None:
    """It says what is spent, what a test costs and what is allowed."""
    month = [made(n) for n in range(5)]
    books = account(month, month, 0.55e9, 86_400)
    assert books.refusal == (
        "the month's data budget of 550.0 MB has no room for a test of about 100.0 MB: 500.0 MB are spent"
    )
    assert account(month, month, 0.6e9, 86_400).refusal is None


def test_tests_become_rarer_so_that_the_budget_lasts() -> None:
    """Ten days and 500 MB left, 100 MB a test: one in two days, and not four a day."""
    month = [made(n) for n in range(5)]
    books = account(month, month, 1e9, 10 * 86_400)
    assert books.every_s(6 * 3600) == 2 * 86_400


def test_a_test_that_failed_without_a_byte_says_nothing_of_the_cost() -> None:
    """The next one is taken to cost what those cost that moved something."""
    assert account([], [made(1, cost=0), made(2, cost=70)], None, 1).test_bytes == 70
    assert account([], [], None, 1).test_bytes == UNTRIED_TEST_BYTES


def test_an_engines_day_is_the_last_24_hours() -> None:
    """Four tests by M-Lab's rule; one that was 25 hours ago no longer counts."""
    day = [made(n, NOW - timedelta(hours=1 + n), "ndt7") for n in range(4)]
    assert spent_engines(day, NOW) == {"ndt7"}
    assert spent_engines([*day[:3], made(9, NOW - timedelta(hours=25), "ndt7")], NOW) == set()
    assert spent_engines([made(n, NOW) for n in range(100)], NOW) == set(), "ours has no such limit"


def test_an_engine_with_a_limit_rests_between_tests() -> None:
    """36 minutes at least, by M-Lab's rule."""
    assert spent_engines([made(1, NOW - timedelta(minutes=35), "ndt7")], NOW) == {"ndt7"}
    assert spent_engines([made(1, NOW - timedelta(minutes=36), "ndt7")], NOW) == set()


def stored(tmp_path: Path, *samples: CapacitySample) -> None:
    (tmp_path / "state").mkdir()
    connection = store.open_store(tmp_path / "state")
    for sample in samples:
        History(connection).add_capacity_sample(sample)
    connection.close()


def kept(tmp_path: Path) -> int:
    connection = store.open_store(tmp_path / "state")
    (count,) = connection.execute("SELECT count(*) FROM capacity_samples").fetchone()
    connection.close()
    return int(count)


def test_a_scheduled_test_is_not_made_beyond_the_budget(tmp_path: Path) -> None:
    """It makes no sample and no traffic; a check that a person asks for is made all the same."""
    now = datetime.now(UTC)  # noqa: TID251
    stored(tmp_path, made(1, now, cost=900_000_000))
    environ = environment(tmp_path, CONFIG + "[schedule]\nbudget_gb = 1\n")
    said = bandgap(environ, "check", "--scheduled")
    assert (said.returncode, kept(tmp_path)) == (0, 1)
    assert said.stderr.startswith("INFO test: not made, the month's data budget of 1.0 GB has no room")
    assert bandgap(environ, "check").returncode == 1
    assert kept(tmp_path) == 2


def test_a_mobile_line_has_a_budget_without_being_told(tmp_path: Path) -> None:
    now = datetime.now(UTC)  # noqa: TID251
    stored(tmp_path, made(1, now, cost=4_990_000_000))
    environ = environment(tmp_path, CONFIG + '[contract]\nconnection = "mobile"\n')
    assert "data budget of 5.0 GB" in bandgap(environ, "check", "--scheduled").stderr


def test_the_timetable_and_its_cost_can_be_read(tmp_path: Path) -> None:
    """Twenty tests in the site's own time, what the month's will cost, and why they are rarer than asked."""
    now = datetime.now(UTC)  # noqa: TID251
    stored(tmp_path, made(1, now, cost=100_000_000))
    config = CONFIG + 'test_every = "1h"\n[schedule]\nbudget_gb = 0.4\n[site]\ntimezone = "America/Chicago"\n'
    environ = environment(tmp_path, config)
    said = bandgap(environ, "schedule").stdout
    assert len([line for line in said.splitlines() if line.endswith("full")]) == 20
    assert "Times are America/Chicago." in said
    assert ", not in 1 hour, so that the month's budget lasts." in said
    assert "100.0 MB spent" in said
    assert "of a budget of 400.0 MB" in said


def test_a_long_test_costs_its_seconds_at_the_rate_that_the_line_had() -> None:
    """At first too, for a burst's octets are paid for; a direction's most is its most."""
    known = replace(made(1), down_mbps=50.0, up_mbps=8.0, burst_down_mbps=200.0)
    assert long_test_bytes([known], 16, 1e9) == (200e6 + 8e6) / 8 * 16
    assert long_test_bytes([known], 16, 150e6) == 150e6 + 16e6
    failed = replace(known, outcome="no_measurement", down_mbps=None, up_mbps=None)
    assert long_test_bytes([failed, known], 16, 1e9) == long_test_bytes([known], 16, 1e9)
    assert long_test_bytes([], 16, 1e9) == 2 * 200e6


def test_long_tests_take_half_of_a_months_budget_at_most() -> None:
    """Four of them; and one that there is no room for isn't made."""
    assert account([], [], 8e9, 86_400).bears_long(1e9)
    assert not account([], [], 8e9, 86_400).bears_long(1.1e9)
    assert not account([made(n, cost=1_500_000_000) for n in range(5)], [], 8e9, 86_400).bears_long(0.8e9)
    assert account([], [], None, 86_400).bears_long(1e12)


def test_the_timetable_marks_the_weeks_long_test(tmp_path: Path) -> None:
    """One a week, and its cost is expected."""
    environ = environment(tmp_path, CONFIG + 'test_every = "6h"\n')
    tests = json.loads(bandgap(environ, "schedule", "--json", "--count", "60").stdout)["tests"]
    longs = [datetime.fromisoformat(test["at"]) for test in tests if test["long"]]
    weeks = [at.isocalendar()[:2] for at in longs]
    assert len(longs) >= 2
    assert len(weeks) == len(set(weeks))
    assert [line for line in bandgap(environ, "schedule").stdout.splitlines() if line.endswith("long")]


@pytest.mark.parametrize(
    "words", ["[schedule]\nlong_tests = false\n", '[contract]\nconnection = "satellite"\n']
)
def test_a_site_may_do_without_long_tests_and_a_metered_line_does(tmp_path: Path, words: str) -> None:
    tests = json.loads(bandgap(environment(tmp_path, CONFIG + words), "schedule", "--json").stdout)["tests"]
    assert not any(test["long"] for test in tests)
