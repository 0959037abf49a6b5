"""The test's own part of what the WAN interface counted, and whether that count can be used. Pure.

The share of payload in the test's own octets is taken from TCP's count of segments, since on a busy line
nothing else tells it. Drivers count in their own ways: frames with their check sequence, aggregates with
one header, a refresh once a second. Each is recognised by what it does to the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from agent.engines import method
from agent.engines.marks import Bin, Mark, bins, octets


def interface_sees(marks: Sequence[Mark]) -> bool:
    """Whether the interface's count is usable bin by bin: it has the test's octets in it, and moves."""
    if len(marks) < 2 or any(mark.interface is None for mark in marks):
        return False
    first, last = marks[0], marks[-1]
    passed = octets(first, last, by_interface=True)
    if passed < (last.payload - first.payload) * method.SEEN_SHARE:
        return False
    return _frozen_share(marks) <= method.FROZEN_SHARE


def is_quiet(marks: Sequence[Mark]) -> bool:
    """Whether the test had the line nearly to itself. Its own count is then the better one for bins:
    packets leave in bursts and arrive at the line's pace."""
    return own_share(marks) >= 1 - method.OTHER_SHARE


def own_share(marks: Sequence[Mark]) -> float:
    """The test's own part of what the interface counted."""
    first, last = marks[0], marks[-1]
    passed = octets(first, last, by_interface=True)
    share = payload_share(marks)
    return min(1.0, (last.payload - first.payload) / share / passed) if passed and share else 0.0


def payload_share(marks: Sequence[Mark]) -> float:
    """Own payload per own octet on the interface; 0 when none of it was the test's."""
    first, last = marks[0], marks[-1]
    payload = last.payload - first.payload
    passed = octets(first, last, by_interface=True)
    if payload <= 0 or passed <= 0:
        return 0.0
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


def hidden_traffic(marks: Sequence[Mark]) -> bool:
    """Whether a counter too slow for bins saw much more than the test, between two of its refreshes."""
    if any(mark.interface is None for mark in marks) or _frozen_share(marks) <= method.FROZEN_SHARE:
        return False
    fresh = [after for before, after in pairwise(marks) if after.interface != before.interface]
    if len(fresh) < 2:
        return False
    own = fresh[-1].payload - fresh[0].payload
    return own < octets(fresh[0], fresh[-1], by_interface=True) * (1 - method.OTHER_SHARE)


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
    mean = octets(first, last, by_interface=True) / counted
    return carried * mean / (mean - header) if mean > header else carried + headers


def _ratio(group: Sequence[Bin]) -> float:
    octets = sum(one.octets for one in group)
    return sum(one.payload for one in group) / octets if octets else 0.0


def _frozen_share(marks: Sequence[Mark]) -> float:
    found = bins(marks, by_interface=True)
    moving = [one for one in found if one.payload > 0]
    return sum(one.octets == 0 for one in moving) / len(moving) if moving else 0.0
