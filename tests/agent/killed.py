"""Runs some lines of Python in a process that is killed (SIGKILL) at its n-th step towards the disk.

A step is what Python's audit hooks or SQLite's trace tell of: a file opened, linked, renamed or taken away, a
database opened, an SQL statement begun. So every moment between two steps is tried, and none is left to chance.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping

_BEFORE = """
import os, signal, sqlite3, sys
left = [int(sys.argv[1])]
def step():
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
armed = [False]
def hook(event, args):
    if armed[0] and (
        event in ("os.rename", "os.link", "os.remove", "os.chown", "sqlite3.connect")
        or (event == "open" and not str(args[0]).endswith((".py", ".pyc")))
    ):
        step()
sys.addaudithook(hook)
class Traced(sqlite3.Connection):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.set_trace_callback(lambda _: armed[0] and step())
plain = sqlite3.connect
sqlite3.connect = lambda *args, **more: plain(*args, factory=Traced, **more)
from agent.cli import main
from agent.commands import backup, import_, restore
armed[0] = True
"""

_MOST = 400


def at_every_step(environ: Mapping[str, str], *words: str, stride: int = 1) -> Iterator[int]:
    """Runs the command again and again, killed a step later each time; ends when it came to its own end.

    The caller looks at what is there after each.
    """
    code = f"{_BEFORE}\nsys.exit(main({list(words)!r}))"
    for n in range(1, _MOST, stride):
        done = subprocess.run(
            [sys.executable, "-P", "-c", code, str(n)],
            env=dict(environ),
            cwd=environ["HOME"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        yield n
        if done.returncode != -signal.SIGKILL:
            assert done.returncode == 0, done.stderr
            return
    raise AssertionError(f"more than {_MOST} steps: {words}")
