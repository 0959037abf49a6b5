"""A document as an outline: headings, paragraphs, points, notes for a speaker, and places for charts.

It is what a packet's text templates make, one mark at the beginning of a line each::

    # Heading            ## Smaller heading        - point
    > speaker's note     [chart capacity]          anything else is a paragraph

Lines of a paragraph that follow each other are joined; an empty line ends it. What a template *inserts*
makes no mark: ``inserted`` puts a sign before it that no name can hold, so that a school called "# 1" makes
no heading of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["heading", "smaller", "point", "note", "chart", "paragraph"]

MARKS: tuple[tuple[str, Kind], ...] = (("## ", "smaller"), ("# ", "heading"), ("- ", "point"), ("> ", "note"))
INSERTED = "\ue000"
"""Private use: names that a settings file takes are printable, and this isn't."""


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of an outline; for a chart the text is its name."""

    kind: Kind
    text: str


def inserted(value: object) -> str:
    """A value as it goes into an outline."""
    return INSERTED + " ".join(str(value).replace(INSERTED, "").split())


def outline(text: str) -> tuple[Block, ...]:
    """The blocks of a text, in order."""
    found: list[Block] = []
    open_paragraph = False
    for line in (line.strip() for line in text.splitlines()):
        block = _block(line)
        if block and block.kind == "paragraph" and open_paragraph:
            found[-1] = Block("paragraph", f"{found[-1].text} {block.text}")
        elif block:
            found.append(block)
        open_paragraph = block is not None and block.kind == "paragraph"
    return tuple(found)


def slides(blocks: Sequence[Block]) -> list[tuple[Block, ...]]:
    """The blocks by their headings; what stands before the first heading belongs to it."""
    starts = [n for n, block in enumerate(blocks) if block.kind == "heading"]
    starts = [0, *starts[1:]] if starts else [0]
    return [tuple(blocks[first:last]) for first, last in zip(starts, [*starts[1:], len(blocks)], strict=True)]


def plain(blocks: Sequence[Block]) -> str:
    """The outline as text to paste anywhere: a paragraph is one line, with empty lines between."""
    parts: list[str] = []
    before = None
    for block in blocks:
        if block.kind in ("note", "chart"):
            continue
        together = block.kind == "point" and before == "point"
        parts.append(("" if not parts else "\n" if together else "\n\n") + _line(block))
        before = block.kind
    return "".join(parts) + "\n"


def _line(block: Block) -> str:
    return f"- {block.text}" if block.kind == "point" else block.text


def _block(line: str) -> Block | None:
    if match := re.fullmatch(r"\[chart ([a-z]+)\]", line):
        return Block("chart", match[1])
    for mark, kind in MARKS:
        if line.startswith(mark):
            words = line.removeprefix(mark).replace(INSERTED, "").strip()
            return Block(kind, words) if words else None
    words = line.replace(INSERTED, "").strip()
    return Block("paragraph", words) if words else None
