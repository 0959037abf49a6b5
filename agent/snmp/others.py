"""What others moved while a throughput test ran, by the gateway's counters.

They are too coarse to correct a test of a few seconds by: a device may refresh them only now and then. They
do tell that the line was quiet. All that passed the gateway from before the test until its counters moved
after it, less what this machine moved, is held against the test as if it had passed in the seconds of load.
"""

from __future__ import annotations

from collections.abc import Callable

from agent import counters
from agent.snmp import port
from agent.snmp.port import REFRESH_S, PortReading
from reports.faults import Fault
from reports.sentences import octets

QUIET_SHARE = 0.03
"""What others may have moved beside the test: 2 %, and 1 % for headers that the gateway counts and we don't
(a frame's check sequence, PPPoE: 4 and 8 of 1,514 octets)."""
SEEN_SHARE = 0.9
"""A port that counted less than this of the test isn't the one that it went through."""

Ask = Callable[[], PortReading]
Own = Callable[[], counters.Reading | None]


def begin(ask: Ask, own: Own, wait: Callable[[], None]) -> Callable[[], str | None]:
    """Begins to watch; what it returns ends it, and says why the line may have carried more than the test.

    ``own`` reads this machine's interface, ``wait`` lets a second pass.
    """
    try:
        before = ask()
    except Fault as fault:
        return lambda why=str(fault): why  # type: ignore[misc]  # bound now: the name goes away
    own_before = own()

    def end() -> str | None:
        own_after = own()
        if own_before is None or own_after is None:
            return "this machine's own traffic can't be told"
        try:
            after = _settled(ask, wait)
        except Fault as fault:
            return str(fault)
        passed = port.delta(before, after, float("inf"))
        if passed.lost:
            return passed.lost
        moved = own_after.rx_bytes - own_before.rx_bytes, own_after.tx_bytes - own_before.tx_bytes
        return _doubt((passed.rx_bytes, passed.tx_bytes), moved)

    return end


def _settled(ask: Ask, wait: Callable[[], None]) -> PortReading:
    """A reading that was made after the test: the first that differs from another after it."""
    first = after = ask()
    while after.at_s - first.at_s < REFRESH_S:
        wait()
        after = ask()
        if (after.rx_bytes, after.tx_bytes) != (first.rx_bytes, first.tx_bytes):
            break
    return after


def _doubt(passed: tuple[int, int], own: tuple[int, int]) -> str | None:
    if any(all_bytes < its_own * SEEN_SHARE for all_bytes, its_own in zip(passed, own, strict=True)):
        return "the gateway's port didn't count the test"
    others = [max(0, all_bytes - its_own) for all_bytes, its_own in zip(passed, own, strict=True)]
    if all(other <= its_own * QUIET_SHARE for other, its_own in zip(others, own, strict=True)):
        return None
    return f"meanwhile others moved {octets(others[0])} down and {octets(others[1])} up"
