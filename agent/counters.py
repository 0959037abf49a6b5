"""Interface counters and link state through psutil, and what a pair of readings is worth.

vnstat's rules: a counter that went down was reset, and what passed isn't known; more bytes than the
link can carry are an error of the driver; an interface that was made anew starts from its own zero. In
each case the interval counts as not observed - a gap, not zero traffic.

A counter of 32 bits (old drivers, 32-bit kernels) that went round is told from a reset by the other way's: a
reset would have sent that to zero too. An interface keeps its kernel number when it is renamed, and never has
another's.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

import psutil

LINK_TOLERANCE = 1.02
"""Bytes above link speed x this are thrown away (vnstat's rule; clocks and bursts explain the 2 %)."""


WRAP = 2**32


@dataclass(frozen=True, slots=True)
class Reading:
    """Absolute counters at one monotonic moment."""

    interface: str
    index: int
    at_s: float
    rx_bytes: int
    tx_bytes: int


@dataclass(frozen=True, slots=True)
class Link:
    """Whether there is carrier, and the negotiated speed where the driver knows it."""

    up: bool
    speed_mbps: float | None


@dataclass(frozen=True, slots=True)
class Delta:
    """What passed between two readings; ``lost`` says why it isn't known."""

    interval_s: float
    rx_bytes: int = 0
    tx_bytes: int = 0
    lost: str | None = None


def read(interface: str, at_s: float) -> Reading | None:
    """The interface's counters now; None when there is no such interface."""
    # nowrap=False: psutil's own wrap guard adds the old value to an interface that was made anew.
    counters = psutil.net_io_counters(pernic=True, nowrap=False).get(interface)
    if counters is None:
        return None
    try:
        index = socket.if_nametoindex(interface)
    except OSError:
        return None
    return Reading(interface, index, at_s, counters.bytes_recv, counters.bytes_sent)


def link(interface: str) -> Link:
    """The interface's carrier and speed. Drivers that don't know their speed report 0 or -1: None."""
    stats = psutil.net_if_stats().get(interface)
    if stats is None:
        return Link(up=False, speed_mbps=None)
    return Link(up=stats.isup, speed_mbps=float(stats.speed) if stats.speed > 0 else None)


def delta(before: Reading, after: Reading, speed_mbps: float | None, longest_s: float) -> Delta:
    """What passed between two readings of one interface.

    An interval longer than ``longest_s`` is a gap: its bytes are real, but when they passed isn't known.
    """
    interval = after.at_s - before.at_s
    rx, tx = after.rx_bytes - before.rx_bytes, after.tx_bytes - before.tx_bytes
    if before.index != after.index:
        return Delta(interval, lost="the interface was replaced")
    if interval <= 0 or interval > longest_s:
        return Delta(interval, lost=f"{interval:.0f} s passed between two readings")
    most = None if speed_mbps is None else speed_mbps * 1e6 / 8 * interval * LINK_TOLERANCE
    if rx < 0 and _went_round(before.rx_bytes, other=before.tx_bytes, other_passed=tx, most=most):
        rx += WRAP
    elif tx < 0 and _went_round(before.tx_bytes, other=before.rx_bytes, other_passed=rx, most=most):
        tx += WRAP
    if rx < 0 or tx < 0:
        return Delta(interval, lost="the counters were reset")
    if most is not None and max(rx, tx) > most:
        return Delta(interval, lost=f"more bytes than a link of {speed_mbps:g} Mbps carries")
    return Delta(interval, rx, tx)


def renamed(before: Reading) -> str | None:
    """What an interface that was read is called now; None when it is gone."""
    try:
        name = socket.if_indextoname(before.index)
    except OSError:
        return None
    return name if name != before.interface else None


def _went_round(stood_at: int, *, other: int, other_passed: int, most: float | None) -> bool:
    """Whether a counter that fell has 32 bits and began again, and wasn't reset.

    After a reset the other way's counter holds what passed since, ``most`` at the outside: if it stood higher
    before and hasn't fallen, there was none. Without a speed there is no telling.
    """
    return stood_at < WRAP and other_passed >= 0 and most is not None and other > most
