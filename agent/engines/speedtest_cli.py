"""The speedtest-cli engine: the library of that name, in a process of its own, believed only with proof.

It asks Ookla's list for a server, or uses ``plan.server`` in the manner of a speedtest-mini without any
word to Ookla. The library takes 404 pages for data, counts what it queued for a server that refused it,
and reports half an hour of latency without an exception; so its figures are held against what it moved
and how long that took. Its uploads are queued octets (0.4 to 1.4 % high), its rates have the ramp in them.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from agent.engines.plan import NoMeasurement, Phase, Plan, Reading, Show, Tally

CHILD = Path(__file__).with_name("speedtest_child.py")

TIMEOUT_S = 45.0
"""The library's worst case is about 42 s: each direction 10 s and a read of 10 s more, and the list."""

PING_MOST_MS = 10_000.0
"""The library counts a ping that failed as 1,800,000 ms."""

STALL_S = 3.0
"""Without an octet for as long at its end, a direction was stalled and its mean says nothing."""

FULL_SHARE = 0.98
LIMIT_SLACK_S = 0.5
"""A direction is whole when it moved nearly all there was, or lasted to its limit. One that ended before
is a server that closed half-way, or pages where files should be."""


@dataclass(slots=True)
class _Watch:
    """The phase that runs, what it has moved, and when that last grew."""

    phase: Phase = "connect"
    moved: int = 0
    began_s: float = 0.0
    grew_s: float = 0.0


def measure(plan: Plan, tally: Tally, show: Show) -> Reading:
    """Both directions by speedtest-cli."""
    command = [sys.executable, "-I", "-W", "ignore", str(CHILD)]
    if plan.server is not None:
        command.append(plan.server)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(plan.ca_file, os.environ),
        start_new_session=True,
    ) as child:
        try:
            done, stalled = _follow(child, tally, show)
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
    return judge(done, stalled)


def environment(ca_file: str | None, outer: Mapping[str, str]) -> dict[str, str]:
    """The child's environment: no proxies, which would silently make it a test of the proxy."""
    kept = {
        key: outer[key]
        for key in ("PATH", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
        if key in outer
    }
    if ca_file:
        kept["SSL_CERT_FILE"] = ca_file
    return kept | {"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}


def judge(done: Mapping[str, Any], stalled: frozenset[str] = frozenset()) -> Reading:
    """A reading out of what the child did, or NoMeasurement when that can't be true."""
    if not done["ping_ms"] < PING_MOST_MS:
        raise NoMeasurement("not_a_server", "it answers no pings: latency.txt is missing")
    down, why_no_down = _direction(done, "down", stalled)
    up, why_no_up = _direction(done, "up", stalled)
    if down is None and up is None:
        raise why_no_down or why_no_up or NoMeasurement("too_little")
    missing = [f"{way}load: {why}" for way, why in (("down", why_no_down), ("up", why_no_up)) if why]
    return Reading(
        server=urlsplit(str(done["url"])).netloc,
        down_mbps=down,
        up_mbps=up,
        latency_idle_ms=float(done["ping_ms"]),
        flags=("incomplete",) if missing else (),
        detail="; ".join(missing) or None,
    )


def _direction(
    done: Mapping[str, Any], way: str, stalled: frozenset[str]
) -> tuple[float | None, NoMeasurement | None]:
    """One direction's rate in Mbit/s, or why there is none."""
    if way == "up" and f"{way}_bytes" not in done:
        return None, NoMeasurement("not_a_server", f"it takes no POST (HTTP {done['post_status']})")
    octets, seconds = done[f"{way}_bytes"], done[f"{way}_s"]
    if f"{way}load" in stalled:
        return None, NoMeasurement("timeout", f"it stalled after {octets / 1e6:.1f} MB")
    if octets <= 0 or seconds <= 0:
        return None, NoMeasurement("not_a_server", "it has no files to give" if way == "down" else None)
    full = octets >= done[f"{way}_full_bytes"] * FULL_SHARE
    if not full and seconds < done[f"{way}_limit_s"] - LIMIT_SLACK_S:
        return None, NoMeasurement("implausible", f"it ended after {octets / 1e6:.1f} MB in {seconds:.1f} s")
    return octets * 8 / seconds / 1e6, None


def _follow(
    child: subprocess.Popen[bytes], tally: Tally, show: Show
) -> tuple[dict[str, Any], frozenset[str]]:
    """Reads the child's lines to its end; returns its last word, and the phases that were stalled."""
    assert child.stdout is not None
    ends, pending = time.monotonic() + TIMEOUT_S, b""
    watch, stalled = _Watch(began_s=time.monotonic(), grew_s=time.monotonic()), set[str]()
    while True:
        left = ends - time.monotonic()
        if left <= 0 or not select.select([child.stdout], [], [], left)[0]:
            raise NoMeasurement("timeout", f"speedtest-cli didn't end within {TIMEOUT_S:.0f} s")
        block = os.read(child.stdout.fileno(), 65_536)
        if not block:
            raise NoMeasurement(
                "engine_failed", f"speedtest-cli ended without a word (status {child.wait()})"
            )
        *lines, pending = (pending + block).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "moved" in told:
                _count(watch, tally, show, told["moved"])
                continue
            if time.monotonic() - watch.grew_s > STALL_S:
                stalled.add(watch.phase)
            if "error" in told:
                raise NoMeasurement(told["error"], told["detail"])
            if "done" in told:
                return told["done"], frozenset(stalled)
            assert told["phase"] in get_args(Phase)
            now = time.monotonic()
            watch.phase, watch.moved, watch.began_s, watch.grew_s = told["phase"], 0, now, now
            show(watch.phase, None)


def _count(watch: _Watch, tally: Tally, show: Show, moved: int) -> None:
    """Adds what has moved since the line before to the tally, and shows the rate so far."""
    now, grown = time.monotonic(), moved - watch.moved
    if watch.phase not in ("download", "upload") or grown <= 0:
        return
    watch.moved, watch.grew_s = moved, now
    if watch.phase == "download":
        tally.down_bytes += grown
    else:
        tally.up_bytes += grown
    if now > watch.began_s:
        show(watch.phase, moved * 8 / (now - watch.began_s) / 1e6)
