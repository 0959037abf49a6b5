"""Words are English until a language is in force, and then its own: whole sentences, each thread for itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest

from reports.languages import LANGUAGES, spoken
from reports.period_words import date_words, days_named, months_named, period_name, period_span, short_days
from reports.periods import week_named
from reports.sentences import NO_MEASUREMENT, minutes, moved, octets, percent, rate, span
from reports.week_words import moment, short_day
from reports.wording import Language, capital, language, listed, say, say_as, say_many, small, speaking, tag
from tests.reports.example_week import WEEK, ZONE


def test_english_needs_no_catalogue() -> None:
    assert (language(), tag()) == ("en", "en-US")
    assert say("Outages") == "Outages"
    assert say("{served} of {people}", served=1, people=2) == "1 of 2"
    with spoken("en"):
        assert say("Outages") == "Outages"


def test_spanish_is_spoken_inside_its_block_alone() -> None:
    with spoken("es"):
        assert (language(), tag(), say("Outages")) == ("es", "es-US", "Interrupciones")
        with spoken("en"):
            assert say("Outages") == "Outages"
        assert say("Outages") == "Interrupciones"
    assert say("Outages") == "Outages"


def test_a_fault_inside_ends_the_language_too() -> None:
    with pytest.raises(ValueError, match="broken"), spoken("es"):
        raise ValueError("broken")
    assert language() == "en"


def test_each_thread_has_its_own_language() -> None:
    """Eight reports at once, half of them Spanish: none hears another's."""
    together = Barrier(8, timeout=60)

    def make(n: int) -> list[str]:
        with spoken(LANGUAGES[n % 2]):
            together.wait()
            return [date_words(date(2026, 11, 12)) for _ in range(200)]

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(8)))
    for n, words in enumerate(made):
        assert set(words) == {"12 November 2026" if n % 2 == 0 else "12 de noviembre de 2026"}
    assert language() == "en"


@pytest.mark.parametrize(
    ("count", "english", "spanish"),
    [(0, "0 minutes", "0 minutos"), (1, "1 minute", "1 minuto"), (2, "2 minutes", "2 minutos"),
     (1440, "1,440 minutes", "1,440 minutos")],
)  # fmt: skip
def test_numbers_of_things(count: int, english: str, spanish: str) -> None:
    assert minutes(count) == english
    with spoken("es"):
        assert minutes(count) == spanish


@pytest.mark.parametrize(
    ("count", "spanish"),
    [(0, "0 fallidas"), (1, "1 fallida"), (2, "2 fallidas")],
)
def test_an_adjective_has_its_number_too(count: int, spanish: str) -> None:
    """In English it has none: both forms are one message."""
    assert say_many("{n} failed", "{n} failed", count) == f"{count} failed"
    with spoken("es"):
        assert say_many("{n} failed", "{n} failed", count) == spanish


def test_figures_are_written_as_in_the_united_states() -> None:
    """1,234.5 in both languages: Spanish of the United States, Puerto Rico and Mexico."""
    figures = (rate(1234.5), rate(94.1), percent(0.47), octets(41.2e6), rate(None))
    with spoken("es"):
        assert (rate(1234.5), rate(94.1), percent(0.47), octets(41.2e6), rate(None)) == figures
        assert (rate(0.001), percent(0.001)) == ("menos de 0.01 Mbps", "menos de 1 %")


def test_dates_are_written_as_the_language_does() -> None:
    at = WEEK.starts_at + timedelta(days=3, hours=10)
    assert (short_day(date(2026, 11, 18)), moment(at, ZONE)) == ("Wed 18 Nov", "Thu 19 Nov 10:00")
    with spoken("es"):
        assert (short_day(date(2026, 11, 18)), moment(at, ZONE)) == ("mié 18 nov", "jue 19 nov 10:00")
        assert period_name(WEEK) == "Semana 47 de 2026"
        assert period_span(WEEK, ZONE) == "16 al 22 de noviembre de 2026"
        across = week_named("2026-W40", ZONE)
        assert period_span(across, ZONE) == "28 de septiembre al 4 de octubre de 2026"
        assert months_named()[:2] == ("enero", "febrero")
        assert (days_named()[0], short_days()[6]) == ("lunes", "dom")


def test_lengths_of_time_in_spanish() -> None:
    with spoken("es"):
        assert [span(s) for s in (5, 300, 3600, 7200, 86_400, 200_000)] == [
            "5 s", "5 minutos", "1 hora", "2 horas", "1 día", "2 días",
        ]  # fmt: skip
        assert (moved(7200), moved(-12)) == ("2 horas hacia adelante", "12 s hacia atrás")


def test_a_word_of_two_meanings_has_a_context() -> None:
    with spoken("es"):
        assert (say_as("source", "From"), say_as("head", "From")) == ("Origen", "Desde")
        assert (say_as("connection", "cable"), say_as("short", "May")) == ("cable", "may")


def test_a_name_is_no_pattern() -> None:
    """What comes from settings may be looked up, and is never filled in; an empty name has no translation."""
    with spoken("es"):
        assert say("A set {of} my {own}") == "A set {of} my {own}"
        assert say("") == ""
        assert say("{site}, {week}: {verdict}", site="{week}", week="w", verdict="v") == "{week}, w: v"


def test_lists_have_their_word_before_the_last() -> None:
    assert [listed(w) for w in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    with spoken("es"):
        assert listed(["a", "b", "c"]) == "a, b y c"


def test_a_sentence_may_begin_with_it_or_not() -> None:
    assert (capital("água"), small("Week 47"), capital(""), small("")) == ("Água", "week 47", "", "")


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_language_has_its_catalogue(name: Language) -> None:
    with spoken(name):
        assert language() == name
        assert say(NO_MEASUREMENT["dns"])


def test_a_catalogue_may_lack_a_message() -> None:
    """Then it is English, not a gap."""

    class Nothing:
        def gettext(self, message: str, /) -> str:
            return message

        def pgettext(self, context: str, message: str, /) -> str:
            return message

        def ngettext(self, one: str, many: str, n: int, /) -> str:
            return one if n == 1 else many

    with speaking("xx", Nothing()):
        assert (language(), say("Outages"), minutes(2)) == ("xx", "Outages", "2 minutes")
