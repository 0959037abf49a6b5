"""One agent to a state folder: two would count everything twice."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from reports.faults import ConfigFault

FILE = "agent.lock"


def take(state: Path) -> int:
    """Takes the folder's lock for as long as this process lives. Raises ConfigFault when it is taken."""
    handle = os.open(state / FILE, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
        os.close(handle)
        raise ConfigFault(
            f"{state}: another agent runs here (pid {pid}); stop it, or name another BANDGAP_STATE_DIR"
        ) from None
    os.ftruncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())
    return handle


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
