"""Lines of a terminal of 80 columns: paragraphs, tables, titles."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from tabulate import tabulate

WIDTH = 80


def laid(rows: Sequence[Sequence[str]], heads: Sequence[str], align: Sequence[str]) -> list[str]:
    return tabulate(rows, heads, tablefmt="plain", colalign=align, disable_numparse=True).splitlines()


def titled(title: str, lines: list[str]) -> list[str]:
    return [*paragraph(title.upper()), *lines] if lines else []


def paragraph(words: str | None) -> list[str]:
    return textwrap.wrap(words, WIDTH, break_long_words=False, break_on_hyphens=False) if words else []


def hanging(words: str) -> list[str]:
    return textwrap.wrap(words, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
