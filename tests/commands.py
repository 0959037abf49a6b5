"""Runs the command ``bandgap`` as a person or systemd would: as a process with an environment of its own.

To start Python and import libraries is half of what most commands cost, so most are forked by a process that has
done so (``tests/forking.py``). What says more of its environment than where settings and state lie is started anew,
as are the commands of tests that ask for it.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO

BANDGAP = (sys.executable, "-P", "-c", "import sys; from agent.cli import main; sys.exit(main())")
ROOT = Path(__file__).parents[1]
FORKED = frozenset(
    {"PATH", "HOME", "PYTHONPATH", "PYTHONWARNINGS", "BANDGAP_STATE_DIR", "BANDGAP_CONFIG", "BANDGAP_TOKEN"}
)
"""An environment of these alone is what the forking process has too, but for folders."""


def environment(folder: Path, config: str | None = None, **more: str) -> dict[str, str]:
    """An environment in which settings and state lie in ``folder`` and nowhere else."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "BANDGAP_STATE_DIR": str(folder / "state"),
        "PYTHONPATH": str(ROOT),  # the oldest libraries are tested without an installed bandgap
        "PYTHONWARNINGS": "default",
        **more,
    }
    if config is not None:
        (folder / "agent.toml").write_text(config)
        environ["BANDGAP_CONFIG"] = str(folder / "agent.toml")
    return environ


def bandgap(
    environ: Mapping[str, str],
    *words: str,
    within: Sequence[str] = (),
    seconds: float = 120,
    anew: bool = False,
) -> subprocess.CompletedProcess[str]:
    """One command, from a folder that has nothing to do with the checkout, within a bound of ``seconds``.

    ``anew`` starts it as a person would, with nothing imported.
    """
    usual = environment(Path(environ["HOME"]))
    same = all(environ.get(name) == usual[name] for name in ("PATH", "PYTHONPATH", "PYTHONWARNINGS"))
    if same and FORKED.issuperset(environ) and not within and not anew:
        return _forked(environ, words, seconds)
    return subprocess.run(
        [*within, *BANDGAP, *words],
        env=dict(environ),
        cwd=environ["HOME"],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def _forked(
    environ: Mapping[str, str], words: Sequence[str], seconds: float
) -> subprocess.CompletedProcess[str]:
    command = [*BANDGAP, *words]
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        socket.socket(socket.AF_UNIX) as connection,
    ):
        connection.connect(_forking(os.getpid()))
        asked = json.dumps({"environ": dict(environ), "words": words}).encode()
        socket.send_fds(connection, [asked], [out.fileno(), err.fileno()])
        answers = connection.makefile()
        process = int(answers.readline())
        connection.settimeout(seconds)
        try:
            code = int(answers.readline())
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            raise subprocess.TimeoutExpired(command, seconds) from None
        finally:
            answers.close()
        printed = [_text(file) for file in (out, err)]
    return subprocess.CompletedProcess(command, code, *printed)


def _text(file: IO[bytes]) -> str:
    """As subprocess reads it, with every line's end as Python's."""
    file.seek(0)
    return io.StringIO(file.read().decode(), newline=None).read()


@cache
def _forking(process: int) -> str:
    """The socket of this process's own ``tests.forking``."""
    folder = tempfile.TemporaryDirectory(prefix="bandgap-forking-", ignore_cleanup_errors=True)
    place = str(Path(folder.name) / "socket")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(place)
        door.listen(64)
        server = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.forking"],
            env=environment(Path(folder.name)),
            stdin=door.fileno(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def end() -> None:
        assert server.stdout is not None
        server.stdout.close()
        server.wait()
        folder.cleanup()

    atexit.register(end)
    return place


@contextmanager
def started(
    environ: Mapping[str, str], *words: str, log: Path, within: Sequence[str] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """A command that goes on; it is killed at the end of the block if it is still there.

    ``within`` is a command that runs others, such as ``ip netns exec``.
    """
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*within, *BANDGAP, *words], env=dict(environ), cwd=environ["HOME"], stdout=out, stderr=out
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def until(done: Callable[[], bool], what: str, seconds: float = 60.0, pause_s: float = 0.05) -> None:
    """Waits for something to become true; fails with its name when it doesn't."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(pause_s)  # noqa: TID251
