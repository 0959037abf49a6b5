"""The lock's file tells how the last agent ended, and whether there ever was one."""

from pathlib import Path

import pytest

from agent import agent_lock
from reports.faults import ConfigFault


def test_a_folder_in_which_no_agent_worked(tmp_path: Path) -> None:
    """Taking the lock alone isn't working: the store may yet be refused."""
    assert not agent_lock.worked(tmp_path)
    assert not agent_lock.take(tmp_path).unclean
    assert not agent_lock.worked(tmp_path)


def test_one_that_was_killed_leaves_its_pid(tmp_path: Path) -> None:
    first = agent_lock.take(tmp_path)
    first.begin()
    with pytest.raises(ConfigFault, match=r"another agent runs here \(pid \d+\)"):
        agent_lock.take(tmp_path)
    del first
    (tmp_path / agent_lock.FILE).rename(tmp_path / "kept")  # this process holds the first one's lock
    (tmp_path / agent_lock.FILE).write_text((tmp_path / "kept").read_text())
    assert agent_lock.take(tmp_path).unclean
    assert agent_lock.worked(tmp_path)


def test_one_that_ended_says_so(tmp_path: Path) -> None:
    first = agent_lock.take(tmp_path)
    first.begin()
    first.end()
    assert (tmp_path / agent_lock.FILE).read_text() == "ended\n"
    (tmp_path / agent_lock.FILE).rename(tmp_path / "kept")
    (tmp_path / agent_lock.FILE).write_text((tmp_path / "kept").read_text())
    assert not agent_lock.take(tmp_path).unclean
    assert agent_lock.worked(tmp_path)
