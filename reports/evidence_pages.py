"""Contract evidence for people: the same sections as plain text and as a page without script or picture."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from tabulate import tabulate

from reports.chain import Break, Entry
from reports.contract_evidence import ContractEvidence
from reports.evidence_words import Section, method, sections, title
from reports.formats.html_templates import PAGES

WIDTH = 80


def evidence_text(evidence: ContractEvidence, chain: Sequence[Entry], breaks: Sequence[Break]) -> str:
    """Lines of at most 80 characters, but for names that are longer by themselves."""
    parts = [[title(evidence), *_wrapped(evidence.site.name)]]
    for section in sections(evidence, chain, breaks):
        lines = [section.title.upper(), *(line for words in section.words for line in _wrapped(words))]
        parts.append([*lines, *_rows(section)])
    return _printable("\n\n".join("\n".join(lines) for lines in parts) + "\n")


def evidence_page(evidence: ContractEvidence, chain: Sequence[Entry], breaks: Sequence[Break]) -> str:
    """One page, to open or to print; every text is escaped."""
    return PAGES.get_template("evidence.html").render(
        title=title(evidence),
        site=evidence.site.name,
        sections=sections(evidence, chain, breaks),
        method=method(),
    )


def method_text() -> str:
    """The method statement."""
    return "\n\n".join("\n".join([name.upper(), *_wrapped(words)]) for name, words in method()) + "\n"


def _rows(section: Section) -> list[str]:
    if not section.rows:
        return []
    align = ("left", *["right"] * (len(section.heads) - 1))
    rows = [(textwrap.shorten(row[0], 60, placeholder="…"), *row[1:]) for row in section.rows]
    return tabulate(rows, section.heads, tablefmt="plain", colalign=align, disable_numparse=True).splitlines()


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, WIDTH, break_long_words=False, break_on_hyphens=False)


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in text)
