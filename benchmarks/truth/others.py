"""Other people on the line while an engine measures: a classroom behind the gateway.

Written ``kind:share:flows:way``, with the share of the line in percent: ``udp:50``, ``tcp:70:10``,
``greedy:0:4:up``, ``pulses:60`` (a second on, a second off).
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.testbed.line import SERVER, Line

PORT = 5202
PULSES = Path(__file__).resolve().parents[2] / "tests" / "testbed" / "pulses.py"
PUPIL = "10.77.1.2"
KINDS = ("none", "udp", "tcp", "greedy", "pulses")


@dataclass(frozen=True, slots=True)
class Others:
    """Their traffic: so much of the line, in so many flows, towards them or away from them."""

    kind: str
    share: float = 0.0
    flows: int = 1
    way: str = "down"

    def __str__(self) -> str:
        if self.kind == "none":
            return "none"
        share = f" {self.share:.0%}" if self.share else ""
        flows = f" in {self.flows}" if self.flows > 1 else ""
        return f"{self.kind}{share}{flows} {self.way}"


def others(word: str) -> Others:
    """Reads one as it is written."""
    kind, share, flows, way = [*word.split(":"), "", "", ""][:4]
    if kind not in KINDS or way not in ("", "down", "up"):
        raise ValueError(word)
    return Others(kind, float(share or 0) / 100, int(flows or (4 if kind == "greedy" else 1)), way or "down")


@contextmanager
def at_work(bed: Line, who: Others, line_mbit: float) -> Iterator[None]:
    """Their traffic for as long as the block lasts."""
    if who.kind == "none":
        yield
        return
    place, words = "pupil", _iperf3(who, line_mbit * who.share)
    if who.kind == "pulses":
        place, to = ("server", PUPIL) if who.way == "down" else ("pupil", SERVER)
        words = [sys.executable, str(PULSES), to, str(line_mbit * who.share), "60"]
    null = subprocess.DEVNULL
    with subprocess.Popen(bed.command(place, *words), stdout=null, stderr=null) as classroom:
        time.sleep(2)  # noqa: TID251  # its ramp
        try:
            yield
        finally:
            classroom.terminate()
    time.sleep(0.5)  # noqa: TID251  # iperf3's server makes ready for the next


def _iperf3(who: Others, mbit: float) -> list[str]:
    words = ["iperf3", "-c", SERVER, "-p", str(PORT), "-t", "60", "-P", str(who.flows)]
    words += ["-R"] if who.way == "down" else []
    words += ["-u", "-l", "1400"] if who.kind == "udp" else []
    return words if who.kind == "greedy" else [*words, "-b", f"{mbit / who.flows}M"]
