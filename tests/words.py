"""The catalogues of ``reports/locale``: ``python -m tests.words`` brings them up to date with the code.

Messages come out of the code and the templates by the names of the functions that say them, and out of the
shipped data (names of target sets and prices). A new message comes in without a translation, one that nothing
says any more leaves. Translators write the ``.po``; gettext reads the ``.mo``, which is compiled here.
"""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from reports.languages import FOLDER, LANGUAGES

ROOT = Path(__file__).parents[1]
KEYWORDS = {"say": None, "later": None, "say_as": ((1, "c"), 2), "say_many": (1, 2)}
"""The functions of ``reports/wording.py``: where their context and their messages stand."""
CODE = ("reports/**/*.py", "agent/mail/*.py", "agent/commands/*.py", "collector/**/*.py")
TEMPLATES = ("reports/templates/*.html", "reports/templates/*.css", "collector/templates/**/*.html")
TRANSLATED = tuple(each for each in LANGUAGES if each != "en")


def messages() -> Catalog:
    """All that reports and pages may say, in English."""
    found = Catalog(project="bandgap", charset="utf-8")
    for pattern, method in (
        *((each, "python") for each in CODE),
        *((each, "jinja2.ext:babel_extract") for each in TEMPLATES),
    ):
        for path in sorted(ROOT.glob(pattern)):
            place = path.relative_to(ROOT).as_posix()
            for line, message, _, context in extract_from_file(method, path, KEYWORDS):
                found.add(message, locations=[(place, line)], context=context)
    for place, text in _data():
        found.add(text, locations=[(place, 1)])
    for entry in found:
        entry.flags.discard("python-format")  # 95 % of something is no place for a value
    return found


def catalogue(language: str) -> Catalog:
    """A translation as it stands."""
    with po(language).open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def current(language: str) -> Catalog:
    """The translation with the messages of today."""
    kept = catalogue(language)
    now = messages()
    now.creation_date = kept.creation_date
    kept.update(now, no_fuzzy_matching=True)
    kept.obsolete.clear()
    return kept


def compiled(translation: Catalog) -> bytes:
    out = io.BytesIO()
    write_mo(out, translation)
    return out.getvalue()


def po(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "bandgap.po"


def _data() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "config" / "targets").glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        place = path.relative_to(ROOT).as_posix()
        for words in (table["name"], table["for_years"], table.get("note")):
            if words:
                yield place, words
        for band in table["bands"]:
            yield place, band["name"]
    for path in sorted((ROOT / "config" / "costs").glob("*.toml")):
        yield path.relative_to(ROOT).as_posix(), tomllib.loads(path.read_text(encoding="utf-8"))["name"]


def main() -> None:
    for language in TRANSLATED:
        translation = current(language)
        with po(language).open("wb") as file:
            write_po(file, translation, width=110, include_lineno=False, sort_by_file=True)
        po(language).with_suffix(".mo").write_bytes(compiled(translation))
        lacking = [message.id for message in translation if message.id and not all(strings(message))]
        print(f"{po(language)}: {len(translation)} messages, {len(lacking)} to translate")


def strings(message: Message) -> tuple[str, ...]:
    """What stands for a message, a string for each of its plural forms."""
    found = message.string or ""
    return (found,) if isinstance(found, str) else tuple(found)


if __name__ == "__main__":
    main()
