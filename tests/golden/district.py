"""Reports of the made-up district as they should read; ``python -m tests.golden.district`` writes them anew."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from collector.database import Database
from collector.engine import engine
from collector.migrating import prepare
from collector.reporting import collect
from collector.settings import Settings, load
from reports.district import DistrictReport, Scope
from reports.formats.district_table import TEXT
from reports.languages import spoken
from tests.collector.made_district import lay
from tests.golden.documents import page_text
from tests.golden.pages import FOLDER
from tests.reports.example_district import NOW

DISTRICT, STATE, SITE = "0100005", "AL", "010000500871"
NAMES = (
    "district-week.txt",
    "district-week.md",
    "district-week.html.txt",
    "state-month.txt",
    "site-week.txt",
    "es/district-week.txt",
)


def settings() -> Settings:
    """The defaults, with what E-rate asks of a district."""
    found = load(None)
    erate = dataclasses.replace(found.erate, window_closes=date(2027, 3, 26), nslp_share=0.62, locale="rural")
    return dataclasses.replace(found, erate=erate)


def report(
    database: Database, scope: Scope = "district", place: str = DISTRICT, **when: str
) -> DistrictReport:
    """The last week's report of a laid-out database, or of another time."""
    source = engine(database)
    made = collect(source, settings(), scope, place, now=NOW, **(when or {"week": "last"}))
    source.dispose()
    return made


def laid(folder: Path) -> Database:
    """The database with the made-up district in it."""
    found = Database(folder / "collector.sqlite")
    prepare(found)
    source = engine(found)
    lay(source)
    source.dispose()
    return found


def compared(database: Database) -> Iterator[tuple[str, str]]:
    """Name and text of each document."""
    week = report(database)
    yield NAMES[0], TEXT["text"](week)
    yield NAMES[1], TEXT["md"](week)
    yield NAMES[2], page_text(TEXT["html"](week), drawings=True)
    yield NAMES[3], TEXT["text"](report(database, "state", STATE, month="2026-11"))
    yield NAMES[4], TEXT["text"](report(database, "site", SITE))
    with spoken("es"):
        spanish = TEXT["text"](report(database))
    yield NAMES[5], spanish


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in compared(laid(Path(folder))):
            (FOLDER / name).write_bytes(text.encode())
            print(FOLDER / name)


if __name__ == "__main__":
    main()
