"""What the loop counts reaches the store under the date that its clock deserves."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import clock, store, undated
from agent.children import Children
from agent.clock_watch import BOOT
from agent.config import ReachabilitySettings
from agent.counters import Delta
from agent.history import History
from agent.ledger import Ledger
from agent.reach.reachability import Reachability

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Machine:
    """A loop of one poll a second on clocks of its own; ``offset_s`` is the wall clock's at boot."""

    def __init__(self, folder: Path, wall: datetime, *, said: bool | None = None, boot: str = "this") -> None:
        self.connection, self.folder = store.open_store(folder), folder
        self.uptime_s, self.wall, self.said, self.boot = 5.0, wall, said, boot
        self.reachability = Reachability(ReachabilitySettings(), Children({}))
        self.start()

    def start(self) -> None:
        self.ledger = Ledger(
            self.connection, self.folder, lambda _: None, boot=self.boot, synchronised=lambda: self.said
        )
        self.ledger.begin(self.uptime_s, self.wall)

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.uptime_s += 1
            self.wall += timedelta(seconds=1)
            self.ledger.look(self.uptime_s, self.wall, self.reachability)
            at = self.ledger.date(self.uptime_s)
            self.ledger.fold.add("eth0", Delta(1.0, 100, 10), at, link_up=True)
            if self.ledger.fold.ready:
                self.ledger.write(self.reachability)

    def set(self, wall: datetime) -> None:
        self.wall = wall

    def end(self) -> None:
        self.ledger.fold.close()
        self.ledger.write(self.reachability)

    def minutes(self) -> dict[str, tuple[float, int]]:
        rows = self.connection.execute(
            "SELECT started_at, interval_s, rx_bytes FROM usage_minutes ORDER BY 1"
        )
        return {
            f"{datetime.fromtimestamp(at, UTC):%H:%M}": (round(seconds, 3), rx) for at, seconds, rx in rows
        }


def test_what_a_pi_counts_before_its_clock_is_set_is_dated_back(tmp_path: Path) -> None:
    """It boots in 1970, runs for three minutes, and then a time server says that it is noon."""
    pi = Machine(tmp_path, BOOT)
    pi.run(180)
    assert pi.minutes() == {}
    pi.set(NOON)
    pi.run(60)
    pi.end()
    # Three minutes of time from boot, cut where minutes of the day begin, and then the day's own.
    assert sum(rx for _, rx in pi.minutes().values()) == 240 * 100
    assert all(seconds <= 61 for seconds, _ in pi.minutes().values())
    assert min(pi.minutes()) == "11:56"  # within a minute of when it was
    step = History(pi.connection).clock_steps(NOON, NOON + timedelta(hours=1))[0]
    assert not step.believed


def test_what_is_left_undated_is_dated_by_the_next_agent_of_the_same_boot(tmp_path: Path) -> None:
    """The agent was stopped before the clock was set; its successor knows."""
    pi = Machine(tmp_path, BOOT)
    pi.run(120)
    pi.end()
    assert undated.minutes(pi.connection) == 2
    pi.set(NOON)
    pi.start()
    pi.run(5)
    pi.end()
    assert undated.minutes(pi.connection) == 0
    assert sum(rx for _, rx in pi.minutes().values()) == 125 * 100


def test_after_another_boot_it_stays_undated(tmp_path: Path) -> None:
    """When it was counted is known to nobody; that it was, to all who ask."""
    pi = Machine(tmp_path, BOOT)
    pi.run(120)
    pi.end()
    pi.boot, pi.uptime_s = "another", 5.0
    pi.set(NOON)
    pi.start()
    pi.run(60)
    pi.end()
    assert undated.minutes(pi.connection) == 2
    assert sum(rx for _, rx in pi.minutes().values()) == 60 * 100


def test_time_that_is_lived_twice_counts_once(tmp_path: Path) -> None:
    """The clock was ahead by five minutes and a time server sets it right: what was written stays as it is."""
    ahead = Machine(tmp_path, NOON, said=True)
    ahead.run(600)
    before = dict(list(ahead.minutes().items())[:9])
    ahead.set(NOON + timedelta(minutes=5))
    ahead.run(600)
    ahead.end()
    found = ahead.minutes()
    assert {name: found[name] for name in before} == before
    assert all(seconds <= 61 for seconds, _ in found.values())
    dated = sum(rx for _, rx in found.values())
    left_out = ahead.connection.execute("SELECT sum(rx_bytes) FROM undated_minutes").fetchone()[0]
    assert dated + left_out == 1200 * 100
    assert undated.minutes(ahead.connection) in (5, 6)
    (step,) = History(ahead.connection).clock_steps(NOON, NOON + timedelta(hours=1))
    assert (round(step.by_s), step.believed) == (-300, True)


def test_a_jump_to_1970_and_back_ruins_nothing(tmp_path: Path) -> None:
    """While it says 1970 nothing gets a date; then all of it does, for boot's time is known again."""
    one = Machine(tmp_path, NOON)
    one.run(120)
    one.set(BOOT)
    one.run(120)
    one.set(NOON + timedelta(seconds=240))
    one.run(120)
    one.end()
    dated = sum(rx for _, rx in one.minutes().values())
    left_out = one.connection.execute("SELECT ifnull(sum(rx_bytes), 0) FROM undated_minutes").fetchone()[0]
    assert dated + left_out == 360 * 100
    assert left_out <= 60 * 100  # of the minute in which the clock went back
    assert min(one.minutes()) == "12:00"
    assert max(one.minutes()) == "12:05"


def test_a_jump_to_2038_and_back_does_not_stop_the_clock_for_twelve_years(tmp_path: Path) -> None:
    """Without a time server's word it takes an hour, and the next start takes none."""
    one = Machine(tmp_path, datetime(2038, 1, 1, tzinfo=UTC))
    one.run(120)
    one.set(NOON)
    one.run(3700)
    assert one.ledger.believed
    one.end()
    one.start()
    assert one.ledger.believed
    assert "12:30" in one.minutes()


def test_outages_found_before_the_clock_was_set_get_their_dates(tmp_path: Path) -> None:
    """They wait in memory until then."""
    pi = Machine(tmp_path, BOOT)
    pi.run(10)
    asked = pi.reachability
    for _ in range(3):
        asked._asked = (pi.ledger.date(pi.uptime_s), pi.uptime_s)
        asked.heard("internet nobody answered")
        pi.run(20)
    assert History(pi.connection).running_outage() is None
    pi.set(NOON)
    pi.run(2)
    pi.end()
    (outage,) = History(pi.connection).outages(NOON - timedelta(hours=1), NOON + timedelta(hours=1))
    assert timedelta(seconds=55) < NOON - outage.started_at < timedelta(seconds=65)


def test_a_store_that_cannot_be_written_loses_no_minute(tmp_path: Path) -> None:
    """Not even when the clock is set meanwhile."""
    one = Machine(tmp_path, NOON, said=True)
    one.run(60)
    other = sqlite3.connect(tmp_path / store.FILE, isolation_level=None)
    one.connection.execute("PRAGMA busy_timeout = 0")
    other.execute("BEGIN IMMEDIATE")
    one.run(70)
    assert len(one.ledger.fold.ready) == 2  # they wait
    one.set(NOON + timedelta(minutes=20))
    one.run(70)
    other.execute("ROLLBACK")
    one.run(60)
    one.end()
    assert one.ledger.writable
    dated = sum(rx for _, rx in one.minutes().values())
    left_out = one.connection.execute("SELECT ifnull(sum(rx_bytes), 0) FROM undated_minutes").fetchone()[0]
    assert dated + left_out == 260 * 100


def test_the_real_clock_of_this_machine_is_believed(tmp_path: Path) -> None:
    """Whatever it runs on."""
    ledger = Ledger(store.open_store(tmp_path), tmp_path, lambda _: None, synchronised=lambda: None)
    ledger.begin(clock.uptime_s(), clock.now())
    assert ledger.believed


@pytest.mark.parametrize("seconds", [30, 90])
def test_a_restart_keeps_to_the_era(tmp_path: Path, seconds: int) -> None:
    """The second half of a minute joins the first."""
    one = Machine(tmp_path, NOON)
    one.run(seconds)
    one.end()
    one.start()
    one.run(seconds)
    one.end()
    assert sum(rx for _, rx in one.minutes().values()) == 2 * seconds * 100
    assert undated.minutes(one.connection) == 0


def test_what_another_era_left_no_room_for_waits_for_a_disk_that_fails_then(tmp_path: Path) -> None:
    """The minutes are written and the disk fails before the rest is kept: the next turn keeps it."""
    ahead = Machine(tmp_path, NOON, said=True)
    ahead.run(300)
    ahead.set(NOON)
    ahead.connection.execute(
        """CREATE TEMP TRIGGER fails BEFORE INSERT ON undated_minutes BEGIN
           SELECT RAISE(ABORT, 'as a disk does'); END"""
    )
    ahead.run(120)
    assert not ahead.ledger.writable
    ahead.connection.execute("DROP TRIGGER fails")
    ahead.run(60)
    ahead.end()
    left_out = ahead.connection.execute("SELECT sum(rx_bytes) FROM undated_minutes").fetchone()[0]
    assert sum(rx for _, rx in ahead.minutes().values()) + left_out == 480 * 100


class Prompt(Children):
    """Copies that say at once that all is well."""

    def fork(self, kind: str, work: Callable[[], str], *, now_s: float, limit_s: float) -> bool:
        return True


def probed_until(machine: Machine) -> datetime:
    (last,) = machine.connection.execute("SELECT max(ends_at) FROM probed").fetchone()
    return datetime.fromtimestamp(last, UTC)


def test_probes_that_stay_good_are_written_every_five_minutes_and_bad_ones_at_once(tmp_path: Path) -> None:
    """Each table that a minute touches is a page to write. An outage is never late."""
    line = Machine(tmp_path, NOON, said=True)
    line.reachability = Reachability(ReachabilitySettings(every=30.0), Prompt({}))
    told: list[datetime] = []
    outages = 0
    for second in range(900):
        line.run(1)
        said = "internet no answer" if second > 840 else "ok"
        line.reachability.poll(line.uptime_s, line.wall, "eth0", lambda: False)
        line.reachability.heard(said)
        if line.reachability.ready(line.uptime_s):
            line.ledger.write(line.reachability)
        (written,) = line.connection.execute("SELECT count(*) FROM probed").fetchone()
        if written and (not told or told[-1] != probed_until(line)):
            told.append(probed_until(line))
        (outages,) = line.connection.execute("SELECT count(*) FROM outages").fetchone()
        if second <= 840:
            assert outages == 0
    assert outages == 1
    assert 2 <= len([at for at in told if at < NOON + timedelta(seconds=840)]) <= 4
    line.reachability.lose_sight()
    line.end()
    assert line.wall - probed_until(line) < timedelta(seconds=31)


def test_the_clocks_time_is_noted_now_and_then_and_the_minutes_show_the_rest(tmp_path: Path) -> None:
    """After a power cut a clock that was saved some minutes before isn't believed."""
    pi = Machine(tmp_path, NOON, said=True)
    pi.run(490)
    noted = store.noted(pi.connection, "clock_seen")
    assert noted is not None
    assert datetime.fromisoformat(noted) < NOON + timedelta(seconds=70)
    seen, era = store.clock_seen(pi.connection)
    assert (seen, era) == (NOON + timedelta(minutes=8), 0)
    pi.said, pi.boot, pi.uptime_s = None, "another", 5.0
    pi.set(NOON + timedelta(minutes=5))
    pi.start()
    assert not pi.ledger.believed


def test_an_agent_that_ends_notes_the_clocks_time(tmp_path: Path) -> None:
    pi = Machine(tmp_path, NOON, said=True)
    pi.run(90)
    pi.ledger.close()
    pi.ledger.write(pi.reachability)
    assert store.noted(pi.connection, "clock_seen") == pi.wall.isoformat(timespec="seconds")


def test_minutes_of_an_era_before_say_nothing_of_the_clock(tmp_path: Path) -> None:
    """The clock was a day ahead and was set right: what was written then is no sign of the present time."""
    pi = Machine(tmp_path, NOON + timedelta(days=1), said=True)
    pi.run(120)
    pi.set(NOON)
    pi.run(300)
    seen, era = store.clock_seen(pi.connection)
    assert era == 1
    assert seen is not None
    assert NOON + timedelta(minutes=4) <= seen <= pi.wall
