"""What an iperf3 client's report (``iperf3 -J``) says. Pure.

Rates are what the receiver counted, whichever end that is, without the seconds that were omitted. An
iperf3 that failed reports as well: with an ``error``, and with whatever it had moved until then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from agent.engines.plan import NoMeasurement

WHOLE_S = 0.9
FALL = 1.25
AFTER_SECONDS = 2
"""A burst's end: every second before was faster by a quarter than every one after, of which there are two at
least and near to each other."""

_REASONS = (
    # iperf_strerror() of iperf3's iperf_error.c; the system's words come after a colon.
    ("server is busy", "server_busy"),
    ("connection refused", "refused"),
    ("network is unreachable", "unreachable"),
    ("no route to host", "unreachable"),
    ("timed out", "timeout"),
    ("operation now in progress", "timeout"),
    ("client has terminated", "timeout"),
    ("unknown control message", "not_a_server"),
    ("unable to receive control message", "not_a_server"),
    ("authorization", "not_a_server"),
)


@dataclass(frozen=True, slots=True)
class Iperf3Report:
    """One direction. ``rtt_ms`` is the median of the flows' mean round trips, None where this end received.

    Where the rate fell for good, ``mbps`` is the one after the fall and ``burst_mbps`` the one before, by the
    seconds that this end counted. The shares are of one processor: iperf3 has one thread up to its release
    3.15. ``retransmitted_share`` is that of the sender's segments, None where the sender doesn't tell.
    """

    mbps: float
    rtt_ms: float | None
    own_cpu_share: float
    server_cpu_share: float
    retransmitted_share: float | None = None
    burst_mbps: float | None = None


def read(text: str) -> Mapping[str, Any]:
    """The report as iperf3 printed it; NoMeasurement when that isn't one."""
    try:
        report = json.loads(text)
    except ValueError:
        report = None
    if not isinstance(report, dict):
        raise NoMeasurement("engine_failed", "iperf3 gave no report")
    return report


def spent_bytes(report: Mapping[str, Any]) -> int:
    """Payload that this end moved, also in the seconds that were omitted and in a test that failed."""
    try:
        return sum(int(each["sum"]["bytes"]) for each in report["intervals"])
    except (KeyError, TypeError, ValueError):
        return 0


def judge(report: Mapping[str, Any]) -> Iperf3Report:
    """The direction's figures, or NoMeasurement with the reason of iperf3's words."""
    if error := report.get("error"):
        words = str(error)
        reason = next((code for sign, code in _REASONS if sign in words.lower()), "engine_failed")
        raise NoMeasurement(reason, None if reason == "server_busy" else f"iperf3: {words}")
    try:
        end = report["end"]
        rate = float(end["sum_received"]["bits_per_second"])
        trips = [float(stream["sender"].get("mean_rtt", 0)) / 1000 for stream in end["streams"]]
        cpu = end["cpu_utilization_percent"]
        own, server = float(cpu["host_total"]) / 100, float(cpu["remote_total"]) / 100
    except (KeyError, TypeError, ValueError):
        raise NoMeasurement("engine_failed", "iperf3's report lacks its figures") from None
    if not rate > 0:
        raise NoMeasurement("too_little", "iperf3 received nothing")
    trips = [trip for trip in trips if trip > 0]  # 0 from a receiver, which knows none
    sustained, burst = _fallen(_each_second(report)) or (rate / 1e6, None)
    return Iperf3Report(
        sustained, median(trips) if trips else None, own, server, _retransmitted_share(report), burst
    )


def _each_second(report: Mapping[str, Any]) -> list[float]:
    """The rates in Mbit/s of the whole seconds that count, as this end saw them."""
    try:
        sums = [each["sum"] for each in report["intervals"]]
        return [
            float(each["bits_per_second"]) / 1e6
            for each in sums
            if not each.get("omitted") and float(each["seconds"]) > WHOLE_S
        ]
    except (KeyError, TypeError, ValueError):
        return []


def _fallen(rates: Sequence[float]) -> tuple[float, float] | None:
    """The rate after a burst's end and before it, None where there was none: saw teeth of losses are no fall.

    The fall that is clearest counts; the second in which it happened is in neither part.
    """
    found = [
        (min(before) / max(after), fmean(after), fmean(before))
        for cut in range(1, len(rates))
        for before, after in ((rates[:cut], rates[cut:]), (rates[:cut], rates[cut + 1 :]))
        if len(after) >= AFTER_SECONDS and 0 < max(after) <= min(after) * FALL
    ]
    clearest, after_mbps, before_mbps = max(found, default=(0.0, 0.0, 0.0))
    return (after_mbps, before_mbps) if clearest > FALL else None


def _retransmitted_share(report: Mapping[str, Any]) -> float | None:
    """What the sender sent again, in segments of the size that iperf3 found the connection to have."""
    try:
        sent = report["end"]["sum_sent"]
        segments = int(sent["bytes"]) / int(report["start"]["tcp_mss_default"])
        return min(1.0, int(sent["retransmits"]) / segments)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None  # an iperf3 on a system without the count
