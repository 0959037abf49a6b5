"""Every translation is whole: each message translated, its places kept, compiled as it stands, none left over."""

from __future__ import annotations

import re
from gettext import GNUTranslations
from typing import Any

import pytest

pytest.importorskip("babel", reason="Babel isn't installed")

from babel.messages import Message

from reports.languages import FOLDER, LANGUAGES
from tests.words import TRANSLATED, catalogue, compiled, current, messages, po, strings

LANGUAGE = pytest.mark.parametrize("language", TRANSLATED)


def said(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def places(words: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", words))


@LANGUAGE
def test_every_message_is_translated_and_none_is_a_guess(language: str) -> None:
    """A fuzzy one is what a tool thought of: no reader gets it."""
    lacking = [ids(message) for message in said(language) if message.fuzzy or not all(strings(message))]
    assert lacking == []


@LANGUAGE
def test_places_to_fill_are_the_same_on_both_sides(language: str) -> None:
    """The number itself may be left out where it is one: "the only test"."""
    for message in said(language):
        one, many = ids(message)[0], ids(message)[-1]
        for n, words in enumerate(strings(message)):
            wanted = places(one) if n == 0 and len(ids(message)) == 2 else places(many)
            free = {"n"} if len(ids(message)) == 2 and n == 0 else set()
            assert places(words) - free == wanted - free, words


@LANGUAGE
def test_a_message_of_a_number_has_every_plural_form(language: str) -> None:
    forms = catalogue(language).num_plurals
    assert all(len(strings(message)) == forms for message in said(language) if len(ids(message)) == 2)


@LANGUAGE
def test_sentences_end_as_in_english(language: str) -> None:
    """A full stop, a colon, a break of lines: what stands before and after counts on them."""
    for message in said(language):
        source, words = ids(message)[-1], strings(message)[-1]
        assert re.search(r"[.:]?$", source)[0] == re.search(r"[.:]?$", words)[0], words  # type: ignore[index]
        assert source.count("\n") == words.count("\n")
        assert (source[0].isspace(), source[-1].isspace()) == (words[0].isspace(), words[-1].isspace())


@LANGUAGE
def test_it_has_what_the_code_says_today_and_nothing_else(language: str) -> None:
    """`make words` brings it up to date."""

    def keys(found: Any) -> set[tuple[str | None, tuple[str, ...]]]:
        return {(message.context, ids(message)) for message in found if message.id}

    assert keys(catalogue(language)) == keys(messages()) == keys(current(language))


@LANGUAGE
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    """The file that gettext reads holds the same messages; `make words` compiles it."""
    with po(language).with_suffix(".mo").open("rb") as file:
        kept = GNUTranslations(file)
    for message in said(language):
        if message.context is not None:
            assert kept.pgettext(message.context, ids(message)[0]) == strings(message)[0]
        elif len(ids(message)) == 2:
            one, many = ids(message)
            assert (kept.ngettext(one, many, 1), kept.ngettext(one, many, 2)) == strings(message)
        else:
            assert kept.gettext(ids(message)[0]) == strings(message)[0]
    assert len(compiled(catalogue(language))) > 10_000


def test_a_folder_is_a_language() -> None:
    assert sorted(place.name for place in FOLDER.iterdir() if place.is_dir()) == sorted(TRANSLATED)
    assert set(TRANSLATED) | {"en"} == set(LANGUAGES)
