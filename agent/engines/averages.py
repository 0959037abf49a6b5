"""Mean, median and spread of figures that are there. The library's ``statistics`` would bring decimal and
rational arithmetic into a test's process, which has use for neither. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum, sqrt


def mean(figures: Iterable[float]) -> float:
    """The arithmetic mean; of nothing there is none."""
    found = list(figures)
    return fsum(found) / len(found)


def median(figures: Iterable[float]) -> float:
    """The middle figure, or the mean of the two middle ones; of nothing there is none."""
    found = sorted(figures)
    half = len(found) // 2
    return found[half] if len(found) % 2 else (found[half - 1] + found[half]) / 2


def deviation(figures: Sequence[float]) -> float:
    """The standard deviation of what two or more figures are a sample of."""
    middle = mean(figures)
    return sqrt(fsum((figure - middle) ** 2 for figure in figures) / (len(figures) - 1))
