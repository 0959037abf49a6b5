"""One capacity sample: whatever the engines do, there is one, and it says what is known."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.engines.plan import Engine, NoMeasurement, Plan, Reading, Show, Tally
from agent.engines.table import ENGINES
from agent.engines.udp_echo import Echo
from agent.measure import link_flags, take_capacity_sample
from agent.test_lock import hold, test_running
from reports.samples import CapacitySample
from reports.sentences import FLAGS, NO_MEASUREMENT

test_running.__test__ = False  # type: ignore[attr-defined]  # a question, not a test

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def found(**changes: Any) -> Engine:
    """An engine that measures 94 Mbit/s down and 19 up."""

    def engine(plan: Plan, tally: Tally, show: Show) -> Reading:
        tally.down_bytes += 30_000_000
        tally.up_bytes += 7_000_000
        return Reading(**{"server": "http://speed.example", "down_mbps": 94.0, "up_mbps": 19.0, **changes})

    return engine


def refused(reason: str, detail: str | None = None, cost: int = 0) -> Engine:
    def engine(plan: Plan, tally: Tally, show: Show) -> Reading:
        tally.down_bytes += cost
        raise NoMeasurement(reason, detail)

    return engine


def broken(error: BaseException) -> Engine:
    def engine(plan: Plan, tally: Tally, show: Show) -> Reading:
        raise error

    return engine


def sample(folder: Path, table: Mapping[str, Engine], **changes: Any) -> CapacitySample:
    arguments: dict[str, Any] = {
        "lock_path": folder / "test.lock",
        "clock": lambda: NOON,
        "new_id": lambda: "0190-test",
        "table": table,
    }
    return take_capacity_sample([(name, None) for name in table], **{**arguments, **changes})


def test_a_figure_becomes_a_sample(tmp_path: Path) -> None:
    taken = sample(tmp_path, {"http": found(latency_idle_ms=12.0)}, interface=None, link_speed_mbps=1000)
    assert taken == CapacitySample(
        id="0190-test",
        started_at=NOON,
        ended_at=NOON,
        engine="http",
        server="http://speed.example",
        outcome="ok",
        down_mbps=94.0,
        up_mbps=19.0,
        latency_idle_ms=12.0,
        down_bytes=30_000_000,
        up_bytes=7_000_000,
        link_speed_mbps=1000,
    )
    assert taken.trusted


def test_the_next_engine_is_asked_when_one_has_no_figure(tmp_path: Path) -> None:
    taken = sample(tmp_path, {"http": refused("dns", "speed.example", cost=500), "speedtest-cli": found()})
    assert (taken.engine, taken.outcome) == ("speedtest-cli", "ok")
    assert taken.detail == "http: dns, speed.example"
    assert taken.down_bytes == 30_000_500


def test_when_none_has_a_figure_the_first_ones_reason_counts(tmp_path: Path) -> None:
    table = {
        "http": refused("server_busy", "HTTP 503", cost=9),
        "speedtest-cli": refused("dns", "speedtest.net"),
    }
    taken = sample(tmp_path, table)
    assert (taken.outcome, taken.engine, taken.reason) == ("no_measurement", "http", "server_busy")
    assert taken.detail == "HTTP 503; speedtest-cli: dns, speedtest.net"
    assert (taken.down_mbps, taken.up_mbps, taken.down_bytes) == (None, None, 9)


def test_an_engine_that_breaks_is_data_too(tmp_path: Path) -> None:
    taken = sample(tmp_path, {"http": broken(ZeroDivisionError("float division"))})
    assert (taken.reason, taken.detail) == ("engine_failed", "ZeroDivisionError: float division")


def test_a_test_that_is_broken_off_is_a_sample(tmp_path: Path) -> None:
    assert sample(tmp_path, {"http": broken(KeyboardInterrupt())}).reason == "interrupted"


def test_an_engine_that_nobody_knows_is_missing(tmp_path: Path) -> None:
    taken = take_capacity_sample(
        [("ndt9", None)], lock_path=tmp_path / "lock", clock=lambda: NOON, new_id=lambda: "x"
    )
    assert (taken.reason, taken.detail) == ("engine_missing", "ndt9")


def test_no_engine_at_all_is_a_sample_as_well(tmp_path: Path) -> None:
    assert sample(tmp_path, {}).reason == "engine_missing"


def test_a_reading_of_nothing_is_no_measurement(tmp_path: Path) -> None:
    assert sample(tmp_path, {"http": found(down_mbps=None, up_mbps=None)}).reason == "too_little"


def test_a_clock_that_was_set_during_the_test_is_a_doubt(tmp_path: Path) -> None:
    times = iter([NOON, NOON + timedelta(hours=1)])
    taken = sample(tmp_path, {"http": found()}, clock=lambda: next(times))
    assert taken.flags == ("clock_stepped",)
    assert not taken.trusted


def test_an_interface_that_was_replaced_is_a_doubt(tmp_path: Path) -> None:
    index = tmp_path / "wan0" / "ifindex"
    index.parent.mkdir()
    index.write_text("3\n")

    def replacing(plan: Plan, tally: Tally, show: Show) -> Reading:
        index.write_text("5\n")
        return found()(plan, tally, show)

    taken = sample(tmp_path, {"http": replacing}, interface="wan0", net_root=tmp_path)
    assert taken.flags == ("interface_changed",)
    assert sample(tmp_path, {"http": found()}, interface="wan0", net_root=tmp_path).flags == ()


def test_what_the_preflight_says_keeps_the_engines_from_being_asked(tmp_path: Path) -> None:
    """A pulled cable is no slow line."""
    taken = sample(tmp_path, {"http": found()}, preflight=lambda: NoMeasurement("no_link", "wan0"))
    assert (taken.outcome, taken.reason, taken.detail) == ("no_measurement", "no_link", "wan0")
    assert (taken.engine, taken.down_bytes) == ("http", 0)
    assert sample(tmp_path, {"http": found()}, preflight=lambda: None).outcome == "ok"


def test_the_kind_of_the_interface_is_a_doubt(tmp_path: Path) -> None:
    """Half duplex, Wi-Fi and tunnels are seen by the wrapper, whatever the engine."""
    (tmp_path / "wan0").mkdir()
    (tmp_path / "wan0" / "duplex").write_text("half\n")
    (tmp_path / "wan0" / "wireless").mkdir()
    taken = sample(tmp_path, {"http": found()}, interface="wan0", net_root=tmp_path)
    assert taken.flags == ("half_duplex", "wifi")
    mobile = sample(tmp_path, {"http": found()}, interface="wan0", net_root=tmp_path, connection="mobile")
    assert mobile.flags == ("half_duplex",)


@pytest.mark.parametrize(
    ("down", "link", "contract", "flags"),
    [
        (94.1, 100, None, ["nic_limited"]),
        (94.1, 100, 250, ["nic_limited"]),
        (94.1, 100, 100, []),
        (941, 1000, 1000, []),
        (941, 1000, 2000, ["nic_limited"]),
        (400, 1000, None, []),
        (103, 100, 100, ["exceeds_link_speed"]),
        (5000, None, None, []),
    ],
)
def test_the_interfaces_speed_is_a_doubt_when_the_line_may_be_faster(
    down: float, link: float | None, contract: float | None, flags: list[str]
) -> None:
    assert link_flags(Reading("x", down_mbps=down), link, contract) == flags


def test_the_plan_carries_the_limits(tmp_path: Path) -> None:
    plans = []

    def keeping(plan: Plan, tally: Tally, show: Show) -> Reading:
        plans.append(plan)
        return found()(plan, tally, show)

    limits: dict[str, Any] = {
        "max_bytes": 5,
        "max_seconds": 2.0,
        "ca_file": "/ca.pem",
        "pins": ("sha256//x",),
    }
    sample(tmp_path, {"http": keeping}, interface="wan0", **limits)
    assert plans == [Plan(None, "wan0", 2.0, 5, "/ca.pem", None, ("sha256//x",))]


def test_a_second_test_at_once_is_refused_and_the_poller_knows(tmp_path: Path) -> None:
    lock = tmp_path / "test.lock"
    assert not test_running(lock)
    with hold(lock):
        assert test_running(lock)
        taken = sample(tmp_path, {"http": found()})
    assert (taken.outcome, taken.reason) == ("no_measurement", "busy")
    assert not test_running(lock)


def test_the_lock_is_held_while_an_engine_works(tmp_path: Path) -> None:
    seen = []

    def looking(plan: Plan, tally: Tally, show: Show) -> Reading:
        seen.append(test_running(tmp_path / "test.lock"))
        return found()(plan, tally, show)

    sample(tmp_path, {"http": looking})
    assert seen == [True]


def test_a_lock_whose_holder_died_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "test.lock"
    program = (
        "import os, sys; from pathlib import Path; from agent.test_lock import hold\n"
        f"with hold(Path({str(lock)!r})):\n    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert test_running(lock)
        holder.kill()
        holder.wait()
        assert not test_running(lock)


def test_the_table_imports_no_engine() -> None:
    program = (
        "import sys, agent.engines.table, agent.measure, agent.test_lock\n"
        "print([name for name in ('requests', 'ssl', 'agent.engines.http', 'agent.engines.speedtest_cli') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_the_tables_engines_can_be_called() -> None:
    for name, engine in ENGINES.items():
        with pytest.raises(NoMeasurement):
            engine(
                Plan("ftp://nowhere" if name == "http" else "http://127.0.0.1:9"), Tally(), lambda *_: None
            )


def test_every_reason_and_flag_that_the_engines_use_has_words() -> None:
    used: Callable[[str], set[str]] = lambda pattern: {  # noqa: E731
        code
        for path in [*Path("agent/engines").glob("*.py"), Path("agent/measure.py")]
        for code in __import__("re").findall(pattern, path.read_text())
    }
    assert used(r'NoMeasurement\(\s*"([a-z_]+)"') <= set(NO_MEASUREMENT)
    assert used(r'flags\.append\("([a-z_]+)"') <= set(FLAGS)
    assert used(r'return \["([a-z_]+)"\]') <= set(FLAGS)


def test_what_else_an_engine_found_is_in_the_sample(tmp_path: Path) -> None:
    more = {
        "other_down_mbps": 30.0,
        "jitter_ms": 0.4,
        "burst_up_mbps": 60.0,
        "load_s": 15.0,
        "loss_share": 0.02,
    }
    taken = sample(tmp_path, {"http": found(**more)})
    assert {name: getattr(taken, name) for name in more} == more
    assert taken.trusted


def test_the_loss_of_the_echo_stands_before_an_engines_own(tmp_path: Path) -> None:
    """Its octets are part of the cost."""
    echo = Echo(0.01, 0.0, 0.01, down_bytes=100, up_bytes=200)
    taken = sample(tmp_path, {"http": found(loss_share=0.5)}, echo=lambda: echo)
    assert (taken.loss_share, taken.loss_down_share, taken.loss_up_share) == (0.01, 0.0, 0.01)
    assert (taken.down_bytes, taken.up_bytes) == (30_000_100, 7_000_200)


def test_an_echo_without_an_answer_is_a_note_and_no_doubt(tmp_path: Path) -> None:
    taken = sample(tmp_path, {"http": found(detail="one flow")}, echo=lambda: Echo(detail="loss: no irtt"))
    assert taken.trusted
    assert taken.loss_share is None
    assert taken.detail == "one flow; loss: no irtt"


def test_where_no_test_can_be_made_nothing_is_sent_for_an_echo(tmp_path: Path) -> None:
    asked: list[str] = []

    def echo() -> Echo:
        asked.append("echo")
        return Echo()

    sample(tmp_path, {"http": found()}, preflight=lambda: NoMeasurement("no_link", "wan0"), echo=echo)
    assert asked == []


def test_a_load_is_held_for_as_long_as_is_asked(tmp_path: Path) -> None:
    plans: list[Plan] = []

    def engine(plan: Plan, tally: Tally, show: Show) -> Reading:
        plans.append(plan)
        return Reading("a.example", 94.0)

    sample(tmp_path, {"http": engine}, least_s=15.0, max_seconds=20.0)
    assert (plans[0].least_s, plans[0].max_seconds) == (15.0, 20.0)


def test_others_that_nobody_counts_make_it_a_lower_bound(tmp_path: Path) -> None:
    """The one who watches says why; the engine is kept from counters that others' traffic is in."""
    plans: list[Plan] = []

    def engine(plan: Plan, tally: Tally, show: Show) -> Reading:
        plans.append(plan)
        return Reading("http://speed.example", down_mbps=94.0, up_mbps=19.0, detail="a burst")

    taken = sample(
        tmp_path, {"http": engine}, interface="lo", beside=lambda: lambda: "others moved 5 MB down"
    )
    assert (taken.flags, taken.detail) == (("lower_bound",), "a burst; others moved 5 MB down")
    assert (taken.trusted, taken.at_least, taken.interface) == (False, True, "lo")
    assert plans[0].interface is None


def test_others_who_kept_quiet_leave_it_trusted(tmp_path: Path) -> None:
    taken = sample(tmp_path, {"http": found()}, interface="lo", beside=lambda: lambda: None)
    assert (taken.flags, taken.trusted, taken.at_least) == ((), True, False)


def test_a_test_without_a_figure_is_not_waited_for(tmp_path: Path) -> None:
    """Watching goes on from before the first engine, and what it found is of no use without a figure."""
    ended: list[str] = []
    watch = lambda: lambda: ended.append("asked")  # noqa: E731
    assert sample(tmp_path, {"http": refused("dns")}, beside=watch).reason == "dns"
    assert ended == []
