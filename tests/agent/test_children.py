"""Children of the loop: copies of the process that wait in its stead, and let go of what is the agent's."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.children import Children, Ended
from tests.commands import ROOT

COPIES = """
import os, select, signal, sys, time
from agent.children import Children
{work}
children = Children({{}})
began = time.monotonic()
assert children.fork("probe", work, now_s=0.0, limit_s={limit})
assert not children.fork("probe", work, now_s=0.0, limit_s={limit}), "one of a kind"
while not (ended := children.reap(time.monotonic() - began)):
    select.select([], [], [], 0.01)
print(ended)
"""


def copied(work: str, limit: float = 30.0) -> str:
    """What became of a copy that does this, in a process with one thread."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", COPIES.format(work=work, limit=limit)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_the_word_of_a_copy_comes_back() -> None:
    assert copied('work = lambda: "gateway 10.0.0.1: no answer"') == str(
        [Ended("probe", "gateway 10.0.0.1: no answer")]
    )


@pytest.mark.parametrize(
    "work", ["work = lambda: 1 / 0", "work = lambda: os._exit(3)", "work = lambda: sys.exit(0)"]
)
def test_a_copy_that_breaks_has_no_word(work: str) -> None:
    """And prints nothing: its traceback would be nobody's."""
    assert copied(work) == str([Ended("probe")])


def test_a_copy_that_hangs_is_killed_at_its_limit() -> None:
    assert copied("def work():\n    time.sleep(60)\n    return ''", limit=0.3) == str([Ended("probe")])


def test_a_copy_ends_with_sigterm_though_the_agent_catches_it() -> None:
    """The loop's handlers are not its own."""
    assert copied(
        "signal.signal(signal.SIGTERM, lambda *_: None)\n"
        "def work():\n    os.kill(os.getpid(), signal.SIGTERM)\n    time.sleep(60)\n    return ''"
    ) == str([Ended("probe")])


def test_a_copy_does_not_hold_the_agents_lock(tmp_path: Path) -> None:
    """An agent that is killed can be started again at once, though its probe still waits."""
    lock = tmp_path / "agent.lock"
    program = (
        "import fcntl, os, sys, time\nfrom agent.children import Children\n"
        f"held = os.open({str(lock)!r}, os.O_RDWR | os.O_CREAT)\nfcntl.flock(held, fcntl.LOCK_EX)\n"
        "children = Children({})\n"
        "children.fork('probe', lambda: time.sleep(20) or '', now_s=0.0, limit_s=60.0)\n"
        "print(next(iter(children._running.values())).pid, flush=True)\ntime.sleep(60)\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=environ, text=True
    ) as p:
        assert p.stdout is not None
        copy = int(p.stdout.readline())
        p.kill()
        p.wait()
        try:
            with lock.open() as taken:
                for _ in range(100):  # the copy lets go a moment after it began
                    try:
                        fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        break
                    except BlockingIOError:
                        time.sleep(0.05)  # noqa: TID251
                else:
                    pytest.fail("the copy holds the lock")
            os.kill(copy, 0)  # and it is still there
        finally:
            os.kill(copy, signal.SIGKILL)


def test_no_children_are_none() -> None:
    assert Children({}).reap(0.0) == []
