"""Nothing of a district's report is outside the reach of translators, and in Spanish it fits where English does."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib.util import find_spec

import pytest

from reports.district import DistrictReport, Place, School
from reports.district_page import district_page
from reports.district_tables import LISTED
from reports.formats.district_html import html_page
from reports.formats.district_md import markdown
from reports.formats.district_table import MACHINE, TEXT
from reports.formats.district_text import plain_text
from reports.formats.district_xlsx import workbook
from reports.languages import spoken
from reports.long_periods import month_named, school_year_named, whole_weeks
from reports.periods import days_in, week_named
from tests.reports import example_district as example
from tests.reports.example_week import HOSTILE
from tests.reports.page import Page
from tests.reports.pseudo import wide_words
from tests.reports.test_all_is_translatable import NAMES, seen, untranslated, written

pytestmark = pytest.mark.once
"""Of which words are messages no library decides."""

OWN = (
    *NAMES, "Cedar Fork District", "Cedar Fork gateway", "Cedar Fork Elementary", "Cedar Fork High School",
    "Stony Point School", "Pine Hill School", "Oak Middle", "cedar-hub", "south-line", "CSV", "XLSX", "JSON",
    "hub", "--week 2026-W47", *(one.site for one in example.TOLD),
)  # fmt: skip
OAK = "010000500871"


def schools(name: str = "Oak Middle") -> list[School]:
    """The made-up district's, none of a name that looks like anything else."""
    return [
        replace(one, site=replace(one.site, name=name)) if one.site.id == OAK else one
        for one in example.schools()
    ]


def week(name: str = "Oak Middle") -> DistrictReport:
    return example.report(schools(name))


def running_month(name: str = "Oak Middle") -> DistrictReport:
    return example.report(
        schools(name),
        place=replace(example.DISTRICT, scope="state"),
        period=month_named("2026-11", example.CHICAGO),
        weeks=example.WEEKS,
    )


def year() -> DistrictReport:
    period = school_year_named("2026-27", example.CHICAGO)
    labels = tuple(one.label for one in whole_weeks(period, example.CHICAGO))
    return example.report(schools(), period=period, weeks=labels)


def meets() -> DistrictReport:
    told = [replace(one, down=9000.0, tests=26, days=5, silent_since=None, out=0.0) for one in example.TOLD]
    well = {one.site.id: one for one in example.schools(told)}
    found = [replace(well[one.site.id], site=one.site) for one in schools()]
    return example.report(found)


def silence() -> DistrictReport:
    """Nobody ever sent anything, and there are more of them than a sentence names."""
    gone = [replace(one, heard_at=None, weeks={}) for one in schools()]
    more = [replace(gone[1], site=replace(gone[1].site, id=f"0{n}")) for n in range(LISTED)]
    return example.report([*gone, *more])


def nothing_set() -> DistrictReport:
    """No discount, no date, and a target that is no district's."""
    return example.report(schools(), asked=example.asked("setda-2-wan", nslp_share=None, window_closes=None))


def too_few() -> DistrictReport:
    return example.report(schools(), asked=example.asked(share=1.0))


def site(name: str = "Oak Middle", site_id: str = OAK) -> DistrictReport:
    known = schools(name)
    days = days_in(week_named("2026-W47", example.CHICAGO), example.CHICAGO)[:5]
    told = next(one for one in example.TOLD if one.site == site_id)
    return example.report(
        [one for one in known if one.site.id == site_id],
        example.lines(known)[:1],
        place=Place("site", site_id, name),
        days=[told.week(day) for day in days],
    )


def silent_site() -> DistrictReport:
    return site(site_id="010000500872")


def unknown_site() -> DistrictReport:
    found = [replace(one, heard_at=None, weeks={}) for one in schools() if one.site.id == OAK]
    return example.report(found, [], place=Place("site", OAK, "Oak Middle"))


REPORTS: Mapping[str, Callable[[], DistrictReport]] = {
    each.__name__: each
    for each in (
        week, running_month, year, meets, silence, nothing_set, too_few, site, silent_site, unknown_site,
    )
}  # fmt: skip
IN_EACH = pytest.mark.parametrize("name", REPORTS)


@cache
def made(name: str) -> DistrictReport:
    """A report in wide letters."""
    with wide_words():
        return REPORTS[name]()


@IN_EACH
def test_text_has_no_word_of_its_own(name: str) -> None:
    """A name that is cut for its column ends in an ellipsis."""
    with wide_words():
        text = re.sub(r"\b[A-Z][A-Za-z ]*…", "|", plain_text(made(name)))
    assert untranslated(text, OWN) == []


@IN_EACH
def test_the_page_has_no_word_of_its_own(name: str) -> None:
    with wide_words():
        page = html_page(made(name))
    assert untranslated(seen(Page(page)), OWN) == []
    assert '<html lang="x-wide">' in page


@IN_EACH
def test_markdown_has_no_word_of_its_own(name: str) -> None:
    with wide_words():
        text = markdown(made(name))
    assert untranslated(text.replace("\\", "").replace("&amp;", "&"), OWN) == []


@pytest.mark.skipif(find_spec("xlsxwriter") is None, reason="bandgap[xlsx] isn't installed")
@pytest.mark.parametrize("name", ["week", "running_month"])
def test_a_workbook_has_no_word_of_its_own(name: str) -> None:
    with wide_words():
        words = written(workbook(made(name)))
    assert len(words) > 100
    assert untranslated("\n".join(words), OWN) == []


def test_what_is_english_is_found() -> None:
    """The check is worth something: the same report in English stands out."""
    assert untranslated(plain_text(week()), OWN)


@pytest.mark.parametrize("make", [week, running_month, site])
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_spanish_fits_eighty_columns(make: Callable[[str], DistrictReport], name: str) -> None:
    with spoken("es"):
        text = plain_text(make(HOSTILE[name]))
    assert max(len(line) for line in text.splitlines()) <= 80


@IN_EACH
def test_both_languages_have_the_same_figures(name: str) -> None:
    """On the page, where no name is cut; Spanish leaves out the number itself where it is one."""

    def figures(words: str) -> set[str]:
        return set(re.findall(r"\d[\d.,:]*\d|\d", words)) - {"1"}

    english = REPORTS[name]()
    page = "|".join(Page(html_page(english)).pieces)
    with spoken("es"):
        spanish = "|".join(Page(html_page(REPORTS[name]())).pieces)
    assert figures(spanish) == figures(page)


def test_the_verdict_the_numbers_and_the_ask_in_spanish() -> None:
    with spoken("es"):
        page = district_page(week())
    assert page.verdict == (
        "Faltan al menos 3,388 Mbps para la meta SETDA 2020-21: 1 de 2 circuitos entrega menos de lo "
        "recomendado."
    )
    parts = {part.name: " ".join(part.sentences) for part in page.parts}
    assert list(parts) == [
        "Cómo están las escuelas", "Cuánto llevan los circuitos", "Cuánto cuesta cerrar la brecha",
        "Qué está en riesgo", "Qué se pide",
    ]  # fmt: skip
    assert (
        "Sin noticias de: Cedar Fork High School desde el mar 17 nov 10:05."
        in parts["Cómo están las escuelas"]
    )
    assert "E-rate paga el 80 %" in parts["Cuánto cuesta cerrar la brecha"]
    assert "A más tardar el 26 de marzo de 2027" in parts["Qué se pide"]


def test_a_period_has_its_gender() -> None:
    with spoken("es"):
        assert district_page(running_month()).not_over == (
            "El mes no ha terminado: estos son los datos hasta el mar 24 nov 08:00."
        )
        assert "este año escolar" in district_page(year()).quality[0]
        assert "ningún resumen de esta semana." in district_page(unknown_site()).verdict


def test_programs_find_their_names_as_ever() -> None:
    """Names and states of data aren't words of a reader; the command makes data in English altogether."""
    with spoken("es"):
        data = json.loads(TEXT["json"](week()))
        rows = list(csv.DictReader(io.StringIO(TEXT["csv"](week()))))
    assert (data["verdict"], data["schools"][0]["state"]) == ("short", "short")
    assert {row["state"] for row in rows} <= {"short", "not enough evidence", "silent", "meets", ""}
    assert MACHINE == ("json", "csv")
