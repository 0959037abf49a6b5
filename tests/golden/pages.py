"""Reports of the demo school as they should read, in files; ``python -m tests.golden.pages`` writes them anew.

Seed, last day and the clock are fixed, so nothing changes but by what the product says or computes. Read the
difference before it is committed: it is what people see. Of the JSON's 2,016 means a dozen are kept.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.commands.report import collect
from agent.config import load
from agent.demo.laying import SETTINGS, lay
from agent.demo.school import ZONE, story
from agent.installation import Installation
from reports.formats.table import TEXT
from reports.periods import week_named

FOLDER = Path(__file__).parent
SEED = 1
UNTIL = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
NOW = UNTIL + timedelta(hours=8)
"""When the reports are made: two hours into Tuesday's lessons."""
PAGES = (
    ("demo-week.txt", "2026-W47", "text"),
    ("demo-week.json", "2026-W47", "json"),
    ("demo-congested-week.txt", "2026-W38", "text"),
)
"""File, week and format of each page that is kept."""


def pages(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each page, from the demo that was laid in ``folder``."""
    place = Installation(load(folder / SETTINGS, zone=ZONE.key), folder)
    for name, week, form in PAGES:
        text = TEXT[form](collect(place, week_named(week, ZONE), NOW))
        yield name, _shorter(text) if form == "json" else text


def _shorter(text: str) -> str:
    data = json.loads(text)
    data["usage"] = data["usage"][96:108]  # Monday's first hour of lessons
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    from tests.golden.documents import compared  # it takes NOW from here

    assert story(UNTIL).last_week.label == "2026-W47"
    with tempfile.TemporaryDirectory() as folder:
        lay(Path(folder), SEED, UNTIL)
        for name, text in (*pages(Path(folder)), *compared(Path(folder))):
            (FOLDER / name).write_bytes(text.encode())
            print(FOLDER / name)


if __name__ == "__main__":
    main()
