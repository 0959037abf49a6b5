"""Our chart is drawn in the comparison of chart libraries: small, with no script in it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["ours"])
def test_the_comparison_draws_ours(name: str, tmp_path: Path) -> None:
    """Libraries that aren't installed are left out, and said to be."""
    command = [sys.executable, "-m", "benchmarks.chart_libraries", "--runs", "1", "--pictures", str(tmp_path)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=100)
    found = re.search(rf"^\| {name} \| (\d+) \|.*\| no \|$", made.stdout, re.M)
    assert found, made.stdout
    assert int(found[1]) < 60
    svg = (tmp_path / "jinja2.svg").read_text()
    assert "<script" not in svg
    assert svg.count('class="down"') == 1
    assert "Contract 250.0 Mbps" in svg


def test_the_page_about_it_names_every_library_that_is_compared() -> None:
    from benchmarks.chart_libraries import LIBRARIES

    page = (ROOT / "docs" / "charts.md").read_text()
    for name in LIBRARIES:
        assert f"| {name} |" in page
