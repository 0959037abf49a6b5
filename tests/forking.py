"""Runs `bandgap` commands, each in a process of its own, without waiting for what they import: it has it, and forks.

A command begins with the libraries in its memory, and none of our own commands or pages; it has its own environment,
folder, output and end, and ends as any Python does. One of these is kept for a process that runs tests
(``tests/commands.py``), and ends with it.

Each connection to its socket is one command: environment, folder and words as JSON, with the ends of two files for
what it prints. The answers are its process id and, when it has ended, its exit code.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback

LIBRARIES = (
    "agent.cli",
    "argparse",
    "email.message",
    "jinja2",
    "psutil",
    "requests",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "sqlite_utils",
    "tabulate",
    "tomllib",
    "zoneinfo",
)
MOST_BYTES = 1_000_000


def main() -> int:
    """Serves at the listening socket that is its standard input, until the other end of its output is closed."""
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):  # an agent's environment has none of a collector's
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is never looked at again is never copied
    door = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks that attend
    gone = select.poll()
    gone.register(1, select.POLLERR)
    gone.register(door, select.POLLIN)
    while True:
        ready = dict(gone.poll())
        if 1 in ready:
            return 0
        connection, _ = door.accept()
        if os.fork() == 0:
            door.close()
            return _attend(connection)
        connection.close()


def _attend(connection: socket.socket) -> int:
    """In the first fork: starts the command in a second one, and tells how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, (out, err), *_ = socket.recv_fds(connection, MOST_BYTES, 2)
    asked = json.loads(message)
    command = os.fork()
    if command == 0:
        connection.close()
        return _run(asked["environ"], asked["words"], out, err)
    connection.send(b"%d\n" % command)
    _, status = os.waitpid(command, 0)
    with contextlib.suppress(OSError):  # who asked has gone
        connection.send(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _run(environ: dict[str, str], words: list[str], out: int, err: int) -> int:
    from agent.cli import main as bandgap

    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    for found, place in ((out, 1), (err, 2)):
        os.dup2(found, place)
        os.close(found)
    coerced = {name: found for name, found in os.environ.items() if name == "LC_CTYPE"}  # PEP 538
    os.environ.clear()
    os.environ.update({**coerced, **environ})
    os.chdir(environ["HOME"])
    sys.argv = ["-c", *words]
    try:
        code = bandgap()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001  # as Python's own end does
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
