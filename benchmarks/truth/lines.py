"""Runs engines on lines: every rate, round trip and kind of other traffic that is asked for, in turn."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.truth import others
from benchmarks.truth.engines import run
from benchmarks.truth.others import Others, at_work
from benchmarks.truth.quiet import TRIES, await_quiet
from benchmarks.truth.weak_gateway import limited
from tests.testbed.line import PAYLOAD_SHARE, Line, line
from tests.testbed.servers import start_iperf3, start_irtt, start_ndt7, start_nginx, start_web_speedtest

BUCKET_MBIT, BUCKET_PEAK_MBIT = 50.0, 200.0
SLOW = ("speedtest-cli", "curl", "web-speedtest", "ndt7")
"""Engines that take so long, or vary so little, that one run of each line is enough."""


def arguments() -> argparse.ArgumentParser:
    """What a line may be asked for."""

    def numbers(text: str) -> list[float]:
        return [float(word) for word in text.split(",")]

    def kinds(text: str) -> list[Others]:
        """``none,udp:30,tcp:50:10:up,greedy,pulses:60``: kind, percent of the line, flows, way."""
        return [others.others(word) for word in text.split(",")]

    def words(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(prog="truth", formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--rates", type=numbers, default=[10, 100, 500], help="Mbit/s on the wire; 0: unshaped"
    )
    parser.add_argument("--rtts", type=numbers, default=[0], help="ms")
    parser.add_argument("--loss", type=float, default=0, help="percent, where there is a round trip")
    parser.add_argument("--backgrounds", type=kinds, default=[Others("none")], help=kinds.__doc__)
    parser.add_argument("--engines", type=words, default=["http"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--core-share", type=float, default=0, help="percent of a core that the engine gets")
    parser.add_argument("--offloads", action="store_true", help="beyond 2.5 Gbit/s; counters see aggregates")
    parser.add_argument("--bucket", action="store_true", help="a line with a burst bucket, and no other")
    parser.add_argument("--bucket-mb", type=int, default=25, help="its size")
    parser.add_argument("--least-s", type=float, default=0.0, help="hold our engines' load for so long")
    parser.add_argument("--patience", type=int, default=TRIES, help="half seconds to wait for quiet")
    return parser


def measured(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Runs what was asked for; a row a run, printed as it is made."""
    rows: list[dict[str, Any]] = []
    for rtt in asked.rtts:
        with tempfile.TemporaryDirectory() as folder, line(rtt, asked.loss, offloads=asked.offloads) as bed:
            Path(folder).chmod(0o755)
            ca_file = _start_servers(bed, Path(folder), asked)
            for rate in [BUCKET_MBIT] if asked.bucket else asked.rates:
                _shape(bed, rate, asked.bucket_mb * 1_000_000 if asked.bucket else None)
                for who in asked.backgrounds:
                    rows += _turns(bed, rate, who, ca_file, asked, {"rtt": rtt})
    _tell_unshaped(rows)
    return rows


def _turns(
    bed: Line, rate: float, who: Others, ca_file: str, asked: argparse.Namespace, facts: dict[str, Any]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for turn in range(asked.repeats):
        for engine in asked.engines:
            if turn and engine in SLOW:
                continue
            if asked.bucket and rows:
                time.sleep(8)  # noqa: TID251  # it fills again
            await_quiet(asked.patience)
            with at_work(bed, who, rate), limited(asked.core_share / 100) as before:
                found = run(bed, engine, ca_file, before, least_s=asked.least_s)
            row = {"rate": rate, **facts, "background": "bucket" if asked.bucket else str(who), **found}
            rows.append(row | {"turn": turn, "true": rate * PAYLOAD_SHARE or None})
            print(json.dumps(rows[-1]), flush=True)
    return rows


def _shape(bed: Line, rate: float, bucket_bytes: int | None) -> None:
    if bucket_bytes:
        bed.shape_with_bucket(BUCKET_MBIT, bucket_bytes, BUCKET_PEAK_MBIT)
    elif rate:
        bed.shape(rate, rate)
    else:
        bed.unshape()


def _start_servers(bed: Line, folder: Path, asked: argparse.Namespace) -> str:
    """Starts what the engines need; returns the file of the server's certificate."""
    ca_file = start_nginx(bed, folder / "nginx")
    start_iperf3(bed, others.PORT)
    for engine, start in (("web-speedtest", start_web_speedtest), ("irtt", start_irtt), ("ndt7", start_ndt7)):
        if engine in asked.engines:
            start(bed, ca_file)
    return ca_file


def _tell_unshaped(rows: list[dict[str, Any]]) -> None:
    """The truth of a line without a shaper is what iperf3 makes of it, beside."""
    for row in rows:
        if row["true"] is None:
            beside = {
                way: [one[way] for one in rows if "iperf3" in one["engine"] and not one["rate"] and one[way]]
                for way in ("down", "up")
            }
            row["true"] = median(beside["down"]) if beside["down"] else None
            row["true_up"] = median(beside["up"]) if beside["up"] else None
