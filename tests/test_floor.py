"""The floor's tests are those that rest on a library of Debian 12, and no such test is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.floor import LIBRARIES, ROOT, rests_on_libraries

WRITTEN = (ROOT / "tests" / "floor.txt").read_text()
NAMES = {"speedtest-cli": "speedtest", "python-dateutil": "dateutil"}
RUNS_TESTS = {"pytest", "pytest-timeout", "pytest-xdist", "pytest-rerunfailures", "hypothesis"}


def test_the_libraries_are_those_that_the_floor_installs() -> None:
    named = {
        line.replace(">", "=").split("=")[0] for line in WRITTEN.splitlines() if line[:1] not in ("", "#")
    }
    assert {NAMES.get(name, name.lower().replace("-", "_")) for name in named - RUNS_TESTS} == LIBRARIES


@pytest.mark.parametrize(
    "name",
    [
        "agent/test_history.py",  # imports what imports sqlite-utils
        "agent/test_timetable.py",  # imports schedule itself
        "agent/test_report_command.py",  # runs bandgap
        "agent/test_engine_speedtest_cli.py",  # its engine starts a program that imports the library
        "reports/test_format_html.py",
        "reports/test_format_table.py",
    ],
)
def test_what_rests_on_a_library_is_in(name: str) -> None:
    assert rests_on_libraries(ROOT / "tests" / name)


@pytest.mark.parametrize("name", ["reports/test_percentiles.py", "reports/test_gaps.py"])
def test_what_only_computes_is_out(name: str) -> None:
    assert not rests_on_libraries(ROOT / "tests" / name)


def test_an_import_anywhere_counts(tmp_path: Path) -> None:
    """Inside a function, as a text that importlib takes, or in a program that is started."""
    for number, text in enumerate(
        (
            "def f():\n    from reports.formats.table import FORMATS\n",
            'import importlib\nimportlib.import_module("agent.history")\n',
            'PROGRAM = "from agent.cli import main; main()"\n',
        )
    ):
        file = tmp_path / f"test_{number}.py"
        file.write_text(text)
        assert rests_on_libraries(file)
