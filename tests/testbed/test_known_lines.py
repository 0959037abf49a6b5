"""The http engine on lines of known rate: right, or flagged; never a silent wrong number.

The long form is ``make truth``. Beside the engine stand programs that aren't ours: iperf3, nginx, irtt and
web-speedtest, each where it is installed. These need root and iproute2, since a line is made of network namespaces.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from benchmarks.truth.lines import arguments, measured
from benchmarks.truth.tables import error_of, table
from tests.testbed.servers import program

NEEDED = ("ip", "tc", "ethtool", "iperf3", "nginx", "openssl")
LACKING = [
    tool for tool in NEEDED if shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None
]

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="a line is made of network namespaces, which takes root"),
    pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}"),
]


def asked(words: str) -> argparse.Namespace:
    return arguments().parse_args(["--engines", "http", *words.split(), "--repeats", "1", "--patience", "2"])


def assert_right_or_doubted(rows: list[dict[str, Any]], share: float) -> None:
    """Each way within ``share`` of the truth, unless the result itself says that it can't be trusted."""
    assert rows
    for row in rows:
        for way in ("down", "up"):
            error = error_of(row, way)
            assert row["flags"] or (error is not None and abs(error) <= share), (way, error, row)


def test_idle_lines_are_measured_right() -> None:
    """10 and 100 Mbit/s, on the doorstep; the faster one with TLS, and as web-speedtest finds it too."""
    beside = ["https"] + (["web-speedtest"] if Path(program("web-speedtest")).is_absolute() else [])
    assert_right_or_doubted(measured(asked("--rates 10")), 0.02)
    ours, *theirs = measured(asked(f"--rates 100 --engines {','.join(beside)}"))
    assert_right_or_doubted([ours], 0.02)
    for row in theirs:
        assert ours["flags"] or ours["down"] == pytest.approx(row["down"], rel=0.10)


@pytest.mark.long
def test_a_line_that_is_40_ms_away_is_measured_right_and_others_find_the_same() -> None:
    """The round trip that a rural school has; what iperf3 and irtt say of the same line."""
    beside = ["http", "iperf3", *(name for name in ("irtt",) if shutil.which(name))]
    rows = measured(asked(f"--rates 50 --rtts 40 --engines {','.join(beside)}"))
    assert_right_or_doubted(rows[:1], 0.03)
    ours, iperf3 = rows[0], rows[1]
    assert ours["flags"] or ours["down"] == pytest.approx(iperf3["down"], rel=0.10)
    for irtt in rows[2:]:
        assert irtt["note"].endswith("% lost")
        assert ours["flags"] or ours["idle_ms"] == pytest.approx(irtt["idle_ms"], abs=6)


def test_other_peoples_traffic_is_told_from_the_line() -> None:
    """Half of the line is a classroom's; the capacity is the whole line's all the same."""
    (row,) = measured(asked("--rates 100 --backgrounds udp:50"))
    assert row["flags"] or abs(row["down"] / row["true"] - 1) <= 0.02, row
    assert row["flags"] or abs(row["other_down_mbps"] / 50 - 1) <= 0.1, row


@pytest.mark.long
def test_others_who_give_way_are_told_from_the_line_too() -> None:
    """TCP gives way to a test, so what it had of the line isn't known beforehand."""
    (row,) = measured(asked("--rates 100 --backgrounds tcp:50"))
    assert row["flags"] or abs(row["down"] / row["true"] - 1) <= 0.02, row
    assert row["other_down_mbps"] > 0


def test_a_burst_is_told_from_the_sustained_rate() -> None:
    """50 Mbit/s with a bucket of 25 MB at 200 first: speedtest-cli reads 40 % too much."""
    rows = [row for row in measured(asked("--rates 50 --bucket")) if row["background"] == "bucket"]
    (row,) = rows
    assert row["flags"] or abs(row["down"] / row["true"] - 1) <= 0.03, row
    assert row["burst_down_mbps"] > 100
    assert row["burst_up_mbps"] > 100


@pytest.mark.long
def test_a_burst_that_outlasts_a_short_test_is_told_by_a_long_one() -> None:
    """100 MB at 200 take more than five seconds: held for fifteen, the load finds what is left of the line."""
    words = "--rates 50 --bucket --bucket-mb 100 --least-s 15"
    (row,) = [row for row in measured(asked(words)) if row["background"] == "bucket"]
    assert row["flags"] or abs(row["down"] / row["true"] - 1) <= 0.03, row
    assert row["burst_down_mbps"] > 150
    assert row["load_s"] >= 15


@pytest.mark.long
def test_an_upload_is_right_whichever_way_a_classroom_is_busy() -> None:
    """While it downloads all it can, acknowledgements come in lumps; what it sends is on the uplink itself."""
    downloading, sending = measured(asked("--rates 100 --backgrounds greedy,udp:50:1:up"))
    assert_right_or_doubted([downloading], 0.015)
    assert_right_or_doubted([sending], 0.03)
    assert sending["other_up_mbps"] == pytest.approx(50, rel=0.1)


@pytest.mark.long
def test_a_gateway_with_a_twentieth_of_a_core_is_right_or_says_so() -> None:
    """1 Gbit/s; speedtest-cli reads half of it."""
    assert_right_or_doubted(measured(asked("--rates 1000 --core-share 5")), 0.10)


@pytest.mark.long
def test_beyond_what_this_machine_can_carry_it_says_so() -> None:
    """No shaper at all: whatever limits it, the figure isn't a line's."""
    (row,) = measured(asked("--rates 0 --offloads"))
    assert row["flags"], row


def test_the_tables_say_what_the_rows_do() -> None:
    row = {
        "rate": 100.0,
        "rtt": 0,
        "background": "none",
        "engine": "http",
        "true": 95.0,
        "flags": ["cpu_bound"],
    }
    row |= {"down": 94.05, "up": None, "mb": 50.0, "seconds": 4.9}
    assert (
        "| 100 | 0 | none | http | 1 | -1.00% | -1.00% | – | – | – | 50.0 | 4.9 | – | cpu_bound |"
        in table([row])
    )
