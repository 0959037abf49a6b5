"""The line's rate out of what was counted each tenth of a second. Pure: no clock, no socket.

Two counts run side by side: the payload that the test's own flows carried, and the octets that the WAN
interface counted, which other people's traffic is part of. When the interface sees the test, the line's
capacity is

    interface octets / seconds x (own payload / own octets on the interface)

that is: what the test would have carried, had it been alone. On a quiet line that is the test's own rate.
When the interface doesn't see the test (another way out, a loopback server), only the payload counts.

What a receiver has read stands still at each lost segment and jumps when it comes again, though the line
was full all the while. So payload received is counted in segments that came in, times their size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt
from statistics import fmean, stdev

from agent.engines import method


@dataclass(frozen=True, slots=True)
class Mark:
    """Totals since the direction began, at one monotonic moment.

    ``payload`` arrived at its receiver, as far as the test knows. ``segments`` are the test's own on the
    interface, ``carried`` the payload in them, ``headers`` the octets around it. Where the test is the
    receiver, ``full`` is what those segments that had any payload would hold if they were full.
    ``interface`` and ``interface_packets`` are what the interface counted. None where nobody counts.
    ``cpu_s`` is the engine's own processor time.
    """

    at_s: float
    payload: int
    segments: int | None = None
    carried: int | None = None
    headers: int | None = None
    full: int | None = None
    interface: int | None = None
    interface_packets: int | None = None
    cpu_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """The sustained rate in Mbit/s of payload, over the last ``seconds`` of the direction.

    ``own_share`` is the test's part of what the interface counted, None when it doesn't see the test.
    ``hidden_traffic`` says that there was other traffic which couldn't be accounted for. ``burst_mbps`` is
    the rate before, when that was higher. ``cpu_share`` is the engine's use of one core.
    """

    mbps: float
    seconds: float
    own_share: float | None = None
    hidden_traffic: bool = False
    burst_mbps: float | None = None
    cpu_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Bin:
    """What passed between two marks; ``octets`` are those of the count that is gone by."""

    seconds: float
    payload: int
    octets: int

    @property
    def mbps(self) -> float:
        return self.octets * 8 / self.seconds / 1e6


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
    return Estimate(
        mbps=mbps,
        seconds=last.at_s - first.at_s,
        own_share=own_share(during) if by_interface else None,
        hidden_traffic=not by_interface and _hidden_traffic(marks),
        burst_mbps=_burst(before, mbps),
        cpu_share=(last.cpu_s - first.cpu_s) / (last.at_s - first.at_s),
    )


def rate_mbps(marks: Sequence[Mark], *, by_interface: bool) -> float:
    """What the line carried between the first and the last mark, as payload of the test's kind.

    The mean of the middle half of its tenths of a second: a stall of this machine or of the far one, and
    the rush after it, are not the line's. Where that isn't near to the plain mean, the line is uneven by
    nature, and the plain mean is what it carries.
    """
    if by_interface and not is_quiet(marks):
        share = _payload_share(marks)
        rates = [one.mbps * share for one in bins(marks, by_interface=True)]
    else:
        share = 1 / own_share(marks) if by_interface else 1.0
        rates = [one.mbps * share for one in bins(marks, by_interface=False)]
    plain, middle = fmean(rates), _middle(rates)
    return middle if abs(middle - plain) <= method.MIDDLE_SHARE * plain else plain


def is_quiet(marks: Sequence[Mark]) -> bool:
    """Whether the test had the line nearly to itself. Its own count is then the better one for bins:
    packets leave in bursts and arrive at the line's pace."""
    return own_share(marks) >= 1 - method.OTHER_SHARE


def own_share(marks: Sequence[Mark]) -> float:
    """The test's own part of what the interface counted."""
    first, last = marks[0], marks[-1]
    passed = _octets(first, last, by_interface=True)
    share = _payload_share(marks)
    return min(1.0, (last.payload - first.payload) / share / passed) if passed and share else 0.0


def straightened(marks: Sequence[Mark]) -> Sequence[Mark]:
    """The marks with the payload received counted by segments, where all were of one size.

    ``tcpi_bytes_received`` is in order, as is what was read; segments are counted as they come. When the
    mean segment was smaller than a full one - a server that writes in small pieces - nothing is changed.
    """
    if not marks:
        return marks
    last = marks[-1]
    if not last.full or not last.carried or not method.FULL_SEGMENTS_SHARE <= last.carried / last.full <= 1.0:
        return marks
    share = min(1.0, last.payload / last.carried)  # what TLS leaves of it
    return [
        mark if mark.full is None else replace(mark, payload=round(mark.full * share), carried=mark.full)
        for mark in marks
    ]


def after_ramp(marks: Sequence[Mark]) -> Sequence[Mark]:
    """The marks that may count: those from ``RAMP_S`` after the first payload on."""
    began = next((mark.at_s for mark in marks if mark.payload > 0), None)
    if began is None:
        return ()
    return [mark for mark in marks if mark.at_s >= began + method.RAMP_S]


def interface_sees(marks: Sequence[Mark]) -> bool:
    """Whether the interface's count is usable bin by bin: it has the test's octets in it, and moves."""
    if len(marks) < 2 or any(mark.interface is None for mark in marks):
        return False
    first, last = marks[0], marks[-1]
    passed = _octets(first, last, by_interface=True)
    if passed < (last.payload - first.payload) * method.SEEN_SHARE:
        return False
    return _frozen_share(marks) <= method.FROZEN_SHARE


def bins(marks: Sequence[Mark], *, by_interface: bool) -> list[Bin]:
    """What passed between each two marks."""
    return [
        Bin(after.at_s - before.at_s, after.payload - before.payload, _octets(before, after, by_interface))
        for before, after in pairwise(marks)
        if after.at_s > before.at_s
    ]


def is_steady(rates: Sequence[float], share: float) -> bool:
    """Whether the rates are one rate: a narrow confidence interval of the mean, and no drift.

    The lowest and the highest are left out: one stall in a window is not the line's.
    """
    if len(rates) < 6:
        return False
    ends = (min(range(len(rates)), key=rates.__getitem__), max(range(len(rates)), key=rates.__getitem__))
    rates = [rate for index, rate in enumerate(rates) if index not in ends]
    mean = fmean(rates)
    if mean <= 0:
        return False
    half = len(rates) // 2
    drift = abs(fmean(rates[:half]) - fmean(rates[-half:]))
    return 1.96 * stdev(rates) / sqrt(len(rates)) <= share * mean and drift <= share * mean


def _middle(rates: Sequence[float]) -> float:
    """The mean of the middle half."""
    quarter = len(rates) // 4
    return fmean(sorted(rates)[quarter : len(rates) - quarter])


def _octets(first: Mark, last: Mark, by_interface: bool) -> int:
    if by_interface and first.interface is not None and last.interface is not None:
        return last.interface - first.interface
    return last.payload - first.payload


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


def _payload_share(marks: Sequence[Mark]) -> float:
    """Own payload per own octet on the interface."""
    first, last = marks[0], marks[-1]
    payload = last.payload - first.payload
    passed = _octets(first, last, by_interface=True)
    own = _own_octets(first, last)
    if own is None:
        # The highest share that half a second had: other traffic and lost segments only lower it.
        found = bins(marks, by_interface=True)
        span = max(1, round(method.LEVEL_GROUP_S / method.BIN_S))
        groups = [found[start : start + span] for start in range(max(1, len(found) - span + 1))]
        own = round(payload / max(_ratio(group) for group in groups))
    if passed - own < method.QUIET_SHARE * passed:
        return payload / passed
    return payload / own


def _ratio(group: Sequence[Bin]) -> float:
    octets = sum(one.octets for one in group)
    return sum(one.payload for one in group) / octets if octets else 0.0


def _own_octets(first: Mark, last: Mark) -> float | None:
    """What the test's own packets took on the interface, as that interface counts them."""
    totals = [(mark.segments, mark.carried, mark.headers) for mark in (first, last)]
    if any(total is None for mark in totals for total in mark):
        return None
    segments, carried, headers = ((end or 0) - (start or 0) for start, end in zip(*totals, strict=True))
    if first.interface_packets is None or last.interface_packets is None or not segments:
        return carried + headers
    counted = last.interface_packets - first.interface_packets
    if not 0 < counted < segments * method.AGGREGATED_SHARE:
        return carried + headers
    # One header for each aggregate and not for each segment; their mean size is the interface's.
    header = headers / segments
    mean = _octets(first, last, by_interface=True) / counted
    return carried * mean / (mean - header) if mean > header else carried + headers


def _frozen_share(marks: Sequence[Mark]) -> float:
    found = bins(marks, by_interface=True)
    moving = [one for one in found if one.payload > 0]
    return sum(one.octets == 0 for one in moving) / len(moving) if moving else 0.0


def _hidden_traffic(marks: Sequence[Mark]) -> bool:
    """Whether a counter too slow for bins saw much more than the test, between two of its refreshes."""
    if any(mark.interface is None for mark in marks) or _frozen_share(marks) <= method.FROZEN_SHARE:
        return False
    fresh = [after for before, after in pairwise(marks) if after.interface != before.interface]
    if len(fresh) < 2:
        return False
    own = fresh[-1].payload - fresh[0].payload
    return own < _octets(fresh[0], fresh[-1], by_interface=True) * (1 - method.OTHER_SHARE)


def _burst(marks: Sequence[Mark], mbps: float) -> float | None:
    """The payload rate before the sustained part, when it was clearly higher."""
    first, last = marks[0], marks[-1]
    seconds = last.at_s - first.at_s
    if seconds < method.RAMP_S:
        return None
    rate = (last.payload - first.payload) * 8 / seconds / 1e6
    return rate if rate > mbps * (1 + method.LEVEL_SHARE) else None
