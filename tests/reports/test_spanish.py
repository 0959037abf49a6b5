"""A report in Spanish says what the English one says, holds what it has to hold, and harmless names stay so."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from importlib.util import find_spec

import pytest

from agent.mail.message import compose
from reports.board_words import board_parts
from reports.fault_place import place_words
from reports.formats.as_html import html_page
from reports.formats.as_md import markdown
from reports.formats.as_text import plain_text
from reports.formats.table import FORMATS
from reports.languages import spoken
from reports.outage_words import outages
from reports.week_words import headline, tally
from tests.reports import example_week
from tests.reports.page import Page
from tests.reports.pseudo import afresh


def test_the_verdict_the_numbers_and_the_ask() -> None:
    with spoken("es"):
        report = afresh(example_week.well_known)
        assert headline(report) == (
            "Faltan 1,102 Mbps para la meta SETDA 2023-24, y 394 de 458 usuarios quedan sin lo recomendado: "
            "se entregan 180.6 Mbps de descarga, se piden 1,282 Mbps."
        )
        parts = {part.name: " ".join(part.sentences) for part in board_parts(report)}
    assert list(parts) == [
        "Cuándo se agota la línea", "Cuánto cuesta cerrar la brecha", "Qué está en riesgo", "Qué se pide",
    ]  # fmt: skip
    assert "E-rate paga el 80 %" in parts["Cuánto cuesta cerrar la brecha"]
    assert "Parte local: 380 USD al mes." in parts["Cuánto cuesta cerrar la brecha"]
    assert "en 2 interrupciones, en 2 días" in parts["Qué está en riesgo"]
    assert "a más tardar el 15 de enero de 2027" in parts["Qué se pide"]
    assert "El contrato termina el 30 de junio de 2027." in parts["Qué se pide"]


def test_the_same_figures_stand_in_both_languages() -> None:
    """Text by text, the numbers of a week are those of the English report."""
    english = plain_text(example_week.well_known())
    with spoken("es"):
        spanish = plain_text(afresh(example_week.well_known))
    # But for the ends of the lists, dates and times are written with the same digits.
    assert sorted(re.findall(r"\d[\d.,:]*\d|\d", english)) == sorted(re.findall(r"\d[\d.,:]*\d|\d", spanish))


def test_nothing_and_one_and_two_outages() -> None:
    with spoken("es"):
        report = afresh(example_week.short_of_target)
        quiet = replace(report, summary=replace(report.summary, outage_minutes=0.0), outages=())
        assert outages(quiet) == "La línea funcionó siempre que se observó."
        one = replace(report, outages=report.outages[:1])
        assert outages(one, on_days=1).endswith("en 1 interrupción, en 1 día.")
        assert outages(report, on_days=2).endswith("en 2 interrupciones, en 2 días.")


def test_tests_are_told_by_their_number_and_gender() -> None:
    with spoken("es"):
        report = afresh(example_week.short_of_target)
        assert tally(report).startswith("28 pruebas: 26 confiables, 1 no confiable, 1 fallida. Movieron ")
        assert place_words("the provider's line") == "la línea del proveedor"


@pytest.mark.parametrize("name", sorted(example_week.HOSTILE))
def test_hostile_names_are_harmless_in_spanish(name: str) -> None:
    """The page has the tags it has without them, and shows the name as it is."""
    hostile = example_week.HOSTILE[name]
    with spoken("es"):
        plain = Page(html_page(afresh(lambda: example_week.named("A school"))))
        page = Page(html_page(afresh(lambda: example_week.named(hostile))))
        text = markdown(afresh(lambda: example_week.named(hostile)))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert (page.unclosed, page.stray) == ([], [])
    assert " ".join(hostile.split()) in page.text
    assert "<script" not in text
    assert "\n| a | b |" not in text


def test_a_name_with_places_to_fill_is_a_name() -> None:
    """A school called {target} fills nothing, and breaks nothing."""
    for name in ("{target}", "{0}", "%(site)s", "{", "{{ 7*7 }}"):
        with spoken("es"):
            report = afresh(partial(example_week.named, name))
            page = Page(html_page(report))
        assert name in page.text


@pytest.mark.parametrize("form", [name for name in FORMATS if name not in ("pdf", "pdf-letter", "xlsx")])
def test_every_format_can_be_made(form: str) -> None:
    with spoken("es"):
        assert FORMATS[form](afresh(example_week.too_early))


def test_a_mail_is_in_the_language() -> None:
    with spoken("es"):
        report = afresh(example_week.short_of_target)
        texts = {name: FORMATS[name] for name in ("text", "html")}
        message = compose(report, "a@school.example", ["b@school.example"], report.made_at, formats=texts)
    assert message["Subject"].startswith(
        "Bluestem Consolidated School, semana 47 de 2026: Faltan 1,102 Mbps para la meta SETDA 2023-24"
    )
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().startswith("Faltan 1,102 Mbps para la meta SETDA 2023-24")
    page = message.get_body(("html",))
    assert page is not None
    assert '<html lang="es">' in page.get_content()


@pytest.mark.skipif(find_spec("weasyprint") is None, reason="bandgap[pdf] isn't installed")
def test_a_pdf_says_its_language() -> None:
    """So that it is read aloud in Spanish (PDF/UA-1, 7.2)."""
    from reports.formats.as_pdf import pdf_letter

    with spoken("es"):
        made = pdf_letter(afresh(example_week.short_of_target))
    assert made.startswith(b"%PDF")
    assert re.search(rb"/Lang \(es\)|/Lang\s*<[^>]*>|/Lang\(es\)", made) or b"ObjStm" in made
