"""Work in short-lived children: heavy commands that a person could type, and small waits of the loop's own.

posix_spawn costs the resident process nothing (importing ``subprocess`` would), a child's memory is gone
with it, and one that hangs is killed at its limit. What waits but needs no module that isn't loaded anyway is
a copy of the resident process instead: a new interpreter would cost ten times as much. At most one child
of a kind runs at a time.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

log = logging.getLogger("bandgap")

HOME = str(Path(__file__).parents[1])
"""Where this package is: a distribution's package has it in a folder of its own."""
# -P: a folder named `agent` where the service happens to start must not win over the installed one.
COMMAND = (
    sys.executable,
    "-P",
    "-c",
    f"import sys; {HOME!r} in sys.path or sys.path.insert(0, {HOME!r})\n"
    "from agent.cli import main; sys.exit(main())",
)


HIGHEST_DESCRIPTOR = 256
"""Beyond what the loop ever has open."""
MOST_SAID = 4096
"""Octets that a copy may say: a pipe takes so many without a reader (pipe(7), PIPE_BUF)."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A child that ended; ``said`` is the word of a copy, None when it had none or was killed."""

    kind: str
    said: str | None = None


@dataclass(frozen=True, slots=True)
class _Child:
    pid: int
    kill_at_s: float
    ear: int | None = None


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

    def fork(self, kind: str, work: Callable[[], str], *, now_s: float, limit_s: float) -> bool:
        """Does ``work`` in a copy of this process, unless one of its kind still runs; says whether it did.

        Fork is safe here because the loop has one thread (fork(2): only the calling one is copied).
        """
        if kind in self._running:
            return False
        ear, mouth = os.pipe()
        pid = os.fork()
        if pid == 0:
            _be_a_copy(work, mouth)
        os.close(mouth)
        with suppress(OSError):  # the copy does it too; whoever comes first
            os.setpgid(pid, pid)
        self._running[kind] = _Child(pid, now_s + limit_s, ear)
        return True

    def reap(self, now_s: float) -> list[Ended]:
        """Collects children that ended, and kills those over their limit."""
        ended = []
        for kind, child in list(self._running.items()):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                del self._running[kind]
                ended.append(Ended(kind, _said(child)))
                if os.WIFSIGNALED(status) and not self._stopping:
                    what = {"child": kind, "signal": os.WTERMSIG(status)}
                    log.warning("%(child)s was ended by signal %(signal)d", what)
            elif now_s >= child.kill_at_s:
                log.warning("%(child)s took longer than its limit and is killed", {"child": kind})
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


def _be_a_copy(work: Callable[[], str], mouth: int) -> NoReturn:
    """What a copy does: it lets go of all that is the agent's, works, says what came of it, and is gone."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)  # the agent's own pipe: its loop would wake for our signals
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.setpgid(0, 0)
        # flock(2) belongs to the open file: held on here, the agent's lock would outlive the agent.
        os.closerange(3, mouth)
        os.closerange(mouth + 1, HIGHEST_DESCRIPTOR)
        os.write(mouth, work().encode()[:MOST_SAID])
        status = 0
    finally:
        os._exit(status)  # no cleaning up of what isn't ours, no traceback from a copy


def _said(child: _Child) -> str | None:
    if child.ear is None:
        return None
    said = os.read(child.ear, MOST_SAID)
    os.close(child.ear)
    return said.decode(errors="replace") or None
