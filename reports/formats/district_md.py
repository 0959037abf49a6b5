"""A district's report as Markdown, as in ``reports/formats/as_md.py``: whatever a name holds is text."""

from __future__ import annotations

from reports.district import DistrictReport
from reports.district_methods import PRIVACY
from reports.district_page import district_page
from reports.district_tables import Table
from reports.formats.as_md import safe
from reports.wording import say


def markdown(report: DistrictReport) -> str:
    """The report as Markdown; the same report always gives the same text."""
    page = district_page(report)
    blocks = [
        f"# {safe(page.name)}",
        safe(f"{page.title}: {page.period}"),
        f"**{safe(page.verdict)}**",
        safe(" ".join(page.lead)),
        safe(page.not_over or ""),
        *(
            block
            for part in page.parts
            for block in (f"## {safe(part.name)}", safe(" ".join(part.sentences)))
        ),
        *(block for table in page.tables for block in _table(table)),
        f"## {safe(say('Data'))}",
        safe(" ".join(page.quality)),
        f"## {safe(say('How the figures were made'))}",
        "\n".join(f"- **{safe(name)}**: {safe(words)}" for name, words in page.methods),
        safe(f"{page.source} {say(PRIVACY)}"),
        safe(page.made),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(table: Table) -> list[str]:
    lines = [
        [safe(column.head) for column in table.columns],
        ["---:" if column.right else "---" for column in table.columns],
        *([safe(cell) for cell in row] for row in table.rows),
    ]
    return [
        f"## {safe(table.title)}",
        "\n".join(f"| {' | '.join(line)} |" for line in lines),
        safe(table.note),
    ]
