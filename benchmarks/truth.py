"""Holds the engines against lines whose rate is known: error, octets, seconds and processor time.

    sudo .venv/bin/python -m benchmarks.truth --rates 10,100 --rtts 0,40 --repeats 3

Runs on the bed of ``tests/testbed`` (root, iproute2, ethtool, iperf3, nginx, curl), the engines in turn
within each line, so that what disturbs the machine disturbs all of them. Each run waits for a quiet
moment. The truth is the rate that the bed is shaped to, times 1448/1514: what of it is TCP payload.
One JSON object a line; ``--table`` adds the medians as a table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.testbed.line import PAYLOAD_SHARE, SERVER, WAN, Line, line
from tests.testbed.servers import start_iperf3, start_nginx

ROOT = Path(__file__).resolve().parents[1]
QUIET_BUSY_SHARE = 0.10
QUIET_TRIES = 40
IPERF_PORT, BACKGROUND_PORT = 5201, 5202

BACKGROUNDS = {
    "none": "",
    "udp": "-u -l 1400 -b {mbit}M",
    "tcp": "-b {mbit}M",
    "greedy": "-P 4",
}

ENGINE_PROGRAM = """
import json, resource, sys, time
from importlib import import_module
from agent.engines.plan import NoMeasurement, Plan, Tally
module, server, interface, least_s = sys.argv[1:5]
engine = import_module("agent.engines." + module)
spent = {}
if module == "http":
    carry = engine._carry
    def timed(server, way, *rest):
        began, clock = time.process_time(), time.monotonic()
        carried = carry(server, way, *rest)
        spent[way] = (time.process_time() - began, time.monotonic() - clock, carried.marks[-1].payload)
        return carried
    engine._carry = timed
tally = Tally()
try:
    seconds = max(10.0, float(least_s) * 4 / 3)
    plan = Plan(server, interface or None, max_seconds=seconds, least_s=float(least_s))
    reading = engine.measure(plan, tally, lambda phase, mbps: None)
    found = {"down": reading.down_mbps, "up": reading.up_mbps, "flags": reading.flags, "note": reading.detail}
    found |= {name: value for name, value in reading.figures.items() if not name.startswith(("down", "up"))}
except NoMeasurement as refusal:
    found = {"down": None, "up": None, "note": f"{refusal.reason}: {refusal}"}
print(json.dumps(found | {"down_bytes": tally.down_bytes, "up_bytes": tally.up_bytes, "spent": spent}))
"""


SUITE = (
    ("An idle line", "--rates 10,100,500,1000,2500 --engines http,iperf3,curl,speedtest-cli"),
    ("An idle line, 40 ms away", "--rates 10,100,300 --rtts 40 --engines http,iperf3,curl,speedtest-cli"),
    ("One packet in a thousand lost", "--rates 10,100 --rtts 40 --loss 0.1 --engines http,iperf3"),
    (
        "Others on the line",
        "--rates 100 --backgrounds udp:30,udp:70,tcp:50,greedy --engines http,speedtest-cli",
    ),
    ("Others on a faster line", "--rates 500 --backgrounds udp:50,tcp:50 --engines http"),
    ("A burst bucket: 50 Mbit/s, 25 MB at 200 first", "--rates 50 --bucket --engines http,speedtest-cli"),
    (
        "A burst bucket of 100 MB, the load held for 15 s",
        "--rates 50 --bucket --bucket-mb 100 --least-s 15 --engines http",
    ),
)
"""What ``make truth`` runs, and the tables of docs/truth.md."""


def main(words: list[str]) -> None:
    asked = _arguments().parse_args(words)
    if asked.suite:
        _write_suite(asked.suite, asked.repeats)
        return
    rows = measured(asked)
    if asked.table:
        print(table(rows))


def _write_suite(path: Path, repeats: int) -> None:
    """Runs the suite and writes its tables, with what they were measured on."""
    parts = [INTRODUCTION]
    for title, words in SUITE:
        asked = _arguments().parse_args([*words.split(), "--repeats", str(repeats)])
        parts += [f"## {title}", f"`python -m benchmarks.truth {words} --repeats {repeats} --table`"]
        parts.append(table(measured(asked)))
    path.write_text("\n\n".join(parts) + "\n")


INTRODUCTION = """# Measured against true

What `make truth` printed last: the http engine, and what people use instead, on lines whose rate is known, in turn on
the same line. The bed is `tests/testbed`: a school, its provider and a server as network namespaces, shaped by htb,
delayed in user space. True is the shaped rate times 1448/1514, what of it TCP can carry as payload. Errors are of the
payload rate; *median* and *worst* are over the runs; MB and seconds are of the whole test, both ways for the http
engine and speedtest-cli, down only for iperf3 and curl. CPU is the client's, per Gbit received, in the load phase.

The machine had two cores, one for the client and one for the rest of the world, and was shared with others: a run
that was disturbed is in the table like the rest."""


def measured(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Runs what was asked for; a row a run, printed as it is made."""
    rows: list[dict[str, Any]] = []
    for rtt in asked.rtts:
        with tempfile.TemporaryDirectory() as folder, line(rtt, asked.loss, offloads=asked.offloads) as bed:
            Path(folder).chmod(0o755)
            server = start_nginx(bed, Path(folder) / "nginx")
            start_iperf3(bed, IPERF_PORT, BACKGROUND_PORT)
            for rate in asked.rates:
                bed.shape(rate, rate)
                for background, share in asked.backgrounds:
                    for turn in range(asked.repeats):
                        for engine in asked.engines:
                            with other_traffic(bed, background, rate * share):
                                row = run(bed, engine, server, asked.patience, asked.least_s)
                            row = {"rate": rate, "rtt": rtt, "background": f"{background} {share:.0%}", **row}
                            row |= {"turn": turn, "true": rate * PAYLOAD_SHARE}
                            rows.append(row)
                            print(json.dumps(row), flush=True)
            if asked.bucket:
                bed.shape_with_bucket(50, asked.bucket_mb * 1_000_000, 200)
                for engine in asked.engines:
                    row = {
                        "rate": 50.0,
                        "rtt": rtt,
                        "background": "bucket",
                        **run(bed, engine, server, asked.patience, asked.least_s),
                    }
                    rows.append(row | {"true": 50 * PAYLOAD_SHARE})
                    print(json.dumps(rows[-1]), flush=True)
                    time.sleep(8)  # noqa: TID251  # the bucket fills again
    return rows


def run(
    bed: Line, engine: str, server: str, patience: int = QUIET_TRIES, least_s: float = 0.0
) -> dict[str, Any]:
    """One run of one engine, from the school's gateway."""
    python = [sys.executable, "-W", "ignore", "-c", ENGINE_PROGRAM]
    commands = {
        "http": [*python, "http", server, WAN, str(least_s)],
        "http-blind": [*python, "http", server, "", str(least_s)],
        "speedtest-cli": [*python, "speedtest_cli", server, "", "0"],
        "iperf3": ["iperf3", "-c", SERVER, "-p", str(IPERF_PORT), "-R", "-t", "5", "-J"],
        "iperf3 x4": ["iperf3", "-c", SERVER, "-p", str(IPERF_PORT), "-R", "-t", "5", "-J", "-P", "4"],
        "curl": ["curl", "-s", "-o", "/dev/null", "-m", "5", "-w", "%{json}", f"{server}/garbage.php"],
    }
    await_quiet(patience)
    busy_before, began = _busy(), time.monotonic()
    with subprocess.Popen(
        bed.command("school", *commands[engine], cpu=bed.agent_cpu),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.stdout is not None
        said = json.loads(child.stdout.read())
        _, _, used = os.wait4(child.pid, 0)
        child.returncode = 0
    row = {"engine": engine, "seconds": time.monotonic() - began, "busy": _busy_share(busy_before)}
    cpu_s = used.ru_utime + used.ru_stime
    if engine.startswith("iperf3"):
        down, octets = (
            said["end"]["sum_received"]["bits_per_second"] / 1e6,
            said["end"]["sum_received"]["bytes"],
        )
        return row | {"down": down, "mb": octets / 1e6, "cpu_per_gbit": cpu_s / (octets * 8e-9)}
    if engine == "curl":
        down, octets = said["speed_download"] * 8 / 1e6, said["size_download"]
        return row | {"down": down, "mb": octets / 1e6, "cpu_per_gbit": cpu_s / (octets * 8e-9)}
    octets = said.pop("down_bytes") + said.pop("up_bytes")
    row |= said | {"mb": octets / 1e6, "cpu_whole_s": cpu_s}
    for way, (way_cpu_s, way_s, way_bytes) in said.pop("spent").items():
        row |= {f"{way}_s": way_s, f"{way}_mb": way_bytes / 1e6}
        row["cpu_per_gbit" if way == "down" else "up_cpu_per_gbit"] = way_cpu_s / (way_bytes * 8e-9)
    row.pop("spent", None)
    return row


@contextmanager
def other_traffic(bed: Line, kind: str, mbit: float) -> Iterator[None]:
    """A classroom behind the gateway that downloads while an engine measures."""
    if not BACKGROUNDS[kind]:
        yield
        return
    words = ["iperf3", "-c", SERVER, "-p", str(BACKGROUND_PORT), "-R", "-t", "60"]
    words += BACKGROUNDS[kind].format(mbit=mbit).split()
    null = subprocess.DEVNULL
    with subprocess.Popen(bed.command("pupil", *words), stdout=null, stderr=null) as classroom:
        time.sleep(2)  # noqa: TID251  # its ramp
        try:
            yield
        finally:
            classroom.terminate()
    time.sleep(0.5)  # noqa: TID251  # iperf3's server makes ready for the next


def await_quiet(patience: int) -> None:
    """Waits, within limits, for half a second in which others leave the processors alone."""
    for _ in range(patience):
        before = _busy()
        time.sleep(0.5)  # noqa: TID251
        if _busy_share(before) < QUIET_BUSY_SHARE:
            return


def table(rows: list[dict[str, Any]]) -> str:
    """The medians of each line and engine, and the worst error."""
    said = [
        "| Mbit/s | RTT | background | engine | runs | down, median | worst | up, median | worst | MB | s | "
        "CPU s/Gbit |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["rate"], row["rtt"], row["background"], row["engine"]), []).append(row)
    for key, group in groups.items():
        cells = [*key, len(group)]
        for way in ("down", "up"):
            errors = [row[way] / row["true"] - 1 for row in group if row.get(way) is not None]
            cells += [f"{median(errors):+.2%}", f"{max(errors, key=abs):+.2%}"] if errors else ["–", "–"]
        cells += [
            f"{median(row['mb'] for row in group):.1f}",
            f"{median(row['seconds'] for row in group):.1f}",
        ]
        spent = [row["cpu_per_gbit"] for row in group if "cpu_per_gbit" in row]
        cells.append(f"{median(spent):.3f}" if spent else "–")
        said.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(said)


def _busy() -> tuple[int, int]:
    """Jiffies that the processors spent on something, and all (proc(5), /proc/stat)."""
    counts = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(counts) - counts[3] - counts[4], sum(counts)


def _busy_share(before: tuple[int, int]) -> float:
    busy, everything = _busy()
    return (busy - before[0]) / max(1, everything - before[1])


def _arguments() -> argparse.ArgumentParser:
    def numbers(text: str) -> list[float]:
        return [float(word) for word in text.split(",")]

    def kinds(text: str) -> list[tuple[str, float]]:
        """``none,udp:30,tcp:50,greedy`` with shares of the line in percent."""
        pairs = [word.partition(":") for word in text.split(",")]
        return [(name, float(share or 0) / 100) for name, _, share in pairs]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rates", type=numbers, default=[10, 100, 500], help="Mbit/s on the wire")
    parser.add_argument("--rtts", type=numbers, default=[0], help="ms")
    parser.add_argument("--loss", type=float, default=0, help="percent, where there is a round trip")
    parser.add_argument("--backgrounds", type=kinds, default=[("none", 0.0)], help=kinds.__doc__)
    parser.add_argument("--engines", type=lambda text: text.split(","), default=["http"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--offloads", action="store_true", help="beyond 2.5 Gbit/s; counters see aggregates")
    parser.add_argument("--bucket", action="store_true", help="also a line with a burst bucket")
    parser.add_argument("--bucket-mb", type=int, default=25, help="its size")
    parser.add_argument("--least-s", type=float, default=0.0, help="hold the http engine's load for so long")
    parser.add_argument("--patience", type=int, default=QUIET_TRIES, help="half seconds to wait for quiet")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--suite", type=Path, help="run all of the suite, and write its tables to this file")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
