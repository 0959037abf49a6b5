"""A busy agent on a disk that fails at its n-th write or sync and, sooner or later, works again.

    LD_PRELOAD=failing_disk.so python -m tests.faults.failing_disk FOLDER CASES SEED

A process of its own, since the disk is libc's with something in front of it (failing_disk.c). Each case is an
agent that works, comes upon the failing disk, and is killed then or goes on when it works again. Prints what
was tried, as JSON.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import random
import signal
import sqlite3
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

from agent.config import load
from reports.faults import Fault
from tests.faults.busy import BusyAgent
from tests.faults.held import Told, hold_against

KINDS = (errno.EIO, errno.ENOSPC, errno.EROFS, errno.EDQUOT)
LONGEST = (1, 3, 20, 10_000)
"""How many calls in a row fail: one, some, and as good as all."""
MINUTES = 12
"""How long an agent meets the failing disk, and how long it goes on after that."""


class Case:
    """One agent in a copy of this process; ``said`` is what it acknowledged."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self.kind, self.length = chance.choice(KINDS), chance.choice(LONGEST)
        self.after, self.killed = chance.randrange(40), chance.random() < 0.5
        self.before = chance.randrange(90)
        self.said: list[str] = []
        self.failed = 0

    def live(self) -> None:
        """Runs the agent to its end."""
        ear, mouth = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(ear)
            _be_an_agent(self, mouth)
        os.close(mouth)
        said = b""
        while part := os.read(ear, 65_536):
            said += part
        os.close(ear)
        os.waitpid(pid, 0)
        lines = said.decode().split("\n")[:-1]
        self.failed = sum(int(line.partition(" ")[2]) for line in lines if line.startswith("failed "))
        self.said = lines


def _be_an_agent(case: Case, mouth: int) -> None:
    disk = ctypes.CDLL(None)

    def acknowledge(lines: str) -> None:
        os.write(mouth, f"{lines}\n".encode())

    try:
        config = load(case.folder / "agent.toml", zone="UTC")
        agent = BusyAgent(case.folder / "state", config, "t0ken-of-sixteen", acknowledge)
        for _ in range(case.before):
            _live_a_minute(agent)
        disk.disk_fails(case.after, case.length, case.kind)
        for _ in range(MINUTES):
            _live_a_minute(agent, hour=True)
        acknowledge(f"failed {disk.disk_failed(case.length)}")
        if not case.killed:
            disk.disk_works()
            _live_a_minute(agent, hour=True)
            assert not agent.ledger.fold.ready, "what waited is written once the disk works again"
    except BaseException as fault:  # noqa: BLE001  # whatever it was, the parent has to hear of it
        acknowledge(f"fault {fault!r} {case.__dict__}")
    os.kill(os.getpid(), signal.SIGKILL)


def _live_a_minute(agent: BusyAgent, *, hour: bool = False) -> None:
    """What the loop does, and the hourly child, which ends where the disk fails and is started again later."""
    agent.minute()
    if hour or agent.at.minute == 0:
        with suppress(sqlite3.Error, Fault, OSError):
            agent.hour()


def main(argv: list[str]) -> int:
    folder, cases, chance = Path(argv[0]), int(argv[1]), random.Random(int(argv[2]))
    told, kinds = Told(), Counter[str]()
    for _ in range(cases):
        case = Case(folder, chance)
        case.live()
        told.hear(case.said)
        hold_against(told, folder / "state", unsure=MINUTES if case.killed else 0)
        kinds[errno.errorcode[case.kind]] += case.failed
    print(json.dumps({"failed": kinds, "minutes": len(told.minutes), "summaries": len(told.summaries)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
