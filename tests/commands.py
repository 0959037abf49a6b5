"""Runs the command ``bandgap`` as a person or systemd would: as a process with an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

BANDGAP = (sys.executable, "-P", "-c", "import sys; from agent.cli import main; sys.exit(main())")
ROOT = Path(__file__).parents[1]


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
    environ: Mapping[str, str], *words: str, within: Sequence[str] = (), seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    """One command, from a folder that has nothing to do with the checkout, within a bound of ``seconds``."""
    return subprocess.run(
        [*within, *BANDGAP, *words],
        env=dict(environ),
        cwd=environ["HOME"],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


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


def until(done: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Waits for something to become true; fails with its name when it doesn't."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)  # noqa: TID251
