"""Reports, mails and packets are in the language of `--language`, else of the settings; data is English always."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest

from agent import store
from agent.history import History
from agent.packet_files import GUIDE, read_templates
from tests.commands import bandgap, environment
from tests.reports import example_week
from tests.reports.page import Page

SCHOOL = """
[site]
name = "Escuela Bluestem"
students = 412
staff = 46
timezone = "America/Chicago"
"""
SPANISH = SCHOOL + '\n[report]\nlanguage = "es"\n'
WEEK = ("--week", "2026-W47")


def measured(tmp_path: Path, config: str) -> dict[str, str]:
    """An environment whose store has the example's short week."""
    report = example_week.short_of_target()
    (tmp_path / "state").mkdir()
    with closing(store.open_store(tmp_path / "state")) as connection:
        store.write_minutes(connection, report.usage, report.outages, report.probed)
        for test in report.tests:
            History(connection).add_capacity_sample(test)
    return environment(tmp_path, config)


def said(environ: Mapping[str, str], *words: str) -> str:
    done = bandgap(environ, *words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_it_is_the_settings_language_or_the_one_that_is_asked_for(tmp_path: Path) -> None:
    environ = measured(tmp_path, SPANISH)
    assert said(environ, "report", *WEEK).startswith("Faltan ")
    assert said(environ, "report", *WEEK, "--language", "en").startswith("Short of ")
    assert said(environment(tmp_path, SCHOOL), "report", *WEEK).startswith("Short of ")
    assert said(environment(tmp_path, SCHOOL), "report", *WEEK, "--language", "es").startswith("Faltan ")


def test_data_for_programs_is_english_whatever_the_language(tmp_path: Path) -> None:
    environ = measured(tmp_path, SCHOOL)
    for form in ("json", "csv", "csv-tests"):
        english = said(environ, "report", *WEEK, "--format", form)
        spanish = said(environ, "report", *WEEK, "--format", form, "--language", "es")
        if form == "json":
            kept = [json.loads(text) for text in (english, spanish)]
            for data in kept:
                data.pop("made_at")
            assert kept[0] == kept[1]
            assert kept[1]["verdict"].startswith("Short of ")
        else:
            assert english == spanish


def test_a_page_says_its_language(tmp_path: Path) -> None:
    page = Page(said(measured(tmp_path, SPANISH), "report", *WEEK, "--format", "html"))
    assert page.all("html") == [{"lang": "es"}]
    assert "Semana 47 de 2026, 16 al 22 de noviembre de 2026" in page.text


def test_a_language_that_nobody_translated_is_told_in_one_line(tmp_path: Path) -> None:
    done = bandgap(environment(tmp_path, SCHOOL + '\n[report]\nlanguage = "fr"\n'), "report")
    assert (done.returncode, done.stdout) == (78, "")
    assert len(done.stderr.splitlines()) == 1
    assert "language" in done.stderr
    assert "en" in done.stderr
    assert bandgap(environment(tmp_path, SCHOOL), "report", "--language", "fr").returncode == 2


def test_why_nothing_counts_demand_is_said_in_the_language_too(tmp_path: Path) -> None:
    text = said(environment(tmp_path, SPANISH + "\n[measure]\nsees_all_traffic = false\n"), "report", *WEEK)
    assert "esta máquina no está en el camino de todo el" in text


@pytest.mark.skipif(not (find_spec("pptx") and find_spec("docx")), reason="the extra packet isn't installed")
def test_a_packet_is_in_the_language(tmp_path: Path) -> None:
    environ = measured(tmp_path, SPANISH)
    said(environ, "packet", *WEEK, "-o", "es")
    said(environ, "packet", *WEEK, "-o", "en", "--language", "en")
    post = (tmp_path / "es" / "social-280.txt").read_text()
    assert post.startswith("Aprender requiere espacio. La línea de Internet de Escuela Bluestem entrega ")
    assert (tmp_path / "en" / "social-280.txt").read_text().startswith("Learning needs room.")
    page = Page((tmp_path / "es" / "newsletter.html").read_text())
    assert page.all("html") == [{"lang": "es"}]
    assert sorted(p.name for p in (tmp_path / "es").iterdir()) == sorted(
        p.name for p in (tmp_path / "en").iterdir()
    )


def test_templates_to_edit_are_those_of_the_language(tmp_path: Path) -> None:
    said(environment(tmp_path, SCHOOL), "packet", "--copy-templates", "mine", "--language", "es")
    assert "Estimadas familias" in (tmp_path / "mine" / "email.txt").read_text()


def test_every_template_has_its_translation() -> None:
    """All but those without a word of their own; and each uses the same facts and choices."""
    english, spanish = read_templates(None), read_templates(None, "es")
    assert sorted(english._texts) == sorted(spanish._texts)
    same = [name for name, text in english._texts.items() if spanish._texts[name] == text]
    assert same == ["_contact.txt"]
    for name, text in english._texts.items():
        assert _marks(spanish._texts[name]) == _marks(text), name
    assert GUIDE not in spanish._texts


def _marks(text: str) -> list[str]:
    """What of a template isn't words."""
    import re

    marks = re.findall(r"\{[{%].*?[%}]\}|\[chart \w+\]|^(?:#+|-|>) ", text, re.MULTILINE)
    return sorted(re.sub(r'or "[^"]+"', 'or ""', mark) for mark in marks)
