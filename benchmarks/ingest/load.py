"""Sends a file of requests with wrk, and tells what came of it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ingest.fleet import Requests
from benchmarks.ingest.servers import Server

SCRIPT = Path(__file__).with_name("requests.lua")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to; ``cores`` is the server's processor time over the run's."""

    what: str
    seconds: float
    requests: int
    summaries_each: float
    points_each: float
    p50_ms: float
    p99_ms: float
    longest_ms: float
    failed: int
    cores: float
    resident_mb: float
    used_up: bool

    @property
    def requests_per_s(self) -> float:
        return self.requests / self.seconds

    @property
    def summaries_per_s(self) -> float:
        return self.requests_per_s * self.summaries_each

    @property
    def points_per_s(self) -> float:
        return self.requests_per_s * self.points_each


def send(what: str, server: Server, made: Requests, *, connections: int, seconds: int) -> Run:
    """Closed loop: each connection sends its next request when it has its answer."""
    before = server.processor_s()
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--timeout", "30", "-s", SCRIPT, server.url, "--", made.file],
        capture_output=True, text=True, check=True, timeout=seconds + 300,
    )  # fmt: skip
    (line,) = [one for one in done.stdout.splitlines() if one.startswith("RESULT ")]
    requests, took_us, p50, p99, longest, refused, broken = map(int, line.split()[1:])
    took = took_us / 1e6
    each = max(1, made.requests)
    return Run(
        what, took, requests, made.summaries / each, made.points / each, p50 / 1e3, p99 / 1e3, longest / 1e3,
        refused + broken, (server.processor_s() - before) / took, server.resident_mb(), requests > made.requests,
    )  # fmt: skip
