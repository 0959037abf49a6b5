"""The loop's timetable keeps to its plan, and lets a busy machine finish what it does first."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.config import parse
from agent.timetable import DEFERRAL_S, MOST_DEFERRALS, SOON_S, Timetable

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


@pytest.mark.parametrize(
    ("ago", "least_s", "most_s"),
    [
        (timedelta(minutes=40), 1195, 1200),
        (timedelta(hours=5), SOON_S[0] - 5, SOON_S[1]),
        (None, SOON_S[0] - 5, SOON_S[1]),
        (timedelta(days=-9), 3595, 3600),
    ],
    ids=["lately", "long ago", "never", "by a clock that was ahead"],
)
def test_the_first_upload_follows_from_the_last_that_was_taken(
    ago: timedelta | None, least_s: float, most_s: float
) -> None:
    """A start doesn't put it off for another hour."""
    loop = Loop(busy=False)
    if ago is not None:
        loop.notes["uploaded_at"] = (loop.now - ago).isoformat()
    began = datetime.now()  # noqa: DTZ005, TID251  # as schedule reads it
    loop.table.lay(CONFIG, loop.now)
    uploads = loop.table._scheduler.jobs[0]
    assert uploads.next_run is not None
    assert least_s <= (uploads.next_run - began).total_seconds() <= most_s + 60


def test_uploads_are_no_rarer_than_the_settings_say() -> None:
    """Every second is every second from the start."""
    loop = Loop(busy=False)
    config = parse('[site]\nid = "north"\n[upload]\nevery = "1s"\n', Path("agent.toml"), zone="UTC")
    began = datetime.now()  # noqa: DTZ005, TID251  # as schedule reads it
    loop.table.lay(config, loop.now)
    uploads = loop.table._scheduler.jobs[0]
    assert uploads.next_run is not None
    assert (uploads.next_run - began).total_seconds() <= 30
