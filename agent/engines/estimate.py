"""The line's rate out of what was counted each tenth of a second. Pure: no clock, no socket.

Two counts run side by side: the payload that the test's own flows carried, and the octets that the WAN
interface counted, which other people's traffic is part of. When the interface sees the test, the line's
capacity is

    interface octets / seconds x (own payload / own octets on the interface)

that is: what the test would have carried, had it been alone. On a quiet line that is the test's own rate.
When the interface doesn't see the test (another way out, a loopback server), only the payload counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from agent.engines import method
from agent.engines.averages import deviation, mean
from agent.engines.interface_share import hidden_traffic, interface_sees, is_quiet, own_share, payload_share
from agent.engines.marks import Bin, Mark, after_ramp, bins, load_s, retransmitted_share, straightened


@dataclass(frozen=True, slots=True)
class Estimate:
    """The sustained rate in Mbit/s of payload, over the last ``seconds`` of the direction.

    ``own_share`` is the test's part of what the interface counted, None when it doesn't see the test.
    ``hidden_traffic`` says that there was other traffic which couldn't be accounted for. ``burst_mbps`` is
    the rate before, when that was higher. ``cpu_share`` is the engine's use of one processor and its wait
    for it, and ``machine_share`` everybody's use of all.
    """

    mbps: float
    seconds: float
    own_share: float | None = None
    hidden_traffic: bool = False
    burst_mbps: float | None = None
    cpu_share: float = 0.0
    machine_share: float | None = None

    @property
    def other_mbps(self) -> float | None:
        """The part of the rate that others had; None when the interface doesn't see the test."""
        return None if self.own_share is None else self.mbps * (1 - self.own_share)


def estimate(marks: Sequence[Mark]) -> Estimate | None:
    """The sustained rate; None when too little was seen for a figure."""
    marks = after_ramp(straightened(marks))
    if len(marks) < 3 or marks[-1].at_s - marks[0].at_s < method.ENOUGH_S:
        return None
    by_interface = interface_sees(marks)
    quiet = not by_interface or is_quiet(marks)
    cut = _sustained_from(bins(marks, by_interface=not quiet))
    before, during = marks[: cut + 1], marks[cut:]
    first, last = during[0], during[-1]
    if last.payload <= first.payload:
        return None
    mbps = rate_mbps(during, by_interface=by_interface)
    seconds = last.at_s - first.at_s
    return Estimate(
        mbps=mbps,
        seconds=seconds,
        own_share=own_share(during) if by_interface else None,
        hidden_traffic=not by_interface and hidden_traffic(marks),
        burst_mbps=_burst(before, mbps),
        cpu_share=(last.cpu_s + last.waited_s - first.cpu_s - first.waited_s) / seconds,
        machine_share=_busy_share(first.machine, last.machine),
    )


def by_way(
    found: Mapping[str, Estimate], down: Sequence[Mark], up: Sequence[Mark]
) -> dict[str, float | None]:
    """What both directions found, by a reading's names; nothing of one that has no figure."""
    marks = {"down": down, "up": up}
    loads = [load_s(marks[way]) or 0.0 for way in found]
    figures: dict[str, float | None] = {
        "load_s": min(loads, default=None),
        "retransmitted_share": retransmitted_share(up) if "up" in found else None,
    }
    for way, one in found.items():
        figures[f"{way}_mbps"] = one.mbps
        figures[f"other_{way}_mbps"] = one.other_mbps
        figures[f"burst_{way}_mbps"] = one.burst_mbps
    return figures


def rate_mbps(marks: Sequence[Mark], *, by_interface: bool) -> float:
    """What the line carried between the first and the last mark, as payload of the test's kind.

    The mean of the middle half of its tenths of a second: a stall of this machine or of the far one, and
    the rush after it, are not the line's. Where that isn't near to the plain mean, the line is uneven by
    nature, and the plain mean is what it carries. So it is where the test's own payload counts and the middle
    is the lower one: acknowledgements that queue behind a classroom's download come in lumps, of as much as
    was sent.
    """
    busy = by_interface and not is_quiet(marks)
    if busy:
        share = payload_share(marks)
        rates = [one.mbps * share for one in bins(marks, by_interface=True)]
    else:
        share = 1 / own_share(marks) if by_interface else 1.0
        rates = [one.mbps * share for one in bins(marks, by_interface=False)]
    plain, middle = mean(rates), _middle(rates)
    if abs(middle - plain) > method.MIDDLE_SHARE * plain or (not busy and middle < plain):
        return plain
    return middle


def is_steady(rates: Sequence[float], share: float) -> bool:
    """Whether the rates are one rate: a narrow confidence interval of the mean, and no drift.

    Of many the lowest and the highest are left out: one stall in a window is not the line's.
    """
    if len(rates) < 4:
        return False
    if len(rates) >= 8:
        ends = (min(range(len(rates)), key=rates.__getitem__), max(range(len(rates)), key=rates.__getitem__))
        rates = [rate for index, rate in enumerate(rates) if index not in ends]
    middle = mean(rates)
    if middle <= 0:
        return False
    half = len(rates) // 2
    drift = abs(mean(rates[:half]) - mean(rates[-half:]))
    return 1.96 * deviation(rates) / sqrt(len(rates)) <= share * middle and drift <= share * middle


def _middle(rates: Sequence[float]) -> float:
    """The mean of the middle half."""
    quarter = len(rates) // 4
    return mean(sorted(rates)[quarter : len(rates) - quarter])


def _sustained_from(found: Sequence[Bin]) -> int:
    """The index of the bin that the longest end near to the final level begins with."""
    level = _mean(_ending(found, method.WINDOW_S))
    cut = len(found)
    group: list[Bin] = []
    for index in range(len(found) - 1, -1, -1):
        group.append(found[index])
        if sum(one.seconds for one in group) >= method.LEVEL_GROUP_S * 0.99:
            if cut < len(found) and abs(_mean(group) - level) > method.LEVEL_SHARE * level:
                break
            cut, group = index, []
    return cut if cut < len(found) else 0


def _ending(found: Sequence[Bin], seconds: float) -> list[Bin]:
    ending: list[Bin] = []
    for one in reversed(found):
        if sum(kept.seconds for kept in ending) >= seconds * 0.99:
            break
        ending.append(one)
    return ending[::-1]


def _mean(found: Sequence[Bin]) -> float:
    return sum(one.octets for one in found) / sum(one.seconds for one in found)


def _burst(marks: Sequence[Mark], mbps: float) -> float | None:
    """The payload rate before the sustained part, when it was clearly higher."""
    first, last = marks[0], marks[-1]
    seconds = last.at_s - first.at_s
    if seconds < method.RAMP_S:
        return None
    rate = (last.payload - first.payload) * 8 / seconds / 1e6
    return rate if rate > mbps * (1 + method.LEVEL_SHARE) else None


def _busy_share(before: tuple[int, int] | None, after: tuple[int, int] | None) -> float | None:
    """The share of all processors' time that was work; None when nobody knows."""
    if before is None or after is None or after[1] <= before[1]:
        return None
    return (after[0] - before[0]) / (after[1] - before[1])
