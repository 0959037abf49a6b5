"""A real Spark cluster on loopback: a standalone master and its workers, each a process of its own.

From pyspark's wheel alone, with Debian's Java. Ports are free ones, and every process is a session of its own
that ends with the block.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from tests.commands import until

_PACKAGE = "org.apache.spark.deploy"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the master is, and the processes of the workers."""

    master: str
    workers: tuple[subprocess.Popen[bytes], ...]

    def kill_worker(self, number: int) -> None:
        """As when a machine fails: the worker and all that it has started, at once."""
        worker = self.workers[number]
        found = family(worker.pid)
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        worker.wait()


@contextmanager
def cluster(folder: Path, workers: int = 2, memory: str = "1536m") -> Iterator[Cluster]:
    """A master and its workers of one core each, until the end of the block."""
    with ExitStack() as running:
        log = folder / "master.log"
        words = ("Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        running.enter_context(_started(words, log))
        found: list[str] = []

        def named() -> bool:
            found[:] = re.findall(r"Starting Spark master at (spark://\S+)", log.read_text())
            return bool(found)

        until(named, "Spark's master says where it is", 300)
        made = []
        for number in range(workers):
            words = ("Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", memory)
            place = ("--webui-port", "0", "--work-dir", str(folder / f"worker{number}"), found[0])
            made.append(running.enter_context(_started((*words, *place), folder / f"worker{number}.log")))
        for number in range(workers):
            log = folder / f"worker{number}.log"
            until(partial(_registered, log), "a worker registers", 300)
        yield Cluster(found[0], tuple(made))


def _registered(log: Path) -> bool:
    return "registered with master" in log.read_text()


@contextmanager
def _started(words: tuple[str, ...], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    home = Path(spec.origin).parent
    environ = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_NO_DAEMONIZE": "1",
    }
    command = [str(home / "bin/spark-class"), f"{_PACKAGE}.{words[0].lower()}.{words[0]}", *words[1:]]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environ, stdout=out, stderr=out, start_new_session=True)
        try:
            yield process
        finally:
            for pid in family(process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()


def family(pid: int) -> list[int]:
    """A process and those it has started, and so on; Spark's scripts and executors may be any of them."""
    parents: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state = place.read_text()
            parent = int(state.rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(place.parent.name))
    found = [pid]
    for one in found:
        found.extend(parents.get(one, []))
    return found
