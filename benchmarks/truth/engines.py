"""One run of one engine from the school's gateway: its words, and what it said, as one row.

Ours are run by ``engine_program``; beside them stand programs that aren't ours, each with a server of its
own kind. A program that gave no figure has None in its row.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.truth.quiet import busy, busy_share
from tests.testbed.line import SERVER, WAN, Line
from tests.testbed.servers import IPERF3_PORT, IRTT_PORT, NDT7_PORT, WEB_SPEEDTEST_PORT, program

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 120
"""After so long a program that gives no figure is ended."""

_OURS = [sys.executable, "-W", "ignore", "-m", "benchmarks.truth.engine_program"]
_IPERF3 = ["iperf3", "-c", SERVER, "-p", str(IPERF3_PORT), "-t", "5", "-J"]
_CURL = ["curl", "-s", "-o", "/dev/null", "-m", "5", "-w", "%{json}"]
_HTTP, _HTTPS = f"http://{SERVER}", f"https://{SERVER}"

COMMANDS: dict[str, Callable[[str], list[str]]] = {
    "http": lambda ca: [*_OURS, "http", _HTTP, WAN, ""],
    "http-blind": lambda ca: [*_OURS, "http", _HTTP, "", ""],
    "https": lambda ca: [*_OURS, "http", _HTTPS, WAN, ca],
    "ndt7": lambda ca: [*_OURS, "ndt7", f"ws://{SERVER}:{NDT7_PORT}", WAN, ""],
    "speedtest-cli": lambda ca: [*_OURS, "speedtest_cli", _HTTP, "", ""],
    "iperf3": lambda ca: [*_IPERF3, "-R"],
    "iperf3-x4": lambda ca: [*_IPERF3, "-R", "-P", "4"],
    "iperf3-up": lambda ca: _IPERF3,
    "curl": lambda ca: [*_CURL, f"{_HTTP}/garbage.php"],
    "curl-https": lambda ca: [*_CURL, "--cacert", ca, f"{_HTTPS}/garbage.php"],
    "web-speedtest": lambda ca: [
        program("web-speedtest"),
        "client",
        "--json",
        f"http://{SERVER}:{WEB_SPEEDTEST_PORT}",
    ],
    "irtt": lambda ca: ["irtt", "client", "-Q", "-d", "3s", "-i", "50ms", "-o", "-", f"{SERVER}:{IRTT_PORT}"],
}


def run(
    bed: Line, engine: str, ca_file: str, before: Sequence[str] = (), *, least_s: float = 0.0
) -> dict[str, Any]:
    """Runs it on the CPU that is kept for it; ``before`` are words that go before its own. Engines of ours
    hold their load for ``least_s``."""
    words = ["timeout", str(LIMIT_S), "env", f"LEAST_S={least_s}", *COMMANDS[engine](ca_file)]
    busy_before, began = busy(), time.monotonic()
    with subprocess.Popen(
        [*before, *bed.command("school", *words, cpu=bed.agent_cpu)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.stdout is not None
        text = child.stdout.read()
        _, _, used = os.wait4(child.pid, 0)
        child.returncode = 0
    row: dict[str, Any] = {
        "engine": engine,
        "seconds": time.monotonic() - began,
        "busy": busy_share(busy_before),
    }
    row |= {"down": None, "up": None, "flags": [], "mb": None, "cpu_whole_s": used.ru_utime + used.ru_stime}
    try:
        return row | _reader(engine)(json.loads(text), row["cpu_whole_s"])
    except (ValueError, KeyError, TypeError):
        return row | {"note": f"no figure: {text[-200:]!r}"}


def _ours(said: dict[str, Any], cpu_s: float) -> dict[str, Any]:
    octets = said.pop("down_bytes") + said.pop("up_bytes")
    row = said | {"mb": octets / 1e6}
    for way, (way_cpu_s, way_s, way_bytes) in said.pop("spent").items():
        row |= {f"{way}_s": way_s, f"{way}_mb": way_bytes / 1e6}
        if way_bytes:
            row["cpu_per_gbit" if way == "down" else "up_cpu_per_gbit"] = way_cpu_s / (way_bytes * 8e-9)
    row.pop("spent", None)
    return row


def _iperf3(said: dict[str, Any], cpu_s: float) -> dict[str, Any]:
    total = said["end"]["sum_received"]
    way = "down" if said["start"]["test_start"]["reverse"] else "up"
    return {
        way: total["bits_per_second"] / 1e6,
        "mb": total["bytes"] / 1e6,
        "cpu_per_gbit": cpu_s / (total["bytes"] * 8e-9),
    }


def _curl(said: dict[str, Any], cpu_s: float) -> dict[str, Any]:
    octets = said["size_download"]
    return {
        "down": said["speed_download"] * 8 / 1e6,
        "mb": octets / 1e6,
        "cpu_per_gbit": cpu_s / (octets * 8e-9),
    }


def _web_speedtest(said: dict[str, Any], cpu_s: float) -> dict[str, Any]:
    return {
        "down": said["download_bps"] / 1e6,
        "up": said["upload_bps"] / 1e6,
        "idle_ms": said["ping_ms"] or float(said["ping"].split()[0]),
    }


def _irtt(said: dict[str, Any], cpu_s: float) -> dict[str, Any]:
    stats = said["stats"]
    return {"idle_ms": stats["rtt"]["median"] / 1e6, "note": f"{stats['packet_loss_percent']:.1f} % lost"}


def _reader(engine: str) -> Callable[[dict[str, Any], float], dict[str, Any]]:
    """What reads the words of this program."""
    readers = {"iperf3": _iperf3, "curl": _curl, "web-speedtest": _web_speedtest, "irtt": _irtt}
    return next((reader for program, reader in readers.items() if engine.startswith(program)), _ours)
