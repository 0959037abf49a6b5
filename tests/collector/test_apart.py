"""A module of the collector runs in a process of its own, also from a folder that Python doesn't search."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from collector import apart


def test_it_is_found_where_the_package_lies_and_gets_its_words(tmp_path: Path) -> None:
    """As in Debian's package: the folder is on no path, and another collector may be installed beside it."""
    home = tmp_path / "lib"
    (home / "collector").mkdir(parents=True)
    (home / "collector/__init__.py").write_text("")
    (home / "collector/told.py").write_text("import sys; print(__name__, sys.argv[1:])\n")
    shutil.copy(apart.__file__, home / "collector/apart.py")
    found = importlib.util.spec_from_file_location("moved", home / "collector/apart.py")
    assert found is not None
    assert found.loader is not None
    moved = importlib.util.module_from_spec(found)
    found.loader.exec_module(moved)

    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = moved.module("collector.told", "one", "two words")
    done = subprocess.run(
        words, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "__main__ ['one', 'two words']\n"), done.stderr


def test_a_folder_of_the_same_name_where_it_starts_doesnt_win(tmp_path: Path) -> None:
    (tmp_path / "collector").mkdir()
    (tmp_path / "collector/__init__.py").write_text("raise SystemExit('the wrong one')\n")
    done = subprocess.run(
        apart.module("collector.migrating"),
        cwd=tmp_path,
        input=str(tmp_path / "made.sqlite"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert (tmp_path / "made.sqlite").stat().st_size > 0
