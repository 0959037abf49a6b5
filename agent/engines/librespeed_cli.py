"""The librespeed-cli engine: LibreSpeed's own program, where an administrator installed it.

It is never fetched. Without a server of the site's it chooses one of librespeed.org's public list. Rates
are its means over the whole time, ramp included; an upload counts what was handed to the kernel, a little
more than what arrived. It bounds its time and not its octets: the data budget isn't kept. Jitter is
smoothed, as LibreSpeed's page does it. Results are sent to nobody, and of what it reports this site's
address, provider and place are dropped here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from agent.engines.installed_program import Finished, environment, run
from agent.engines.plan import NoMeasurement, Plan, Reading, Show, Tally

PROGRAM = "librespeed-cli"
SLACK_S = 40.0
"""What it may take beyond its two directions: the list, the choice of a server, pings."""

LEAST_S = 1.0
"""A direction that is told to have lasted less isn't believed: it counts pages of errors as data."""

_REASONS = (
    ("no such host", "dns"),
    ("connection refused", "refused"),
    ("unreachable", "unreachable"),
    ("timeout", "timeout"),
    ("certificate", "tls"),
    ("x509", "tls"),
    ("no server is currently available", "unreachable"),
    ("server list", "unreachable"),
)


def measure(plan: Plan, tally: Tally, show: Show) -> Reading:
    """Both directions to ``plan.server``, the URL of a LibreSpeed server; None lets it choose."""
    show("connect", None)
    seconds = max(1, int(plan.max_seconds))
    # ICMP needs a privilege that the service hasn't.
    command = [PROGRAM, "--json", "--no-icmp", f"--duration={seconds}", "--telemetry-level=disabled"]
    told = None
    if plan.server is not None:
        told = json.dumps([server_entry(plan.server)])
        command += ["--local-json=-", "--server=1"]
        if plan.ca_file:
            command.append(f"--ca-cert={plan.ca_file}")
    show("download", None)
    done = run(command, environment(os.environ), limit_s=2 * seconds + SLACK_S, told=told)
    report = judge(done)
    tally.down_bytes += int(_count(report, "bytes_received") or 0)
    tally.up_bytes += int(_count(report, "bytes_sent") or 0)
    return reading(report)


def server_entry(url: str) -> dict[str, object]:
    """A server in the form of librespeed-cli's lists. LibreSpeed's backend is beside its page, or named; a
    bandgap collector's is at ``/v1/measure``."""
    folder = "" if url.rstrip("/").endswith(("/backend", "/v1/measure")) else "backend/"
    return {
        "id": 1,
        "name": "configured",
        "server": f"{url.rstrip('/')}/",
        "dlURL": f"{folder}garbage.php",
        "ulURL": f"{folder}empty.php",
        "pingURL": f"{folder}empty.php",
        "getIpURL": f"{folder}getIP.php",
    }


def judge(done: Finished) -> Mapping[str, Any]:
    """The one report in what it wrote, or NoMeasurement with the reason in its words."""
    if not done.in_time:
        raise NoMeasurement("timeout", f"{PROGRAM} had to be ended")
    try:
        reports = json.loads(done.out)
    except ValueError:
        words = " ".join((done.err or done.out).split())
        reason = next((code for sign, code in _REASONS if sign in words.lower()), "engine_failed")
        told = words[:200] or f"it gave no report (status {done.status})"
        raise NoMeasurement(reason, f"{PROGRAM}: {told}") from None
    # A list since release 1.0.10, one report before.
    report = reports[0] if isinstance(reports, list) and reports else reports
    if not isinstance(report, dict):
        raise NoMeasurement("unreachable", f"{PROGRAM}: the server isn't responding")
    return report


def reading(report: Mapping[str, Any]) -> Reading:
    """A reading out of a report. Its rates are in Mbit/s, with two places."""
    rates: dict[str, float | None] = {}
    for way, octets in (("download", "bytes_received"), ("upload", "bytes_sent")):
        rate, moved = _count(report, way), _count(report, octets)
        if rate and moved is not None and moved * 8 / 1e6 / rate < LEAST_S:
            raise NoMeasurement("implausible", f"{way}: {rate:.0f} Mbps out of {moved / 1e6:.1f} MB")
        rates[way] = rate or None
    if not any(rates.values()):
        raise NoMeasurement("too_little", f"{PROGRAM} moved nothing")
    server = report.get("server")
    return Reading(
        server=str(server.get("url") or "unknown") if isinstance(server, dict) else "unknown",
        down_mbps=rates["download"],
        up_mbps=rates["upload"],
        latency_idle_ms=_count(report, "ping") or None,
        flags=() if all(rates.values()) else ("incomplete",),
        jitter_ms=_count(report, "jitter") if _count(report, "ping") else None,
    )


def _count(report: Mapping[str, Any], key: str) -> float | None:
    found = report.get(key)
    return found if isinstance(found, int | float) and not isinstance(found, bool) and found >= 0 else None
