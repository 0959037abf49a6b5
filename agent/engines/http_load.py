"""Loads the line one way with HTTP flows until its rate is known: opens, drains or fills, counts, decides.

One thread and one selector. Ten times a second a mark is made of all counts, and the stopping rule is
asked; a ping goes out five times a second. Between drains of a download the engine naps on the pinger's
socket alone, so that it wakes for many packets at once and still sees a ping's answer to the microsecond.
"""

from __future__ import annotations

import select
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from agent.engines import method, processors
from agent.engines.flow_counts import FlowCounts
from agent.engines.http_discovery import Server
from agent.engines.http_flow import DownFlow, Flow, UpFlow
from agent.engines.http_latency import Pinger
from agent.engines.interface_bytes import InterfaceBytes
from agent.engines.marks import Mark
from agent.engines.plan import NoMeasurement
from agent.engines.stopping import Stopping

Way = Literal["down", "up"]
Ended = Literal["full", "rising", "time", "budget", "stalled", "failed"]


@dataclass(slots=True)
class Carried:
    """What one direction carried: its marks, why it ended, the round trips under load in seconds.

    ``ended`` is ``full`` when more flows carried no more, ``rising`` when the most still carried more.
    ``waiting_s`` is how long a ping had been waited for at the end.
    """

    marks: list[Mark] = field(default_factory=list)
    ended: Ended = "time"
    failure: NoMeasurement | None = None
    round_trips_s: list[float] = field(default_factory=list)
    waiting_s: float | None = None


class Load:
    """One direction's flows at work."""

    def __init__(
        self,
        server: Server,
        way: Way,
        pinger: Pinger,
        counters: InterfaceBytes,
        *,
        round_trip_s: float,
        max_seconds: float,
        max_bytes: int,
        spend: Callable[[int], None],
        show: Callable[[float | None], None],
        least_s: float = 0.0,
    ) -> None:
        self._server, self._way, self._pinger, self._counters = server, way, pinger, counters
        self._max_seconds, self._max_bytes = max_seconds, max_bytes
        self._spend, self._show = spend, show
        far = round_trip_s > method.FAR_RTT_S
        flows = method.FIRST_FLOWS_FAR if far else method.FIRST_FLOWS
        self._stopping = Stopping(flows, round_trip_s, least_s)
        self._selector = selectors.DefaultSelector()
        self._flows: dict[int, Flow] = {}
        self._buffers: dict[int, int] = {}
        self._closed = FlowCounts(way == "down", counters.header_bytes)
        self._moved = 0
        self._reopened = 0
        self._nap_s = 0.0
        self._carried = Carried()

    def run(self) -> Carried:
        """Measures the direction; never raises for what the network does."""
        began = time.monotonic()
        try:
            self._open(self._stopping.flows, began)
            self._mark(began)
            self._work(began)
        finally:
            self._finish()
        return self._carried

    def _work(self, began: float) -> None:
        carried = self._carried
        next_mark, next_ping, next_show = began + method.BIN_S, began, began
        progress, progressed_at = 0, began
        while True:
            now = time.monotonic()
            if now >= next_mark:
                mark = self._mark(now)
                next_mark = max(next_mark + method.BIN_S, now + method.BIN_S / 2)
                if mark.payload > progress:
                    progress, progressed_at = mark.payload, now
                if ended := self._ended(now, began, progressed_at):
                    carried.ended = ended
                    return
                if now >= next_show:
                    self._show(_now_mbps(carried.marks))
                    next_show = now + method.SHOW_EVERY_S
            if now >= next_ping:
                next_ping = self._ping(now)
            self._step(min(next_mark, next_ping))

    def _ended(self, now: float, began: float, progressed_at: float) -> Ended | None:
        """Why the direction is over, after a mark; opens the flows of a further stage."""
        if not self._flows:
            return "failed"
        following = self._stopping.next(self._carried.marks)
        if following == "stop":
            return "full" if self._stopping.full else "rising"
        if self._moved >= self._max_bytes:
            return "full" if self._stopping.full and self._stopping.settled else "budget"
        if now - progressed_at > method.STALL_S:
            return "stalled"
        if now - began >= self._max_seconds:
            return "time"
        if following == "double":
            self._open(self._stopping.flows - len(self._flows), now)
        return None

    def _step(self, until: float) -> None:
        """Waits for something to do, or naps, and does it."""
        patience = max(0.0, until - time.monotonic())
        if self._nap_s:
            pinged = [self._pinger.fileno()] if self._pinger.waiting_s is not None else []
            select.select(pinged, [], [], min(self._nap_s, patience))
            patience = 0.0
        elif self._pinger.waiting_s is not None:
            patience = self._wait_with_ping(patience)
        self._hear()
        fullest = 0.0
        for key, _ in self._selector.select(patience):
            flow: Flow = key.data
            moved = flow.pump(time.monotonic(), self._max_bytes - self._moved)
            self._moved += moved
            if flow.closed:
                self._close(key.fd, flow)
                continue
            if flow.events != key.events:
                self._selector.modify(key.fd, flow.events, flow)
            fullest = max(fullest, moved / self._buffers[key.fd])
        if self._way == "down":
            self._nap_s = _next_nap(self._nap_s, fullest)

    def _wait_with_ping(self, patience: float) -> float:
        """Waits for a flow or the ping's answer, whichever is first."""
        if isinstance(self._selector, selectors.EpollSelector):
            select.select([self._selector.fileno(), self._pinger.fileno()], [], [], patience)
            return 0.0
        return min(patience, method.NAP_MAX_S)

    def _hear(self) -> None:
        if self._pinger.waiting_s is not None and (took := self._pinger.hear()) is not None:
            self._carried.round_trips_s.append(took)

    def _ping(self, now: float) -> float:
        """Sends a ping when none is on its way; returns when to come back."""
        try:
            asked = self._pinger.waiting_s is not None or self._pinger.ask()
        except OSError:
            return now + method.PING_EVERY_S
        return now + (method.PING_EVERY_S if asked else method.NAP_MAX_S)

    def _open(self, count: int, now: float) -> None:
        for _ in range(count):
            try:
                flow: Flow = (DownFlow if self._way == "down" else UpFlow)(self._server, now)
            except OSError:
                continue  # out of ports or descriptors: the flows there are go on
            descriptor = flow.connection.fileno()
            self._selector.register(descriptor, flow.events, flow)
            self._flows[descriptor] = flow
            self._buffers[descriptor] = _receive_buffer(flow.connection.socket)

    def _close(self, descriptor: int, flow: Flow) -> None:
        self._selector.unregister(descriptor)
        del self._flows[descriptor], self._buffers[descriptor]
        self._closed.add(flow)
        flow.connection.reset()
        if flow.failure:
            self._carried.failure = self._carried.failure or flow.failure
        elif self._reopened < method.REOPEN_MOST:
            self._reopened += 1
            self._open(1, time.monotonic())

    def _mark(self, now: float) -> Mark:
        """Adds up what all flows and the interface have counted by now."""
        totals = replace(self._closed)
        for descriptor, flow in self._flows.items():
            totals.add(flow)
            if self._way == "down":
                self._buffers[descriptor] = _receive_buffer(flow.connection.socket)
        count = self._counters.read()
        mark = Mark(
            at_s=now,
            payload=totals.payload,
            segments=totals.segments if totals.told else None,
            carried=totals.carried if totals.told else None,
            headers=totals.headers if totals.told else None,
            data_segments=totals.data_segments if totals.told and self._way == "down" else None,
            mss=totals.mss or None,
            interface=count.octets if count else None,
            interface_packets=count.packets if count else None,
            cpu_s=time.process_time(),
            waited_s=processors.waited_s(),
            machine=processors.read(),
            retransmitted=totals.retransmitted if totals.told and self._way == "up" else None,
        )
        before = self._carried.marks[-1].payload if self._carried.marks else 0
        self._spend(max(0, mark.payload - before))
        self._carried.marks.append(mark)
        return mark

    def _finish(self) -> None:
        self._carried.waiting_s = self._pinger.waiting_s
        for flow in self._flows.values():
            flow.connection.reset()
        self._selector.close()


def _next_nap(nap_s: float, fullest: float) -> float:
    """The nap after a drain that found the fullest receive buffer filled to this share."""
    if fullest > method.NAP_DROP_SHARE:
        return 0.0
    if fullest > method.NAP_HALVE_SHARE:
        return nap_s / 2 if nap_s > method.NAP_STEP_S else 0.0
    return min(nap_s + method.NAP_STEP_S, method.NAP_MAX_S)


def _receive_buffer(connection: socket.socket) -> int:
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) or 1


def _now_mbps(marks: list[Mark]) -> float | None:
    """The payload rate of the last half second, for a person who watches."""
    first, last = marks[-min(len(marks), 6)], marks[-1]
    if last.at_s <= first.at_s:
        return None
    return (last.payload - first.payload) * 8 / (last.at_s - first.at_s) / 1e6
