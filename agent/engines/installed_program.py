"""Runs a program that somebody installed on this machine, with an end to it and a clean environment.

Nothing is ever fetched: a program that isn't there is an engine that isn't there. It stays in this
process's group, so that whoever ends the test ends the program too.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.engines.plan import NoMeasurement

KEPT = ("PATH", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""What a program gets of our environment: no proxies, which would make it a test of the proxy."""

GRACE_S = 1.0
"""Between asking a program to end, so that it may say what it did, and ending it."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What a program wrote, and its exit status; ``in_time`` is False when it had to be ended."""

    status: int
    out: str
    err: str
    in_time: bool = True


def environment(outer: Mapping[str, str], ca_file: str | None = None) -> dict[str, str]:
    """The program's environment. ``ca_file`` replaces the system's trust store, for OpenSSL and for Go."""
    kept = {key: outer[key] for key in KEPT if key in outer}
    if ca_file:
        kept["SSL_CERT_FILE"] = ca_file
    return kept | {"LANG": "C.UTF-8"}


def run(
    command: Sequence[str], environ: Mapping[str, str], *, limit_s: float, told: str | None = None
) -> Finished:
    """Runs a command, with ``told`` on its standard input, for ``limit_s`` at most.

    Raises NoMeasurement when it isn't installed or can't be started.
    """
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if told is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environ),
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError:
        raise NoMeasurement("engine_missing", command[0]) from None
    except OSError as error:
        raise NoMeasurement("engine_failed", f"{command[0]}: {error.strerror}") from None
    with child:
        try:
            out, err = child.communicate(told, timeout=limit_s)
            return Finished(child.returncode, out, err)
        except subprocess.TimeoutExpired:
            out, err = _ended(child)
            return Finished(child.returncode, out, err, in_time=False)
        finally:
            if child.poll() is None:
                child.kill()


def _ended(child: subprocess.Popen[str]) -> tuple[str, str]:
    """Ends a program that took too long; what it had to say, as far as it still says it."""
    for end in (child.terminate, child.kill):
        end()
        try:
            return child.communicate(timeout=GRACE_S)
        except subprocess.TimeoutExpired:
            continue
    # A program of its own holds the pipes open: they are left to it.
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe:
            pipe.close()
    return "", ""
