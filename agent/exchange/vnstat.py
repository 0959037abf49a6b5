"""What ``vnstat --json`` writes (its format 2): the five-minute means of one interface.

Hours, days and months are too coarse for a percentile of five-minute means and stay out. vnstat keys its rows
by local time, so that in the hour that is lived twice in autumn one row holds the bytes of both: those stay
out too. A row's ``timestamp`` (vnstat 2.10) is the same local time, turned by vnstat itself. The row that was
still being filled when vnstat last wrote isn't whole, and stays out. vnstat doesn't say how much of a slot it
saw: all of it is taken to be seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from agent.exchange.rows import Bad, Item, LeftOut, Row, whole
from reports.faults import Fault, UsageFault
from reports.periods import SLOT_S
from reports.samples import mbps

ORIGIN = "vnstat"
MARK = "vnstat:"
"""Stands before the interface's name in the store, so that such rows are known from our own."""
FINE = timedelta(seconds=SLOT_S)
SETTLED = timedelta(minutes=10)
"""A slot that ended this long ago: the agent has written its own row of it, or never will."""
COARSE = ("hour", "day", "month", "year", "top")


def is_vnstat(document: object) -> bool:
    return isinstance(document, Mapping) and {"vnstatversion", "jsonversion", "interfaces"} <= document.keys()


def items(
    document: Mapping[str, Any], interface: str | None, wan: str | None, zone: tzinfo, now: datetime
) -> Iterator[Item]:
    """The rows of one interface: the one asked for, the only one there is, or the WAN interface.

    Raises UsageFault when it isn't clear which, and Fault for a format that isn't known.
    """
    if str(document["jsonversion"]) != "2":
        raise Fault(
            f"vnstat's JSON format {document['jsonversion']}: not known, expected 2 (vnstat 2.0 or later)"
        )
    found = {
        str(one["name"]): one for one in document["interfaces"] if isinstance(one, Mapping) and "name" in one
    }
    yield from _rows(*_chosen(found, interface, wan), zone, now)


def _chosen(
    found: Mapping[str, Any], interface: str | None, wan: str | None
) -> tuple[str, Mapping[str, Any]]:
    if interface is None:
        interface = next(iter(found)) if len(found) == 1 else wan if wan in found else None
    if interface is None:
        raise UsageFault(f"name the WAN interface with --interface: the file has {', '.join(sorted(found))}")
    if interface not in found:
        raise UsageFault(f'--interface "{interface}": not in the file, which has {", ".join(sorted(found))}')
    return interface, found[interface]


def _rows(name: str, one: Mapping[str, Any], zone: tzinfo, now: datetime) -> Iterator[Item]:
    traffic = one.get("traffic")
    if not isinstance(traffic, Mapping):
        yield Bad(f"interface {name}", "traffic: missing")
        return
    if coarse := sum(len(traffic.get(kind) or ()) for kind in COARSE):
        yield LeftOut("totals of hours, days, months and years (coarser than five minutes)", coarse)
    try:
        updated = _local(one["updated"]).replace(tzinfo=zone)
    except (KeyError, TypeError, ValueError):
        yield Bad(f"interface {name}", "updated: missing or no time")
        return
    if "timestamp" in one["updated"]:
        updated = _instant(one["updated"]["timestamp"])
    # Before 2.10 only the day is told; its first rows are then taken as they are.
    created = one.get("created")
    since = (
        _instant(created["timestamp"]) if isinstance(created, Mapping) and "timestamp" in created else None
    )
    for n, row in enumerate(traffic.get("fiveminute") or (), 1):
        try:
            found = _row(name, row, zone, now - SETTLED, updated)
            if since and isinstance(found, Row) and found.values["started_at"] < since.timestamp():
                found = LeftOut("five minutes in which vnstat began")
            yield found
        except (KeyError, TypeError, ValueError, OverflowError) as fault:
            missing = f"{fault.args[0]}: missing" if isinstance(fault, KeyError) else str(fault)
            yield Bad(f"interface {name}, fiveminute {n}", missing)


def _row(
    name: str, row: Mapping[str, Any], zone: tzinfo, settled: datetime, updated: datetime
) -> Row | LeftOut:
    local = _local(row)
    at = local.replace(tzinfo=zone)
    if at.utcoffset() != at.replace(fold=1).utcoffset():
        return LeftOut("five minutes of the hour in which clocks change (two in one, or none)")
    start = _instant(row["timestamp"]) if "timestamp" in row else at.astimezone(UTC)
    if start != at.astimezone(UTC):
        raise ValueError(
            f"{local:%Y-%m-%d %H:%M} isn't {start:%Y-%m-%dT%H:%MZ} in the time zone {zone}; "
            "name vnstat's own with --timezone"
        )
    if start.timestamp() % SLOT_S:
        raise ValueError(f"time: found {local:%H:%M}, expected a multiple of five minutes")
    rx, tx = whole(row["rx"], "rx"), whole(row["tx"], "tx")
    if rx is None or tx is None:
        raise ValueError("rx or tx: missing")
    if max(mbps(rx, SLOT_S), mbps(tx, SLOT_S)) > 1e6:
        raise ValueError("rx or tx: more than any line carries in five minutes")
    if start + FINE > updated:
        return LeftOut("five minutes that weren't over yet")
    if start + FINE > settled:
        return LeftOut("five minutes of just now, which are the agent's")
    return Row(
        "usage",
        {
            "started_at": int(start.timestamp()),
            "interface": MARK + name,
            "interval_s": float(SLOT_S),
            "rx_bytes": rx,
            "tx_bytes": tx,
            "peak_rx_mbps": None,
            "peak_tx_mbps": None,
            "link_down_s": 0.0,
        },
    )


def _local(row: Mapping[str, Any]) -> datetime:
    """vnstat's date and time as they stand there. Its tools say hour and minute; 1.x said minutes."""
    day, time = row["date"], row["time"]
    return datetime(day["year"], day["month"], day["day"], time["hour"], time["minute"])  # noqa: DTZ001  # local


def _instant(timestamp: object) -> datetime:
    if isinstance(timestamp, bool) or not isinstance(timestamp, int):
        raise ValueError(f"timestamp: found {timestamp}, expected Unix seconds")
    return datetime.fromtimestamp(timestamp, UTC)
