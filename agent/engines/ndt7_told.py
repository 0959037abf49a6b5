"""What an ndt7 server says of the test while it runs: its measurement messages. Pure.

Every field of them is optional (ndt7 specification v0.11, "Measurement message"). The server's own count
of what it received is the truth of an upload; its round trip, while it sends, is the latency under the
load of a download. The client's address is in there too and is not read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.engines.marks import Mark


@dataclass(frozen=True, slots=True)
class Told:
    """One message. ``elapsed_s`` is the server's time since the test began; ``received`` is in octets."""

    elapsed_s: float
    received: int | None
    rtt_ms: float | None


def parse(text: bytes) -> Told | None:
    """None for what isn't a measurement, or has nothing in it that is of use here."""
    try:
        measurement = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(measurement, dict):
        return None
    tcp, application = _table(measurement, "TCPInfo"), _table(measurement, "AppInfo")
    rtt = _count(tcp, "RTT")
    for table, name in ((tcp, "BytesReceived"), (application, "NumBytes")):
        elapsed = _count(table, "ElapsedTime")
        if elapsed is not None and _count(table, name) is not None:
            return Told(elapsed / 1e6, _count(table, name), rtt / 1000 if rtt else None)
    elapsed = _count(tcp, "ElapsedTime")
    return Told(elapsed / 1e6, None, rtt / 1000) if elapsed is not None and rtt else None


def marks(told: Sequence[Told]) -> list[Mark]:
    """The server's count as marks on the server's own clock."""
    found: list[Mark] = []
    for each in told:
        if each.received is None or (found and each.elapsed_s <= found[-1].at_s):
            continue
        found.append(Mark(each.elapsed_s, each.received))
    return found


def _table(measurement: dict[str, Any], name: str) -> dict[str, Any]:
    table = measurement.get(name)
    return table if isinstance(table, dict) else {}


def _count(table: dict[str, Any], name: str) -> int | None:
    value = table.get(name)
    return int(value) if isinstance(value, int | float) and 0 <= value < 1 << 53 else None
