"""One direction of an ndt7 test: lets its flow work, counts ten times a second, and ends it in time."""

from __future__ import annotations

import select
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from agent.engines import method, processors, tcp_info
from agent.engines.flow_counts import FlowCounts
from agent.engines.interface_bytes import InterfaceBytes
from agent.engines.marks import Mark
from agent.engines.ndt7_flow import Ndt7Flow

LONGEST_S = 13.0
"""When a test is cut off, whatever the server does (specification v0.11, "WebSocket channel usage")."""

GOODBYE_S = 1.5
"""How long a server may take to answer the closing handshake. What it sends meanwhile makes no rate; once
the data budget is spent there is no handshake."""

OPENING_S = 0.002
"""Between two looks at a connection that opens: each of its steps is a round trip away."""


@dataclass(slots=True)
class Ndt7Carried:
    """What the direction carried. ``rtt_ms`` are this kernel's smoothed round trips, one for each mark."""

    marks: list[Mark] = field(default_factory=list)
    rtt_ms: list[float] = field(default_factory=list)
    ended: Literal["over", "budget", "stalled"] = "over"


class Ndt7Load:
    """One flow at work. ``spend`` is told what arrived since it was told last, ``show`` the rate of now."""

    def __init__(
        self,
        flow: Ndt7Flow,
        counters: InterfaceBytes,
        *,
        max_seconds: float,
        max_bytes: int,
        spend: Callable[[int], None],
        show: Callable[[float | None], None],
    ) -> None:
        self._flow, self._counters = flow, counters
        self._max_seconds, self._max_bytes = min(max_seconds, LONGEST_S - GOODBYE_S), max_bytes
        self._spend, self._show = spend, show
        self._moved = 0
        self._carried = Ndt7Carried()

    def run(self) -> Ndt7Carried:
        """Measures the direction. Raises NoMeasurement when there was no test."""
        try:
            while self._flow.began_s is None and not self._flow.failure:
                self._step(OPENING_S)
            if self._flow.began_s is not None:
                self._work(self._flow.began_s)
            if self._flow.failure:
                raise self._flow.failure
            return self._carried
        finally:
            # With RST: what is still queued, on a slow line seconds of it, isn't sent any more.
            self._flow.connection.reset()

    def _work(self, began: float) -> None:
        now = began
        self._mark(now)
        next_mark, grown, grown_at = began + method.BIN_S, 0, began
        while not self._flow.closed and now - began < self._max_seconds:
            self._step(next_mark - now)
            now = time.monotonic()
            if now < next_mark:
                continue
            next_mark = max(next_mark + method.BIN_S, now + method.BIN_S / 2)
            mark = self._mark(now)
            if mark.payload > grown:
                grown, grown_at = mark.payload, now
            if self._moved >= self._max_bytes:
                self._carried.ended = "budget"
                break
            if now - grown_at > method.STALL_S:
                self._carried.ended = "stalled"
                break
        if self._carried.ended != "stalled":
            self._say_goodbye(now)
        last = self._flow.arrived(tcp_info.read(self._flow.connection.socket))
        self._spend(max(0, last - self._carried.marks[-1].payload))

    def _say_goodbye(self, now: float) -> None:
        self._flow.end()
        ends = now + GOODBYE_S
        while not self._flow.closed and now < ends and self._moved < self._max_bytes:
            self._step(ends - now)
            now = time.monotonic()

    def _step(self, patience: float) -> None:
        """Waits for the flow to have something to do, and lets it."""
        flow = self._flow
        sends = [flow.connection] if flow.events & selectors.EVENT_WRITE else []
        select.select([flow.connection], sends, [], max(0.0, patience))
        self._moved += flow.pump(time.monotonic(), self._max_bytes - self._moved)

    def _mark(self, now: float) -> Mark:
        totals = FlowCounts(self._flow.way == "down", self._counters.header_bytes)
        totals.add(self._flow)
        count = self._counters.read()
        mark = Mark(
            at_s=now,
            payload=totals.payload,
            segments=totals.segments if totals.told else None,
            carried=totals.carried if totals.told else None,
            headers=totals.headers if totals.told else None,
            interface=count.octets if count else None,
            interface_packets=count.packets if count else None,
            cpu_s=time.process_time(),
            waited_s=processors.waited_s(),
            machine=processors.read(),
            retransmitted=totals.retransmitted if totals.told and self._flow.way == "up" else None,
        )
        before = self._carried.marks[-1] if self._carried.marks else None
        self._carried.marks.append(mark)
        if before:
            self._spend(max(0, mark.payload - before.payload))
            self._show((mark.payload - before.payload) * 8 / max(1e-3, now - before.at_s) / 1e6)
        if (rtt := self._flow.rtt_ms) is not None:
            self._carried.rtt_ms.append(rtt)
        return mark
