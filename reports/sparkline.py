"""A curve in one line of text, for terminals: a block character a value, a space where there is none."""

from __future__ import annotations

from collections.abc import Iterable

BLOCKS = "▁▂▃▄▅▆▇█"


def spark(values: Iterable[float | None], most: float) -> str:
    """Values from 0 to ``most`` as blocks; what is unknown is a space, never the lowest block."""
    return "".join(
        " " if value is None else BLOCKS[min(int(value / most * len(BLOCKS)), len(BLOCKS) - 1) if most else 0]
        for value in values
    )
