"""The loop's timetable keeps to its plan, and lets a busy machine finish what it does first."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.config import parse
from agent.timetable import DEFERRAL_S, MOST_DEFERRALS, Timetable

CONFIG = parse(
    '[measure]\ntest_every = "6h"\n[site]\nid = "north"\n[schedule]\nlong_tests = false\n',
    Path("agent.toml"),
    zone="UTC",
)


class Loop:
    """What a timetable starts and notes, with a test planned for the next second."""

    def __init__(self, *, busy: bool) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # schedule reads the clock itself
        self.planned = self.now + timedelta(seconds=1)
        self.notes = {"next_test_at": self.planned.isoformat()}
        self.tests: list[str] = []
        self.table = Timetable(
            self.tests.append, lambda: None, self.notes.get, self.notes.__setitem__, lambda: busy
        )
        self.table.lay(CONFIG, self.now)

    def seconds_later(self) -> datetime:
        """Runs what is due, a little late; returns when the next test is planned."""
        time.sleep(2.1)  # noqa: TID251
        self.table.run_pending()
        return datetime.fromisoformat(self.notes["next_test_at"])


def test_a_test_is_started_as_planned_and_the_next_one_follows_from_it() -> None:
    """The plan is noted, so that a restart keeps to it; the test is a full one."""
    loop = Loop(busy=False)
    following = loop.seconds_later()
    assert loop.tests == ["full"]
    assert following == CONFIG.cadence().after(loop.planned)


def test_a_busy_machine_tests_five_minutes_later() -> None:
    """Nothing is started, and the later time is what is noted."""
    loop = Loop(busy=True)
    later = loop.seconds_later()
    assert loop.tests == []
    assert DEFERRAL_S - 1 <= (later - loop.planned).total_seconds() <= DEFERRAL_S + 5


def test_a_machine_that_is_always_busy_is_measured_too() -> None:
    """After so many deferrals the test is made; its sample says what the processor did."""
    loop = Loop(busy=True)
    loop.table._scheduler.clear()
    loop.table._plan(CONFIG, loop.planned, loop.now, MOST_DEFERRALS)
    loop.seconds_later()
    assert loop.tests == ["full"]


def test_the_weeks_long_test_is_noted_when_it_begins_and_made_once() -> None:
    """A restart finds the note; school is never on here."""
    loop = Loop(busy=False)
    config = parse(
        '[measure]\ntest_every = "6h"\n[site]\nid = "north"\nholidays = ["2020-01-01/2099-12-31"]\n',
        Path("agent.toml"),
        zone="UTC",
    )
    loop.table.lay(config, loop.now)
    loop.seconds_later()
    began = datetime.fromisoformat(loop.notes["long_test_at"])
    assert loop.tests == ["long"]
    assert config.cadence().kind(began + timedelta(seconds=1), began) == "full"
