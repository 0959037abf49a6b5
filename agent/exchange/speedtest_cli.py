"""What speedtest-cli writes: ``--csv`` with its header or without, and ``--json``.

Rates are bits per second, the ping is milliseconds, times are UTC; version 2.1.3 is what was read. Of where
the test went only the server's id is kept: the sponsor and its place, the distance and the school's public
IP address are dropped, and so is the link to speedtest.net's picture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from agent.exchange.rows import Row, foreign_test, moment, number, whole

ORIGIN = "speedtest-cli"
CSV_HEADER = (
    *("Server ID", "Sponsor", "Server Name", "Timestamp", "Distance"),
    *("Ping", "Download", "Upload", "Share", "IP Address"),
)
JSON_KEYS = frozenset({"download", "upload", "ping", "server", "timestamp"})


def is_csv_row(cells: Sequence[str]) -> bool:
    """Whether a first line is its header or, without one, a row of its own."""
    return tuple(cells) == CSV_HEADER or (
        len(cells) == len(CSV_HEADER) and re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", cells[3]) is not None
    )


def from_csv(cells: Sequence[str]) -> Row:
    """One line. Raises ValueError."""
    if len(cells) != len(CSV_HEADER):
        raise ValueError(f"found {len(cells)} cells, expected {len(CSV_HEADER)}")
    row = dict(zip(CSV_HEADER, cells, strict=True))
    return foreign_test(
        ORIGIN,
        moment(row["Timestamp"], "Timestamp", UTC),
        down_mbps=_mbps(row["Download"], "Download"),
        up_mbps=_mbps(row["Upload"], "Upload"),
        ping_ms=number(row["Ping"], "Ping"),
        server=_server(row["Server ID"]),
    )


def from_json(entry: Mapping[str, Any]) -> Row:
    """One object. Raises ValueError."""
    if missing := JSON_KEYS - entry.keys():
        raise ValueError(f"{min(missing)}: missing")
    server = entry["server"]
    if not isinstance(server, Mapping):
        raise ValueError("server: expected an object")
    return foreign_test(
        ORIGIN,
        moment(entry["timestamp"], "timestamp", UTC),
        down_mbps=_mbps(entry["download"], "download"),
        up_mbps=_mbps(entry["upload"], "upload"),
        ping_ms=number(entry["ping"], "ping"),
        server=_server(server.get("id")),
        down_bytes=whole(entry.get("bytes_received"), "bytes_received") or 0,
        up_bytes=whole(entry.get("bytes_sent"), "bytes_sent") or 0,
    )


def _mbps(raw: object, name: str) -> float | None:
    bits = number(raw, name)
    return None if bits is None else bits / 1e6


def _server(identifier: object) -> str | None:
    """Ids are numbers; a mini server of one's own has none (or the word mini and its URL)."""
    text = str(identifier or "")
    return f"speedtest.net {text}" if text.isdigit() and int(text) else None
