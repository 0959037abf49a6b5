"""What the agent does, when it last did it and what waits, as facts by name: `bandgap status`."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime
from typing import Any

import requests

from agent import agent_lock, counters, damage, heartbeat, low_disk, store, undated, wan
from agent.demo.mark import mark
from agent.history import History
from agent.installation import Installation
from agent.snmp.asking import ask
from agent.snmp.port import PortReading
from reports import sentences
from reports.faults import Fault
from reports.wire import plain

PROBE_S = 3.0


def gather(place: Installation, now: datetime) -> dict[str, Any]:
    """The facts by name; None where there is none."""
    with damage.noticed(place.state):
        connection = place.open_to_read()
        facts = _facts(place, connection, now)
        connection.close()
    return facts


def _facts(place: Installation, connection: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    history = History(connection)
    minute, test = history.last_minute(), history.last_capacity_sample()
    span = history.usage_span()
    interface = place.config.measure.interface
    if interface == "auto":
        interface = wan.default_interface() or ""
    link = counters.link(interface) if interface else None
    port, port_fault = _gateway(place)
    beat, step = heartbeat.read(place.state), history.last_clock_step()
    probed, outage = history.last_probe(), history.running_outage()
    refused = [f"{one}: {reason}" for one, reason in history.refused()]
    return {
        "agent_running": agent_lock.taken(place.state),
        "agent": {"version": beat.version, **plain(beat.state), "reason": beat.state.reason}
        if beat
        else None,
        "clock_step": plain(step) if step else None,
        "undated_minutes": undated.minutes(connection),
        "settings": str(place.config.path) if place.config.path else None,
        "wan_interface": interface or None,
        "link_up": link.up if link else None,
        "link_speed_mbps": link.speed_mbps if link else None,
        "demand_from": place.config.demand_from,
        "gateway": place.config.snmp.where or None,
        "gateway_port": port.name if port else None,
        "gateway_port_up": port.up if port else None,
        "gateway_port_speed_mbps": port.speed_mbps if port else None,
        "gateway_fault": port_fault,
        "last_sample_at": span[1].isoformat() if span else None,
        "last_sample_down_mbps": minute.mean.down_mbps if minute else None,
        "last_sample_up_mbps": minute.mean.up_mbps if minute else None,
        "probing": place.config.reachability.enabled,
        "probed_at": probed.isoformat() if probed else None,
        "outage": plain(outage) if outage else None,
        "last_test_at": test.started_at.isoformat() if test else None,
        "last_test": _test_words(test) if test else None,
        "next_test_at": store.noted(connection, "next_test_at"),
        "unsent": len(history.waiting()),
        "refused": refused,
        "uploaded_at": store.noted(connection, "uploaded_at"),
        "chain": _chain(history, store.noted(connection, "collector_links")),
        "upload_fault": store.noted(connection, "upload_fault"),
        "collector": place.config.upload.collector,
        "collector_reachable": _reachable(place),
        "demo": mark(connection),
        "store": str(place.state / store.FILE),
        "store_bytes": sum(
            file.stat().st_size for file in place.state.glob(store.FILE + "*") if file.is_file()
        ),
        "store_fault": _store_fault(place, connection, now),
        "disk_free_bytes": low_disk.free_bytes(place.state),
        "disk_low": low_disk.free_bytes(place.state) < low_disk.LOW_BYTES,
        "holes": [plain(hole) for hole in history.holes(datetime.fromtimestamp(0, UTC), now)],
    }


def _store_fault(place: Installation, connection: sqlite3.Connection, now: datetime) -> str | None:
    """Why the store can't be written, found out by writing; None also for who may only read it."""
    if not os.access(place.state, os.W_OK) and not low_disk.read_only(place.state):
        return None
    try:
        store.note(connection, "status_asked_at", now.isoformat(timespec="seconds"))
    except sqlite3.Error as fault:
        if store.is_damage(fault):
            raise
        return "its disk is mounted read-only" if low_disk.read_only(place.state) else str(fault)
    return None


def _gateway(place: Installation) -> tuple[PortReading | None, str | None]:
    """What the gateway says of its port now, or why it says nothing."""
    if place.config.demand_from != "gateway":
        return None, None
    try:
        return ask(place.config.snmp, os.environ), None
    except Fault as fault:
        return None, str(fault)


def _chain(history: History, collector_links: str | None) -> dict[str, Any] | None:
    """The newest link; None before the first. ``collector_through`` is what the last receipt told."""
    head = history.chain_head()
    if head is None:
        return None
    there = int(collector_links) if collector_links else None
    return {"through": head.number, "head": head.digest, "collector_through": there}


def _test_words(test: Any) -> str:
    if test.outcome == "ok":
        return f"{sentences.rate(test.down_mbps)} down, {sentences.rate(test.up_mbps)} up"
    return sentences.outcome(test)


def _reachable(place: Installation) -> bool | None:
    """Whether the collector says it is well; None when none is configured."""
    upload = place.config.upload
    if upload.collector is None:
        return None
    try:
        answer = requests.get(
            f"{upload.collector}/healthz",
            timeout=PROBE_S,
            verify=upload.ca_file or True,
            allow_redirects=False,
        )
    except requests.RequestException:
        return False
    return answer.status_code == 200
