"""One agent to a state folder: two would count everything twice.

The file of the lock also tells how the last agent here ended: it holds the pid of one at work, is left so by
one that was killed, and says "ended" after a clean end. A file that says nothing was no agent's yet.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from reports.faults import ConfigFault, Fault

FILE = "agent.lock"
ENDED = "ended"


class AgentLock:
    """The folder's lock, held for as long as this process lives; ``before`` is what the last agent left."""

    def __init__(self, handle: int, before: str) -> None:
        self._handle = handle
        self.before = before

    @property
    def unclean(self) -> bool:
        """Whether the last agent here was killed, or the power was cut."""
        return self.before not in ("", ENDED)

    def begin(self) -> None:
        """An agent is at work, on a store that it could open."""
        self._write(str(os.getpid()))

    def end(self) -> None:
        """It ended and left nothing half done."""
        self._write(ENDED)

    def release(self) -> None:
        """Lets others have it; for who held it and is no agent."""
        os.close(self._handle)

    def _write(self, word: str) -> None:
        with suppress(OSError):  # a disk that is full or read-only is no reason not to measure
            os.pwrite(self._handle, f"{word}\n".encode(), 0)
            os.ftruncate(self._handle, len(word) + 1)


def take(state: Path) -> AgentLock:
    """Takes the folder's lock. Raises ConfigFault when it is taken, Fault when it can't be made."""
    try:
        handle = os.open(state / FILE, os.O_RDWR | os.O_CREAT, 0o640)
    except OSError as fault:
        raise Fault(f"{state / FILE}: {fault.strerror}; is the disk full or read-only?") from None
    said = os.read(handle, 32).decode(errors="replace").strip()
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise ConfigFault(
            f"{state}: another agent runs here (pid {said or 'unknown'}); stop it, or name another "
            "BANDGAP_STATE_DIR"
        ) from None
    return AgentLock(handle, said)


def worked(state: Path) -> bool:
    """Whether an agent ever worked in this folder: the store in it is then its own."""
    try:
        return bool((state / FILE).read_text(errors="replace").strip())
    except OSError:
        return False


def taken(state: Path) -> bool:
    """Whether an agent holds the folder's lock now."""
    try:
        with open(state / FILE) as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass  # no such file, or not ours to read: nobody is known to run
    return False
