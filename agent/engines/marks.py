"""What was counted each tenth of a second of a direction, and what passed in between. Pure.

What a receiver has read stands still at each lost segment and jumps when it comes again, though the line
was full all the while. So payload received is counted in segments that came in, times their size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from agent.engines import method


@dataclass(frozen=True, slots=True)
class Mark:
    """Totals since the direction began, at one monotonic moment.

    ``payload`` arrived at its receiver, as far as the test knows. ``segments`` are the test's own on the
    interface, ``carried`` the payload in them, ``headers`` the octets around it. Where the test is the
    receiver, ``data_segments`` are those that had any payload, and ``mss`` is the payload of a full one;
    where it sends, ``retransmitted`` are those sent again.
    ``interface`` and ``interface_packets`` are what the interface counted. None where nobody counts.
    ``cpu_s`` is the engine's own processor time, with ``waited_s`` the time that it was ready to run and
    wasn't let; ``machine`` the ticks of work of all processors and all ticks that there were.
    """

    at_s: float
    payload: int
    segments: int | None = None
    carried: int | None = None
    headers: int | None = None
    data_segments: int | None = None
    mss: int | None = None
    interface: int | None = None
    interface_packets: int | None = None
    cpu_s: float = 0.0
    waited_s: float = 0.0
    machine: tuple[int, int] | None = None
    retransmitted: int | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    """What passed between two marks; ``octets`` are those of the count that is gone by."""

    seconds: float
    payload: int
    octets: int

    @property
    def mbps(self) -> float:
        return self.octets * 8 / self.seconds / 1e6


def straightened(marks: Sequence[Mark]) -> Sequence[Mark]:
    """The marks with the payload received counted by segments, times their mean size.

    ``tcpi_bytes_received`` is in order, as is what was read; segments are counted as they come. So the
    octets a segment had by then are at most their true mean, and in a moment without gaps just that.
    Nothing is changed on loopback, whose segments are of any size up to 64 KiB.
    """
    if not marks:
        return marks
    last = marks[-1]
    if not last.mss or last.mss > method.LARGEST_MSS or not last.carried:
        return marks
    recent = [mark for mark in marks[-method.RECENT_MARKS :] if mark.data_segments]
    mean = max((mark.carried or 0) / (mark.data_segments or 1) for mark in recent) if recent else 0.0
    if not method.SEGMENTS_SHARE <= mean / last.mss <= 1.0:
        return marks
    if mean >= method.FULL_SEGMENTS_SHARE * last.mss:
        mean = last.mss
    share = min(1.0, last.payload / last.carried)  # what TLS leaves of it
    return [
        mark
        if mark.data_segments is None
        else replace(
            mark,
            payload=round(mark.data_segments * mean * share),
            carried=round(mark.data_segments * mean),
        )
        for mark in marks
    ]


def load_s(marks: Sequence[Mark]) -> float | None:
    """How long the direction was loaded; None when it never was."""
    return marks[-1].at_s - marks[0].at_s if marks and marks[-1].payload else None


def retransmitted_share(marks: Sequence[Mark]) -> float | None:
    """The share of the segments sent that had been sent before; None where TCP doesn't tell."""
    last = marks[-1] if marks else None
    if last is None or last.retransmitted is None or not last.segments:
        return None
    return last.retransmitted / last.segments


def after_ramp(marks: Sequence[Mark]) -> Sequence[Mark]:
    """The marks that may count: those from ``RAMP_S`` after the first payload on."""
    began = next((mark.at_s for mark in marks if mark.payload > 0), None)
    if began is None:
        return ()
    return [mark for mark in marks if mark.at_s >= began + method.RAMP_S]


def bins(marks: Sequence[Mark], *, by_interface: bool) -> list[Bin]:
    """What passed between each two marks."""
    return [
        Bin(after.at_s - before.at_s, after.payload - before.payload, octets(before, after, by_interface))
        for before, after in pairwise(marks)
        if after.at_s > before.at_s
    ]


def octets(first: Mark, last: Mark, by_interface: bool) -> int:
    """What the chosen count says passed between two marks."""
    if by_interface and first.interface is not None and last.interface is not None:
        return last.interface - first.interface
    return last.payload - first.payload
