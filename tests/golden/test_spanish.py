"""The demo school's week reads in Spanish as it should; `make golden` writes it anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.demo.laying import lay
from tests.golden.pages import SEED, UNTIL
from tests.golden.spanish import FOLDER, NAMES, spanish


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("demo")
    lay(folder, SEED, UNTIL)
    return dict(spanish(folder))


@pytest.mark.parametrize("name", NAMES)
def test_the_week_in_spanish_is_the_golden_one(name: str, made: dict[str, str]) -> None:
    assert made[name] == (FOLDER / name).read_text(encoding="utf-8")


def test_no_line_of_the_text_is_wider_than_a_terminal(made: dict[str, str]) -> None:
    """Spanish words are longer; tables have to hold them."""
    assert [line for line in made["demo-week.txt"].splitlines() if len(line) > 80] == []
