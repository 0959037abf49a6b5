"""The iperf3 engine: the program of that name, against a server that the site has or was told of.

Four flows, a second that isn't counted, five that are; down, then up. Flows aren't added until the line
is full, as the http engine does: on a lossy path the figure is what four flows carry. Rates are counted by
the receiver. Idle latency is what one connection to the server's port takes, no more than one: it takes
each for a test that went wrong. Loaded latency is the upload's alone, from this kernel's own round trips,
for in a download the server keeps its own to itself.

An iperf3 server has one test at a time. While it is busy the test queues, each way, for a bounded time in
all. The data budget is kept by a ceiling on the rate: iperf3 ends by time or by octets, never by both.
"""

from __future__ import annotations

import os
import random
import select
import time
from dataclasses import dataclass
from math import ceil
from typing import Literal

from agent.engines import iperf3_report, method, tcp_round_trips
from agent.engines.installed_program import environment, run
from agent.engines.iperf3_report import Iperf3Report
from agent.engines.plan import NoMeasurement, Plan, Reading, Show, Tally
from agent.engines.server_address import IPERF3_FORM, host_and_port

PROGRAM = "iperf3"
FLOWS = 4
OMIT_S = 1
COUNTED_S = 5
"""Seconds in the ramp, and after it; iperf3 takes whole ones."""

SLACK_S = 5.0
"""What a test may take beyond its seconds and its connecting before it is ended."""

WAIT_S = 60.0
PAUSE_S = (2.0, 4.0)
"""How long a test queues for a busy server, in all, and between two tries. A test by others takes ten
seconds when they ask for nothing else."""

SETTLE_S = 0.3
"""A server listens anew after each test and each complaint, and refuses connections in between: after our
own first connection it isn't asked at once, and one refusal is no answer."""

CEILING_SHARE = 0.95
"""A rate this near to the ceiling is the ceiling's."""


@dataclass(slots=True)
class _Queue:
    """What is left of the time to wait for a busy server."""

    left_s: float

    def wait(self) -> bool:
        """Waits for the next try; False when there is no time for one."""
        pause_s = random.uniform(*PAUSE_S)  # noqa: S311  # so that two that wait don't meet each time
        if pause_s > self.left_s:
            return False
        self.left_s -= pause_s
        select.select([], [], [], pause_s)
        return True


def measure(plan: Plan, tally: Tally, show: Show, *, wait_s: float = WAIT_S) -> Reading:
    """Both directions of the line to the iperf3 server at ``plan.server``."""
    if plan.server is None:
        raise NoMeasurement("no_iperf3_server")
    try:
        host, port = host_and_port(plan.server)
    except ValueError:
        raise NoMeasurement("not_a_server", f"{plan.server} isn't {IPERF3_FORM}") from None
    show("connect", None)
    try:
        address, idle_ms = tcp_round_trips.connect_once(host, port)
    except NoMeasurement as failure:
        if failure.reason != "refused":
            raise
        select.select([], [], [], SETTLE_S)
        address, idle_ms = tcp_round_trips.connect_once(host, port)
    select.select([], [], [], SETTLE_S)
    queue = _Queue(wait_s)
    found: dict[str, Iperf3Report] = {}
    failures: list[NoMeasurement] = []
    for way in ("down", "up"):
        show("download" if way == "down" else "upload", None)
        try:
            found[way] = _direction((address, port), way, plan, tally, queue)
        except NoMeasurement as failure:
            if not found and not tally.down_bytes:
                raise  # a server that moved nothing one way isn't asked for the other
            failures.append(NoMeasurement(failure.reason, f"{way}load: {failure}"))
    if not found:
        raise failures[0]
    down, up = found.get("down"), found.get("up")
    return Reading(
        server=plan.server,
        down_mbps=down.mbps if down else None,
        up_mbps=up.mbps if up else None,
        latency_idle_ms=idle_ms,
        latency_loaded_ms=up.rtt_ms if up else None,
        flags=tuple(_doubts(found, _ceiling_mbps(plan))),
        detail="; ".join(str(failure) for failure in failures) or None,
        retransmitted_share=up.retransmitted_share if up else None,
        burst_down_mbps=down.burst_mbps if down else None,
        burst_up_mbps=up.burst_mbps if up else None,
        load_s=float(OMIT_S + _counted_s(plan)),
    )


def _direction(
    address: tuple[str, int], way: Literal["down", "up"], plan: Plan, tally: Tally, queue: _Queue
) -> Iperf3Report:
    """One direction, as soon as the server has time for it."""
    # Between two tests a server refuses, or drops whom it had taken; the download showed that it is one.
    passing = {"refused", "not_a_server"} if way == "up" else {"refused"}
    again = False
    while True:
        try:
            return _test(address, way, plan, tally)
        except NoMeasurement as failure:
            if failure.reason in passing and not again:
                again = True
                select.select([], [], [], SETTLE_S)
            elif failure.reason != "server_busy" or not queue.wait():
                raise


def _test(address: tuple[str, int], way: Literal["down", "up"], plan: Plan, tally: Tally) -> Iperf3Report:
    seconds = _counted_s(plan)
    command = [
        *(PROGRAM, "-c", address[0], "-p", str(address[1]), "-J", "-i", "1"),
        *("-P", str(FLOWS), "-t", str(seconds), "-O", str(OMIT_S)),
        *("-b", str(int(_ceiling_mbps(plan) * 1e6 / FLOWS))),
        *("--connect-timeout", str(int(method.CONNECT_TIMEOUT_S * 1000))),
        *(["-R"] if way == "down" else []),
    ]
    limit_s = OMIT_S + seconds + method.CONNECT_TIMEOUT_S + SLACK_S
    began = time.monotonic()
    done = run(command, environment(os.environ), limit_s=limit_s)
    if not done.out and not done.in_time:
        raise NoMeasurement("timeout", f"iperf3 had to be ended after {time.monotonic() - began:.0f} s")
    report = iperf3_report.read(done.out)
    if way == "down":
        tally.down_bytes += iperf3_report.spent_bytes(report)
    else:
        tally.up_bytes += iperf3_report.spent_bytes(report)
    return iperf3_report.judge(report)


def _counted_s(plan: Plan) -> int:
    wanted = max(COUNTED_S, ceil(plan.least_s) - OMIT_S)
    return max(1, min(wanted, int(plan.max_seconds) - OMIT_S))


def _ceiling_mbps(plan: Plan) -> float:
    return plan.max_bytes * 8 / (OMIT_S + _counted_s(plan)) / 1e6


def _doubts(found: dict[str, Iperf3Report], ceiling_mbps: float) -> list[str]:
    flags = []
    if len(found) == 1:
        flags.append("incomplete")
    if any(report.mbps >= ceiling_mbps * CEILING_SHARE for report in found.values()):
        flags.append("truncated")
    if any(report.own_cpu_share > method.CPU_SHARE for report in found.values()):
        flags.append("cpu_bound")
    if any(report.server_cpu_share > method.CPU_SHARE for report in found.values()):
        flags.append("server_bound")
    return flags
