"""A pair of anything that is told each way of a line: what goes down to the school, and what goes up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BothWays(Generic[T]):
    """One figure, or a set of them, each way."""

    down: T
    up: T
