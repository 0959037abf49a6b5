"""The http engine on lines of known rate: right, or flagged; never a silent wrong number.

The long form is ``make truth``. These need root and iproute2, since a line is made of network namespaces.
"""

from __future__ import annotations

import argparse
import os
import shutil
from typing import Any

import pytest

from benchmarks.truth import _arguments, measured

NEEDED = ("ip", "tc", "ethtool", "iperf3", "nginx")
LACKING = [
    tool for tool in NEEDED if shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None
]

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="a line is made of network namespaces, which takes root"),
    pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}"),
]


def asked(words: str) -> argparse.Namespace:
    return _arguments().parse_args([*words.split(), "--engines", "http", "--repeats", "1", "--patience", "6"])


def assert_right_or_doubted(rows: list[dict[str, Any]], share: float) -> None:
    """Each way within ``share`` of the truth, unless the result itself says that it can't be trusted."""
    assert rows
    for row in rows:
        for way in ("down", "up"):
            error = row[way] / row["true"] - 1
            assert row["flags"] or abs(error) <= share, (way, error, row)


def test_idle_lines_are_measured_right() -> None:
    """10 and 100 Mbit/s, on the doorstep."""
    assert_right_or_doubted(measured(asked("--rates 10,100")), 0.02)


def test_a_line_that_is_40_ms_away_is_measured_right() -> None:
    """The round trip that a rural school has."""
    assert_right_or_doubted(measured(asked("--rates 50 --rtts 40")), 0.03)


def test_other_peoples_traffic_is_told_from_the_line() -> None:
    """Half of the line is a classroom's; the capacity is the whole line's all the same."""
    rows = measured(asked("--rates 100 --backgrounds udp:50,tcp:50"))
    for row in rows:
        assert row["flags"] or abs(row["down"] / row["true"] - 1) <= 0.02, row
        assert row["flags"] or abs(row["other_down_mbps"] / 50 - 1) <= 0.1, row


def test_a_burst_is_told_from_the_sustained_rate() -> None:
    """50 Mbit/s with a bucket of 25 MB at 200 first: speedtest-cli reads 40 % too much."""
    rows = [row for row in measured(asked("--rates 50 --bucket")) if row["background"] == "bucket"]
    (row,) = rows
    assert row["flags"] or abs(row["down"] / row["true"] - 1) <= 0.03, row
    assert row["burst_down_mbps"] > 100
    assert row["burst_up_mbps"] > 100


def test_a_burst_that_outlasts_a_short_test_is_told_by_a_long_one() -> None:
    """100 MB at 200 take more than five seconds: held for fifteen, the load finds what is left of the line."""
    words = "--rates 50 --bucket --bucket-mb 100 --least-s 15"
    (row,) = [row for row in measured(asked(words)) if row["background"] == "bucket"]
    assert row["flags"] or abs(row["down"] / row["true"] - 1) <= 0.03, row
    assert row["burst_down_mbps"] > 150
    assert row["load_s"] >= 15
