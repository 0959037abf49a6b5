"""Several processes that do the same, and one that minds them: they begin and end together.

A process that ends without being told is begun anew after a pause, whatever ended it; the others go on
meanwhile, and whoever connects waits in the socket that all of them hold. Told to end (SIGTERM, SIGINT), the
minder tells each, waits, and ends those by force that don't. Processes are forked, so that what was loaded
before lies in memory once; the minder must have no thread and no connection by then. When it is gone itself,
``orphaned`` says so in each of its processes.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

PAUSE_S = 2.0
"""Before a process is begun anew; as systemd's RestartSec for the whole."""

END_S = 8.0
"""How long processes may take to end once they are told; systemd's TimeoutStopSec is longer."""

_ENDING = (signal.SIGTERM, signal.SIGINT)
_WATCHED = (*_ENDING, signal.SIGCHLD)

log = logging.getLogger("bandgap.collector")

_minder: int | None = None


def orphaned() -> bool:
    """Whether whoever minded this process is gone."""
    return _minder is not None and os.getppid() != _minder


def mind(count: int, work: Callable[[int], None], ending: Callable[[], None]) -> None:
    """Keeps ``work`` running in so many processes, each with its number from 0, until told to end.

    ``ending`` is called here as soon as that is.
    """
    # Asked for below, and none is missed between two questions.
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    running = {_begun(number, work): number for number in range(count)}
    while True:
        found = signal.sigtimedwait(_WATCHED, PAUSE_S)
        for process, how in _ended(running):
            log.error("process %d of %d %s; it is begun anew", running.pop(process) + 1, count, how)
        if found is None:
            for number in set(range(count)).difference(running.values()):
                running[_begun(number, work)] = number
        elif found.si_signo in _ENDING:
            break
    ending()
    _end(running)


def _begun(number: int, work: Callable[[int], None]) -> int:
    global _minder  # a process has one
    minder = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        _minder = minder
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the work has a better way to end
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
        work(number)
        code = 0
    except BaseException:
        log.exception("process %d", number + 1)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _ended(running: dict[int, int]) -> Iterator[tuple[int, str]]:
    """Those that have ended since, and how."""
    for process in list(running):
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            code = os.waitstatus_to_exitcode(status)
            yield process, f"was ended by signal {-code}" if code < 0 else f"ended with {code}"


def _end(running: dict[int, int]) -> None:
    for process in running:
        os.kill(process, signal.SIGTERM)
    until_s = time.monotonic() + END_S
    while running:
        for process, _ in _ended(running):
            del running[process]
        left_s = until_s - time.monotonic()
        if running and left_s <= 0:
            for process in running:
                os.kill(process, signal.SIGKILL)
            left_s = END_S
        if running:
            signal.sigtimedwait((signal.SIGCHLD,), left_s)
