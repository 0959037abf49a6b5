"""The ookla engine: Ookla's own program ``speedtest``, where an administrator installed it.

It is closed, its licence is for personal use, and it is never fetched. The licence and the privacy terms
are accepted in its name only when the settings say that somebody did. speedtest-cli installs a program of
the same name, so the version is asked first. It chooses its flows, its time and its octets itself: the
data budget isn't kept. Jitter and loss are as it defines them. Of what it reports, this site's address,
provider and place are dropped here.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import Any

from agent.engines.installed_program import Finished, environment, run
from agent.engines.plan import NoMeasurement, Plan, Reading, Show, Tally

PROGRAM = "speedtest"
VERSION_LIMIT_S = 10.0
LIMIT_S = 75.0
"""Two directions of 15 s at most (its ``testDurationSeconds``), the choice of a server, and patience."""

BITS_PER_MB = 125_000
"""Its bandwidth is in octets a second: this many are one Mbit/s."""

_ACCEPT = ("--accept-license", "--accept-gdpr")
_REASONS = (
    ("too many requests", "server_busy"),
    ("limit reached", "server_busy"),
    ("timeout", "timeout"),
    ("timed out", "timeout"),
    ("resolve", "dns"),
    ("noservers", "not_a_server"),
    ("ssl", "tls"),
    ("configuration", "unreachable"),
    ("cannot open socket", "unreachable"),
    ("unreachable", "unreachable"),
)


def measure(plan: Plan, tally: Tally, show: Show, *, licence_accepted: bool = False) -> Reading:
    """Both directions to ``plan.server``, a number of Ookla's list or a host; None lets it choose."""
    show("connect", None)
    with tempfile.TemporaryDirectory(prefix="bandgap-ookla-") as home:
        # It keeps its settings at home, where the service has none, and fails when it can't. Whoever
        # accepted the licence by hand has that written down at his own.
        environ = environment(os.environ)
        environ["HOME"] = home if licence_accepted else os.environ.get("HOME", home)
        command = [find(environ), "--format=json", "--progress=no"]
        if licence_accepted:
            command += _ACCEPT
        if plan.server is not None:
            command.append(f"{'--server-id' if plan.server.isdecimal() else '--host'}={plan.server}")
        show("download", None)
        done = run(command, environ, limit_s=LIMIT_S)
    result = judge(done)
    tally.down_bytes += _count(result, "download", "bytes") or 0
    tally.up_bytes += _count(result, "upload", "bytes") or 0
    return reading(result)


def find(environ: Mapping[str, str]) -> str:
    """The first program of the name that is Ookla's; NoMeasurement when there is none."""
    others = []
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        path = shutil.which(PROGRAM, path=folder) if folder else None
        if path is None:
            continue
        said = run([path, "--version"], environ, limit_s=VERSION_LIMIT_S)
        if "Ookla" in said.out:
            return path
        others.append(path)
    raise NoMeasurement("engine_missing", f"{others[0]} isn't Ookla's" if others else PROGRAM)


def judge(done: Finished) -> Mapping[str, Any]:
    """The result among what it wrote, or NoMeasurement with the reason in its words."""
    if not done.in_time:
        raise NoMeasurement("timeout", f"{PROGRAM} had to be ended after {LIMIT_S:.0f} s")
    if any(flag in done.out + done.err for flag in _ACCEPT):  # it asks to be run with them
        raise NoMeasurement("ookla_licence")
    lines = list(_lines(done))
    for line in lines:
        if line.get("type") == "result":
            return line
    words = next((str(line.get("error") or line.get("message")) for line in lines if _is_error(line)), None)
    if words is None:
        raise NoMeasurement("engine_failed", f"{PROGRAM} gave no result (status {done.status})")
    reason = next((code for sign, code in _REASONS if sign in words.lower()), "engine_failed")
    raise NoMeasurement(reason, f"{PROGRAM}: {words[:200]}")


def reading(result: Mapping[str, Any]) -> Reading:
    """A reading out of a result. The loaded latency is the mean of both directions' interquartile means."""
    down, up = (_count(result, way, "bandwidth") for way in ("download", "upload"))
    if not down and not up:
        raise NoMeasurement("too_little", f"{PROGRAM} moved nothing")
    loaded = [
        found
        for way in ("download", "upload")
        if (found := _count(result, way, "latency", "iqm")) is not None
    ]
    server = result.get("server")
    return Reading(
        server=str(server.get("host") or "unknown") if isinstance(server, dict) else "unknown",
        down_mbps=down / BITS_PER_MB if down else None,
        up_mbps=up / BITS_PER_MB if up else None,
        latency_idle_ms=_count(result, "ping", "latency"),
        latency_loaded_ms=fmean(loaded) if loaded else None,
        flags=() if down and up else ("incomplete",),
        jitter_ms=_count(result, "ping", "jitter"),
        loss_share=None if (lost := _count(result, "packetLoss")) is None else lost / 100,
    )


def _lines(done: Finished) -> Iterator[dict[str, Any]]:
    for line in (done.out + "\n" + done.err).splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict):
            yield told


def _is_error(line: Mapping[str, Any]) -> bool:
    return "error" in line or line.get("level") == "error"


def _count(result: Mapping[str, Any], *path: str) -> Any:
    """The number at a path of keys; None where there is none."""
    found: Any = result
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, int | float) and not isinstance(found, bool) and found >= 0 else None
