"""When a direction has been measured: steady, then steady again with twice the flows at the same rate.

Pure: it is told the marks and answers with what to do next. The first stage begins with
the first payload, a later one when its flows are opened; only bins of a stage count for its level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.engines import method
from agent.engines.estimate import Mark, after_ramp, bins, interface_sees, is_steady, rate_mbps, straightened

Next = Literal["go on", "double", "stop"]


@dataclass(slots=True)
class Stopping:
    """The stages of one direction so far.

    ``level`` is the rate in Mbit/s that the stage before this one ended with; ``full`` is set once more
    flows were tried and found nothing more.
    """

    flows: int
    round_trip_s: float
    stage_began_s: float | None = None
    level: float | None = None
    stage: int = 0
    full: bool = False

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
        if (
            now_s - self.stage_began_s
            < shortest + method.STAGE_ROUND_TRIPS * self.round_trip_s - method.BIN_S / 2
        ):
            return "go on"
        by_interface = interface_sees(counted)
        late = now_s - marks[0].at_s >= method.LATE_S
        level = _steady_level(usable, by_interface=by_interface, late=late)
        if level is None:
            return "go on"
        if self.level is not None and level <= self.level * (1 + method.RISE_SHARE):
            self.full = True
            return "stop"
        if self.flows >= method.MOST_FLOWS:
            return "stop"
        self.level, self.stage, self.stage_began_s = level, self.stage + 1, now_s
        self.flows = min(self.flows * 2, method.MOST_FLOWS)
        return "double"


def _steady_level(marks: Sequence[Mark], *, by_interface: bool, late: bool) -> float | None:
    """The rate of the last bins in Mbit/s when they are steady, else None.

    Where the interface sees the test, either count will do: on a busy line it is the interface's that is
    steady, on a quiet uplink the payload's, since packets leave in bursts and arrive at the line's pace.
    """
    wanted = [(method.WINDOW_S, method.STEADY_SHARE)]
    if late:
        wanted.append((method.LATE_WINDOW_S, method.LATE_STEADY_SHARE))
    for span, share in wanted:
        window = [mark for mark in marks if mark.at_s >= marks[-1].at_s - span - method.BIN_S / 2]
        if window[-1].at_s - window[0].at_s < span - method.BIN_S:
            continue
        counts = (True, False) if by_interface else (False,)
        if any(is_steady([one.mbps for one in bins(window, by_interface=way)], share) for way in counts):
            return rate_mbps(window, by_interface=by_interface)
    return None
