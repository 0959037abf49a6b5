"""Clocks jump, counters fall, agents and machines start again, in any order: no byte is ever made up.

A model of one machine knows what truly passed. Whatever happens, the store holds no more bytes and no more
seconds than that, no minute has more seconds than a minute (one that is dated afterwards, than two), and each
minute is in its five minutes once.
``BANDGAP_FAULT_EXAMPLES`` and ``BANDGAP_FAULT_STEPS`` make it long.
"""

import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agent import counters, store
from agent.children import Children
from agent.clock_watch import BOOT
from agent.config import ReachabilitySettings
from agent.counters import Reading
from agent.ledger import Ledger
from agent.reach.reachability import Reachability
from tests.faults.counts import count, size

EXAMPLES = size("EXAMPLES", 25)
STEPS = size("STEPS", 25)

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
POLL_S = 5.0
SPEED_MBPS = 100.0
MOST_A_POLL = int(SPEED_MBPS * 1e6 / 8 * POLL_S)
WRAP = 2**32


DONE = Counter[str]()
"""How often what was done, over all cases."""


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    yield
    for what, times in DONE.items():
        count(what, times, "no byte or second made up, none counted twice")


class Gateway(RuleBasedStateMachine):
    """A gateway with a clock that anybody may set, and counters that a driver may spoil."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="bandgap-faults-"))
        self.connection = store.open_store(self.folder)
        self.connection.execute("PRAGMA busy_timeout = 0")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.blocker: sqlite3.Connection | None = None
        self.boots, self.uptime_s, self.wall = 0, 30.0, NOON
        self.said: bool | None = None
        self.rx = self.tx = 0
        self.index, self.narrow = 2, False
        self.true_bytes, self.true_s, self.passed = 0, 0.0, 0
        self.before: Reading | None = None
        self.doubted = False
        self.reachability = Reachability(ReachabilitySettings(), Children({}))

    @initialize(wall=st.sampled_from([NOON, BOOT, NOON - timedelta(days=2)]), narrow=st.booleans())
    def switch_on(self, wall: datetime, narrow: bool) -> None:
        self.wall, self.narrow = wall, narrow
        self.start_agent()

    def start_agent(self) -> None:
        DONE["agents and machines started again meanwhile"] += 1
        self.before = None
        self.ledger = Ledger(
            self.connection,
            self.folder,
            lambda _: None,
            boot=f"boot {self.boots}",
            synchronised=lambda: self.said,
        )
        self.ledger.begin(self.uptime_s, self.wall)

    @rule(polls=st.integers(1, 60), share=st.floats(0, 1))
    def time_passes(self, polls: int, share: float) -> None:
        for _ in range(polls):
            self.pass_by(POLL_S)
            self.true_s += POLL_S
            self.carry(int(share * MOST_A_POLL), int(share * MOST_A_POLL / 9))
            self.poll()

    def pass_by(self, seconds: float) -> None:
        self.uptime_s += seconds
        self.wall += timedelta(seconds=seconds)

    def carry(self, rx: int, tx: int) -> None:
        self.true_bytes += rx + tx
        self.passed += rx + tx
        self.rx, self.tx = self.rx + rx, self.tx + tx

    def poll(self) -> None:
        """What the loop does, with counters as the driver shows them."""
        shown = (self.rx % WRAP, self.tx % WRAP) if self.narrow else (self.rx, self.tx)
        after = Reading("eth0", self.index, self.uptime_s, *shown)
        self.ledger.look(self.uptime_s, self.wall, self.reachability)
        self.doubted = self.doubted or not self.ledger.believed
        if self.before is not None:
            delta = counters.delta(self.before, after, SPEED_MBPS, 30)
            assert delta.rx_bytes + delta.tx_bytes <= self.passed
            self.ledger.fold.add("eth0", delta, self.ledger.date(self.uptime_s), link_up=True)
        self.before, self.passed = after, 0
        if self.ledger.fold.ready:
            self.ledger.write(self.reachability)

    @rule(by=st.one_of(st.floats(-7200, 7200), st.sampled_from([-3.0, 3.0, 3e8, -3e8, -61.0, 60.0])))
    def somebody_sets_the_clock(self, by: float) -> None:
        if (
            datetime(1970, 1, 2, tzinfo=UTC)
            < self.wall + timedelta(seconds=by)
            < datetime(2050, 1, 1, tzinfo=UTC)
        ):
            self.wall += timedelta(seconds=by)
            DONE["clocks set by somebody or a time server"] += 1

    @rule(said=st.sampled_from([True, None]), polls=st.integers(20, 60))
    def an_hour_is_lived_twice(self, said: bool | None, polls: int) -> None:
        """The clock goes back over what was counted a moment ago, and on through it again."""
        self.time_passes(polls, 0.5)
        self.said = said
        self.wall -= timedelta(seconds=polls * POLL_S * 0.8)
        DONE["clocks set by somebody or a time server"] += 1
        self.time_passes(2 * polls, 0.5)

    @rule()
    def a_time_server_sets_the_clock(self) -> None:
        self.wall, self.said = NOON + timedelta(seconds=self.true_s), True
        DONE["clocks set by somebody or a time server"] += 1

    @rule(said=st.sampled_from([True, False, None]))
    def the_time_service_changes(self, said: bool | None) -> None:
        self.said = said

    @rule(left=st.sampled_from([0, 1000, WRAP - 1000, WRAP - MOST_A_POLL // 2]))
    def the_driver_resets_its_counters(self, left: int) -> None:
        """Both, as drivers do; what they start from next is some other time's business."""
        DONE["counters reset, gone round or begun anew"] += 1
        self.rx = self.tx = 0
        if left and self.before is None:
            self.rx, self.tx = left, left // 2

    @rule()
    def the_interface_is_made_anew(self) -> None:
        DONE["counters reset, gone round or begun anew"] += 1
        self.index, self.rx, self.tx = self.index + 1, 0, 0

    @rule(near=st.integers(0, 2 * MOST_A_POLL), other=st.sampled_from([0, 1000, WRAP // 2]))
    def a_counter_comes_near_its_end(self, near: int, other: int) -> None:
        """Traffic that the agent doesn't see, for it is off meanwhile."""
        self.stop_agent()
        DONE["counters reset, gone round or begun anew"] += 1
        self.rx, self.tx = WRAP - near, other
        self.start_agent()
        self.poll()

    @rule(seconds=st.floats(31, 4000), rx=st.integers(0, 10**9))
    def the_machine_sleeps(self, seconds: float, rx: int) -> None:
        """No poll is made; bytes that pass can't be dated and aren't counted."""
        self.pass_by(seconds)
        self.carry(rx, 0)
        self.poll()

    @rule(killed=st.booleans(), away=st.floats(0, 200))
    def the_agent_starts_again(self, killed: bool, away: float) -> None:
        if not killed:
            self.stop_agent()
        self.pass_by(away)
        self.start_agent()

    def stop_agent(self) -> None:
        self.ledger.fold.close()
        self.ledger.write(self.reachability)

    @rule(wall=st.sampled_from(["kept", "1970", "saved"]), away=st.floats(5, 4000))
    def the_machine_boots(self, wall: str, away: float) -> None:
        self.stop_agent()
        self.boots, self.uptime_s, self.said = self.boots + 1, 20.0, None
        self.rx = self.tx = 0
        self.wall = {
            "kept": self.wall + timedelta(seconds=away),
            "1970": BOOT + timedelta(seconds=20),
            "saved": self.wall,
        }[wall]
        self.start_agent()

    @precondition(lambda self: self.blocker is None)
    @rule()
    def the_store_is_busy(self) -> None:
        self.blocker = sqlite3.connect(self.folder / store.FILE, isolation_level=None)
        self.blocker.execute("BEGIN IMMEDIATE")

    @precondition(lambda self: self.blocker is not None)
    @rule()
    def the_store_is_free_again(self) -> None:
        assert self.blocker is not None
        self.blocker.execute("ROLLBACK")
        self.blocker.close()
        self.blocker = None

    @invariant()
    def nothing_is_made_up(self) -> None:
        ask = self.connection.execute
        dated = ask(
            "SELECT ifnull(sum(rx_bytes + tx_bytes), 0), ifnull(sum(interval_s), 0) FROM usage_minutes"
        )
        minute_bytes, minute_s = dated.fetchone()
        undated = ask(
            "SELECT ifnull(sum(rx_bytes + tx_bytes), 0), ifnull(sum(interval_s), 0) FROM undated_minutes"
        )
        undated_bytes, undated_s = undated.fetchone()
        assert minute_bytes + undated_bytes <= self.true_bytes
        assert minute_s + undated_s <= self.true_s + 1

    @invariant()
    def no_minute_is_counted_twice(self) -> None:
        ask = self.connection.execute
        # A poll belongs to the minute of its middle, so that one may reach into the next.
        longest = ask(
            "SELECT max(s) FROM (SELECT sum(interval_s) AS s FROM usage_minutes GROUP BY started_at)"
        )
        # What is dated afterwards may lie wrong by a minute (agent/undated.py), beside what was there.
        most_s = 120 if self.doubted else 60
        assert (longest.fetchone()[0] or 0) <= most_s + POLL_S + 2
        both = [
            ask(
                f"SELECT started_at / 300, sum(rx_bytes), sum(tx_bytes) FROM {table} GROUP BY 1 ORDER BY 1"
            ).fetchall()
            for table in ("usage_minutes", "usage_five_minutes")
        ]
        assert both[0] == both[1]

    @invariant()
    def nothing_is_dated_before_this_product_was(self) -> None:
        first = self.connection.execute("SELECT min(started_at) FROM usage_minutes").fetchone()[0]
        assert first is None or first > datetime(2026, 10, 1, tzinfo=UTC).timestamp()

    def teardown(self) -> None:
        if self.blocker is not None:
            self.blocker.close()
        self.connection.close()
        shutil.rmtree(self.folder)


TestGateway = Gateway.TestCase
TestGateway.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
