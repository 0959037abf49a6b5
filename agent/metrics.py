"""The agent's figures in Prometheus' text format, for a file or for whoever asks on loopback.

Names and units are as Prometheus asks (prometheus.io/docs/practices/naming): base units, ``_total`` for what
only grows. Counters begin at zero with the agent; throughput tests aren't in them. What isn't known is left
out, never 0.
"""

from __future__ import annotations

import logging
import socket
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent import __version__
from agent.minutes import Totals
from reports.agent_state import AgentState

log = logging.getLogger("bandgap")

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
A_MBPS = 1e6 / 8
"""Mbit/s in bytes per second: Prometheus' base unit is the byte, and its linter refuses bits."""
ASKING_S = 0.2
"""How long somebody on this machine has to say what he wants; the loop waits."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is to tell at one moment."""

    totals: Mapping[str, Totals]
    interface: str | None
    link_up: bool | None
    link_speed_mbps: float | None
    clock_believed: bool
    state: AgentState
    test: tuple[float | None, float | None, float | None, int] | None = None
    """The last trusted test: down and up in Mbit/s, idle latency in ms, its time in Unix seconds."""


def last_test(connection: sqlite3.Connection) -> tuple[float | None, float | None, float | None, int] | None:
    """The newest test that can be trusted; None when there is none, or the store can't be read."""
    with suppress(sqlite3.Error):
        row = connection.execute(
            "SELECT down_mbps, up_mbps, latency_idle_ms, started_at FROM capacity_samples "
            "WHERE outcome = 'ok' AND flags = '[]' ORDER BY started_at DESC LIMIT 1"
        ).fetchone()
        return None if row is None else (row[0], row[1], row[2], row[3])
    return None


def exposition(now: Standing) -> str:
    """All that is known, with its help and type."""
    lines: list[str] = []
    for name, kind, words, values in _families(now):
        told = [(labels, value) for labels, value in values if value is not None]
        if told:
            lines += [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
            lines += [f"{name}{_braced(labels)} {value!r}" for labels, value in told]
    return "\n".join(lines) + "\n"


_Values = list[tuple[dict[str, str], float | None]]


def _families(now: Standing) -> Iterator[tuple[str, str, str, _Values]]:
    yield "bandgap_agent_info", "gauge", "Which agent this is.", [({"version": __version__}, 1)]
    yield "bandgap_agent_uptime_seconds", "gauge", "How long the agent runs.", [({}, now.state.uptime_s)]
    counted = [({"interface": name}, totals) for name, totals in now.totals.items()]
    for name, attribute, words in (
        ("receive_bytes_total", "rx_bytes", "Bytes that the WAN interface received."),
        ("transmit_bytes_total", "tx_bytes", "Bytes that the WAN interface sent."),
        ("observed_seconds_total", "observed_s", "Seconds in which those bytes were counted."),
        ("link_down_seconds_total", "down_s", "Seconds in which the WAN interface had no link."),
    ):
        values: _Values = [(labels, getattr(totals, attribute)) for labels, totals in counted]
        yield f"bandgap_wan_{name}", "counter", words, values
    at = {"interface": now.interface or ""}
    up = None if now.link_up is None else float(now.link_up)
    speed = _times(now.link_speed_mbps, A_MBPS)
    yield "bandgap_wan_link_up", "gauge", "Whether the WAN interface has link.", [(at, up)]
    yield "bandgap_wan_link_speed_bytes_per_second", "gauge", "The WAN interface's own speed.", [(at, speed)]
    down_mbps, up_mbps, idle_ms, tested_at = now.test or (None, None, None, None)
    for name, words, figure in (
        (
            "down_bytes_per_second",
            "What the line delivered down in the last trusted test.",
            _times(down_mbps, A_MBPS),
        ),
        (
            "up_bytes_per_second",
            "What the line delivered up in the last trusted test.",
            _times(up_mbps, A_MBPS),
        ),
        ("idle_latency_seconds", "The idle round trip of the last trusted test.", _times(idle_ms, 1e-3)),
        ("test_timestamp_seconds", "When the last trusted test began.", tested_at),
    ):
        yield f"bandgap_capacity_{name}", "gauge", words, [({}, figure)]
    believed = float(now.clock_believed)
    yield "bandgap_clock_believed", "gauge", "Whether samples are dated by the clock.", [({}, believed)]
    reason = now.state.quiet_because
    quiet: _Values = [({"because": reason}, 1)] if reason else []
    yield "bandgap_quiet", "gauge", "Why the agent has less to tell than it should.", quiet


class MetricsFile:
    """A file for node_exporter's textfile collector, written whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path, self._failed = path, False

    def write(self, text: str) -> None:
        draft = self._path.with_name(f".{self._path.name}.part")  # the collector reads *.prom only
        try:
            draft.write_text(text)
            draft.chmod(0o644)
            draft.replace(self._path)
            self._failed = False
        except OSError as fault:
            if not self._failed:
                log.warning("metrics.textfile: %s can't be written: %s", self._path, fault.strerror)
            self._failed = True


class MetricsPort:
    """A port on loopback that answers every request with the figures, one at a time."""

    def __init__(self, address: tuple[str, int]) -> None:
        """Raises OSError when the port is taken."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._listener = socket.create_server(address, family=family, backlog=4)
        self._listener.setblocking(False)

    def fileno(self) -> int:
        return self._listener.fileno()

    def answer(self, text: str) -> None:
        """Answers who is waiting; somebody who asks for nothing in ``ASKING_S`` gets nothing."""
        with suppress(OSError):
            asking, _ = self._listener.accept()
            with asking:
                asking.settimeout(ASKING_S)
                asked = asking.recv(4096).split(b" ", 2)
                status, body = (
                    ("200 OK", text) if asked[:2] == [b"GET", b"/metrics"] else ("404 Not Found", "")
                )
                head = (f"HTTP/1.0 {status}", f"Content-Type: {CONTENT_TYPE}", f"Content-Length: {len(body)}")
                asking.sendall("\r\n".join((*head, "", body)).encode())

    def close(self) -> None:
        self._listener.close()


def _times(figure: float | None, factor: float) -> float | None:
    return None if figure is None else figure * factor


def _braced(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
