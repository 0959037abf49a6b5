"""Heavy work in short-lived children: the commands a person could type, started by the loop.

posix_spawn costs the resident process nothing (importing ``subprocess`` would), a child's memory is gone
with it, and one that hangs is killed at its limit. At most one child of a kind runs at a time.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

log = logging.getLogger("bandgap")

# -P: a folder named `agent` where the service happens to start must not win over the installed one.
COMMAND = (sys.executable, "-P", "-c", "import sys; from agent.cli import main; sys.exit(main())")


@dataclass(frozen=True, slots=True)
class _Child:
    pid: int
    kill_at_s: float


class Children:
    """The children that run now, by kind. Times are monotonic seconds."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._running: dict[str, _Child] = {}
        self._stopping = False

    def start(self, kind: str, words: Sequence[str], *, now_s: float, limit_s: float) -> bool:
        """Starts a command unless one of its kind still runs; says whether it did."""
        if kind in self._running:
            return False
        pid = os.posix_spawn(COMMAND[0], [*COMMAND, *words], self._environ, setpgroup=0)
        self._running[kind] = _Child(pid, now_s + limit_s)
        return True

    def reap(self, now_s: float) -> list[str]:
        """Collects children that ended, kills those over their limit; returns the kinds that ended."""
        ended = []
        for kind, child in list(self._running.items()):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                del self._running[kind]
                ended.append(kind)
                if os.WIFSIGNALED(status) and not self._stopping:
                    log.warning("%s was ended by signal %d", kind, os.WTERMSIG(status))
            elif now_s >= child.kill_at_s:
                log.warning("%s took longer than its limit and is killed", kind)
                self._signal(child, signal.SIGKILL)
        return ended

    def stop(self, number: int) -> None:
        """Signals all children, with theirs, for the agent ends."""
        self._stopping = True
        for child in self._running.values():
            self._signal(child, number)

    def __len__(self) -> int:
        return len(self._running)

    @staticmethod
    def _signal(child: _Child, number: int) -> None:
        with suppress(ProcessLookupError):  # it ended just now; reap() finds it
            os.killpg(child.pid, number)
