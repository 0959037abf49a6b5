"""What both programs called Speedtest Tracker export.

henrywhitaker3's (abandoned in 2022) writes CSV and JSON with rates in Mbit/s, as its SpeedtestHelper converts
them. alexjustesen's writes CSV: until June 2025 (1.6) with Download and Upload in bits per second, since then
the Ookla CLI's own result laid flat, whose bandwidths are bytes per second. Which columns are there is up to
whoever made the export, so they are known by name. Times without an offset are UTC, both programs' default.
The public IP address, the provider's name and the server's place are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any

from agent.exchange.rows import LeftOut, Row, foreign_test, moment, number, whole

ORIGIN = "speedtest-tracker"
OLD_HEADERS = (
    ("id", "ping", "download", "upload", "created_at", "updated_at"),
    (
        *("id", "ping", "download", "upload", "server_id", "server_name", "server_host", "url"),
        *("scheduled", "failed", "created_at", "updated_at"),
    ),
)
OLD_KEYS = frozenset({"ping", "download", "upload", "created_at"})
_FLAT = frozenset({"download_bandwidth", "upload_bandwidth", "created_at"})
_BITS = frozenset({"download", "upload", "ping", "created_at"})
_ENDED = frozenset({"completed", "failed", ""})


def names_of(header: Sequence[str]) -> tuple[str, ...]:
    """``Download latency iqm`` as ``download_latency_iqm``."""
    return tuple(name.strip().lower().replace(" ", "_") for name in header)


def is_old_header(header: Sequence[str]) -> bool:
    return tuple(header) in OLD_HEADERS


def is_new_header(header: Sequence[str]) -> bool:
    """Capitals tell it from the old one's."""
    names = set(names_of(header))
    return not is_old_header(header) and "Created at" in header and (names >= _FLAT or names >= _BITS)


def from_old(row: Mapping[str, Any], zone: tzinfo | None = None) -> Row:
    """henrywhitaker3's: Mbit/s. Raises ValueError."""
    if missing := OLD_KEYS - row.keys():
        raise ValueError(f"{min(missing)}: missing")
    return foreign_test(
        ORIGIN,
        moment(row["created_at"], "created_at", zone or UTC),
        down_mbps=number(row["download"], "download"),
        up_mbps=number(row["upload"], "upload"),
        ping_ms=number(row["ping"], "ping"),
        server=_server(row.get("server_id")),
        failed=str(row.get("failed") or "0").lower() in ("1", "true"),
    )


def from_new(row: Mapping[str, str], zone: tzinfo | None = None) -> Row | LeftOut:
    """alexjustesen's, of either time. Raises ValueError."""
    status = row.get("status", "").lower()
    if status not in _ENDED:
        return LeftOut(f"tests with status {status}")
    flat = row.keys() >= _FLAT
    scale, names = (8e-6, "{}_bandwidth") if flat else (1e-6, "{}")
    down, up = (number(row[names.format(way)], names.format(way)) for way in ("download", "upload"))
    ping = "ping_latency" if flat else "ping"
    return foreign_test(
        ORIGIN,
        moment(row["created_at"], "created_at", zone or UTC),
        down_mbps=None if down is None else down * scale,
        up_mbps=None if up is None else up * scale,
        ping_ms=number(row.get(ping), ping),
        loaded_ms=_loaded(row),
        server=_server(row.get("server_id")),
        failed=status == "failed",
        down_bytes=(whole(row.get("download_bytes"), "download_bytes") or 0) if flat else 0,
        up_bytes=(whole(row.get("upload_bytes"), "upload_bytes") or 0) if flat else 0,
    )


def _loaded(row: Mapping[str, str]) -> float | None:
    """Latency under load: the higher of the two ways' interquartile means, which 1.5 and before call avg."""
    found = [
        value
        for way in ("download", "upload")
        for end in ("iqm", "avg")
        if (value := number(row.get(f"{way}_latency_{end}"), f"{way}_latency_{end}"))
    ]
    return max(found, default=None)


def _server(identifier: object) -> str | None:
    text = str(identifier or "")
    return f"speedtest.net {text}" if text.isdigit() and int(text) else None
