"""One port of the gateway as IF-MIB (RFC 2863) tells it, and what a pair of readings is worth. Pure.

As with an interface of this machine, what isn't known is a gap: after a restart (sysUpTime went back, or
ifCounterDiscontinuityTime moved), after another port took the place of this one, after readings too far
apart. Counters of 32 bits are used only where a port has no others and is too slow for them to wrap twice
between two readings (RFC 2863, 3.1.6: those of 20 Mbps and less may have no others).

A device may refresh its counters only every few seconds. What it hands over then passed some seconds
earlier, so a short interval may hold more than the port can carry in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from agent.counters import LINK_TOLERANCE, Delta

UPTIME = ".1.3.6.1.2.1.1.3.0"
IF_ENTRY = ".1.3.6.1.2.1.2.2.1."
IF_X_ENTRY = ".1.3.6.1.2.1.31.1.1.1."
NAME, DESCRIPTION = IF_X_ENTRY + "1", IF_ENTRY + "2"
SPEED, STATUS, IN_32, OUT_32 = (IF_ENTRY + column for column in ("5", "8", "10", "16"))
IN_64, OUT_64, HIGH_SPEED, RENEWED = (IF_X_ENTRY + column for column in ("6", "10", "15", "19"))
COLUMNS = (NAME, DESCRIPTION, SPEED, STATUS, IN_32, OUT_32, IN_64, OUT_64, HIGH_SPEED, RENEWED)

DOWN = ("2", "6", "7")
"""ifOperStatus down, notPresent and lowerLayerDown; "unknown", which tunnels and PPP say, is no outage."""

REFRESH_S = 20.0
"""The longest that a device is expected to go without refreshing its counters."""
GUESSED_MBPS = 10.0
"""What net-snmp says for a port whose speed it doesn't know; no bound on what may pass."""


@dataclass(frozen=True, slots=True)
class PortReading:
    """Absolute counters at one monotonic moment; ``rx_bytes`` is what went down, to the school.

    ``uptime`` and ``renewed`` are the device's own hundredths of a second.
    """

    at_s: float
    index: int
    up: bool
    speed_mbps: float | None
    uptime: int
    renewed: int
    bits: int
    rx_bytes: int
    tx_bytes: int
    name: str


def variables(index: int) -> list[str]:
    """What is asked for one reading."""
    return [UPTIME, *(f"{column}.{index}" for column in COLUMNS)]


def values(said: str) -> dict[str, str]:
    """What net-snmp printed (`-Onqt`), by variable; what the device doesn't have isn't in it."""
    found = {}
    for line in said.splitlines():
        variable, _, value = line.partition(" ")
        if variable.startswith(".") and not value.startswith("No "):
            found[variable] = value.strip().strip('"')
    return found


def reading(found: Mapping[str, str], index: int, side: Literal["wan", "lan"], at_s: float) -> PortReading:
    """A port's reading from the values of its variables. Raises ValueError where there are no counters."""

    def number(column: str) -> int | None:
        text = found.get(f"{column}.{index}", "")
        return int(text) if text.isdigit() else None

    bits, received, sent = 64, number(IN_64), number(OUT_64)
    if received is None or sent is None:
        bits, received, sent = 32, number(IN_32), number(OUT_32)
    if received is None or sent is None or not found.get(UPTIME, "").isdigit():
        raise ValueError("it has no octet counters")
    speed_mbps = float(number(HIGH_SPEED) or 0) or (number(SPEED) or 0) / 1e6
    return PortReading(
        at_s=at_s,
        index=index,
        up=found.get(f"{STATUS}.{index}") not in DOWN,
        speed_mbps=speed_mbps or None,
        uptime=int(found[UPTIME]),
        renewed=number(RENEWED) or 0,
        bits=bits,
        rx_bytes=received if side == "wan" else sent,
        tx_bytes=sent if side == "wan" else received,
        name=_name(found, index),
    )


def names(found: Mapping[str, str], index: int) -> tuple[str, ...]:
    """What the device calls a port: its ifName, and its ifDescr."""
    both = (found.get(f"{column}.{index}") for column in (NAME, DESCRIPTION))
    return tuple(name for name in both if name)


def delta(before: PortReading, after: PortReading, longest_s: float) -> Delta:
    """What passed between two readings of one port; see ``agent.counters.delta``."""
    interval_s = after.at_s - before.at_s
    if (before.index, before.name, before.bits) != (after.index, after.name, after.bits):
        return Delta(interval_s, lost="the gateway's port was replaced")
    if not 0 < interval_s <= longest_s:
        return Delta(interval_s, lost=f"{interval_s:.0f} s passed between two readings")
    if after.uptime < before.uptime or after.renewed != before.renewed:
        return Delta(interval_s, lost="the gateway was restarted")
    rx, tx = after.rx_bytes - before.rx_bytes, after.tx_bytes - before.tx_bytes
    if after.bits == 32:
        if not _wraps_once(after.speed_mbps, interval_s):
            return Delta(interval_s, lost="the gateway has counters of 32 bits only, too small for its port")
        rx, tx = rx % 2**32, tx % 2**32
    if rx < 0 or tx < 0:
        return Delta(interval_s, lost="the gateway's counters were reset")
    speed_mbps = after.speed_mbps
    most_s = (interval_s + REFRESH_S) * LINK_TOLERANCE
    if speed_mbps and speed_mbps > GUESSED_MBPS and max(rx, tx) * 8 > speed_mbps * 1e6 * most_s:
        return Delta(interval_s, lost=f"more bytes than a port of {speed_mbps:g} Mbps carries")
    return Delta(interval_s, rx, tx)


def _wraps_once(speed_mbps: float | None, interval_s: float) -> bool:
    return speed_mbps is not None and speed_mbps * 1e6 / 8 * (interval_s + REFRESH_S) < 2**32


def _name(found: Mapping[str, str], index: int) -> str:
    return " ".join(next(iter(names(found, index)), str(index)).split())
