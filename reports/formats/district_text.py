"""A district's report for a terminal of 80 columns: plain characters, what a board reads first, then tables.

As in ``reports/formats/as_text.py``: no colour, no cursor movement, and what a name brings of either is
replaced. A name is shortened to what its column has room for.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from tabulate import tabulate

from reports.district import DistrictReport
from reports.district_methods import PRIVACY
from reports.district_page import district_page
from reports.district_tables import Table, brief, shown
from reports.formats.text_lines import WIDTH, titled
from reports.wording import say

SHORTEST = 8


def plain_text(report: DistrictReport) -> str:
    """The report as lines of at most 80 characters."""
    page = district_page(report)
    sections = [
        _paragraph(page.verdict),
        _paragraph(" ".join(page.lead)),
        [*_paragraph(page.name), *_paragraph(f"{page.title}: {page.period}"), *_paragraph(page.not_over)],
        *(
            titled(part.name, [line for words in part.sentences for line in _paragraph(words)])
            for part in page.parts
        ),
        *(_table(table) for table in page.tables),
        titled(say("Data"), [line for words in page.quality for line in _paragraph(words)]),
        titled(say("Method"), [line for _, words in page.methods for line in _paragraph(words)]),
        _paragraph(f"{page.source} {say(PRIVACY)}"),
        _paragraph(page.made),
    ]
    return "\n\n".join("\n".join(lines).rstrip() for lines in sections if lines) + "\n"


def _table(table: Table) -> list[str]:
    heads = shown(table.columns, [column.head for column in table.columns])
    align = ["right" if column.right else "left" for column in table.columns if not column.wide]
    rows = [[_plain(cell).strip() for cell in shown(table.columns, row)] for row in table.rows]
    lines = _laid(rows, heads, align)
    room = max((len(row[0]) for row in rows), default=0)
    over = max(map(len, lines), default=0) - WIDTH
    if over > 0:
        width = max(room - over, SHORTEST)
        lines = _laid([[brief(row[0], width), *row[1:]] for row in rows], heads, align)
    return titled(table.title, [*lines, *_paragraph(table.note)])


def _laid(rows: Sequence[Sequence[str]], heads: Sequence[str], align: Sequence[str]) -> list[str]:
    """Heads as a row like others: tabulate would give them room that a narrow table has no need of."""
    laid = tabulate([heads, *rows], tablefmt="plain", colalign=align, disable_numparse=True)
    return [line.rstrip() for line in laid.splitlines()]


def _paragraph(words: str | None) -> list[str]:
    return textwrap.wrap(_plain(words), WIDTH, break_on_hyphens=False) if words else []


def _plain(words: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in words)
