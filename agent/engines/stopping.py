"""When a direction has been measured: steady, then steady again with twice the flows at the same rate.

Pure: it is told the marks and answers with what to do next. A rate that doesn't settle gets more flows
all the same: few flows on a path that loses packets never do. The first stage begins with the first
payload, a later one when its flows are opened; only bins of a stage count for its level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.engines import method
from agent.engines.estimate import is_steady, rate_mbps
from agent.engines.interface_share import interface_sees
from agent.engines.marks import Mark, after_ramp, bins, straightened

Next = Literal["go on", "double", "stop"]


@dataclass(slots=True)
class Stopping:
    """The stages of one direction so far.

    ``level`` is the rate in Mbit/s that the stage before this one ended with; ``full`` is set once more
    flows were tried and found nothing more. ``settled`` says whether the rate is steady now. Until
    ``least_s`` the load is held though all is known: a large burst bucket takes that long to empty, and what
    comes after is the line's rate.
    """

    flows: int
    round_trip_s: float
    least_s: float = 0.0
    stage_began_s: float | None = None
    level: float | None = None
    stage: int = 0
    full: bool = False
    settled: bool = False

    def next(self, marks: Sequence[Mark]) -> Next:
        """What to do after the newest of ``marks``."""
        if self.stage_began_s is None:
            self.stage_began_s = next((mark.at_s for mark in marks if mark.payload > 0), None)
        counted = after_ramp(straightened(marks))
        usable = [mark for mark in counted if mark.at_s >= (self.stage_began_s or 0)]
        if not usable or self.stage_began_s is None:
            return "go on"
        now_s = marks[-1].at_s
        shortest = method.LATER_STAGE_S if self.stage else method.FIRST_STAGE_S
        over_s = now_s - self.stage_began_s - shortest - method.STAGE_ROUND_TRIPS * self.round_trip_s
        if over_s < -method.BIN_S / 2:
            return "go on"
        by_interface = interface_sees(counted)
        late = now_s - marks[0].at_s >= method.LATE_S
        level = _steady_level(usable, by_interface=by_interface, late=late)
        self.settled = level is not None
        over: Next = "stop" if now_s - marks[0].at_s >= self.least_s else "go on"
        if self.full:
            return over if self.settled else "go on"
        if level is None:
            recent = _last(usable, method.LEVEL_GROUP_S)
            stalled = recent[-1].payload == recent[0].payload
            if stalled or over_s < method.PATIENCE_S or self.flows >= method.MOST_FLOWS:
                return "go on"
            return self._double(now_s, rate_mbps(_last(usable, method.WINDOW_S), by_interface=by_interface))
        if self.level is not None and level <= self.level * (1 + method.RISE_SHARE):
            self.full = True
            return over
        if self.flows >= method.MOST_FLOWS:
            return over
        return self._double(now_s, level)

    def _double(self, now_s: float, level: float) -> Next:
        self.level, self.stage, self.stage_began_s = level, self.stage + 1, now_s
        self.flows = min(self.flows * 2, method.MOST_FLOWS)
        return "double"


def _steady_level(marks: Sequence[Mark], *, by_interface: bool, late: bool) -> float | None:
    """The rate of the last bins in Mbit/s when they are steady, else None.

    Where the interface sees the test, either count will do: on a busy line it is the interface's that is
    steady, on a quiet uplink the payload's, since packets leave in bursts and arrive at the line's pace.
    """
    wanted = [
        (method.WINDOW_S, method.BIN_S, method.STEADY_SHARE),
        (method.COARSE_WINDOW_S, method.COARSE_BIN_S, method.COARSE_SHARE),
    ]
    if late:
        wanted.append((method.LATE_WINDOW_S, method.LATE_BIN_S, method.COARSE_SHARE))
    for span, bin_s, share in wanted:
        window = _last(marks, span)
        if window[-1].at_s - window[0].at_s < span - method.BIN_S:
            continue
        thinned = window[:: -round(bin_s / method.BIN_S)][::-1]
        counts = (True, False) if by_interface else (False,)
        if any(is_steady([one.mbps for one in bins(thinned, by_interface=way)], share) for way in counts):
            return rate_mbps(window, by_interface=by_interface) or None
    return None


def _last(marks: Sequence[Mark], seconds: float) -> list[Mark]:
    return [mark for mark in marks if mark.at_s >= marks[-1].at_s - seconds - method.BIN_S / 2]
