"""What is known of prices: circuits by size, and the share that E-rate pays. Data in ``config/costs/``.

A price is somebody's, of some year: each table names its source, and one that nobody verified doesn't load. A
site's own offer always takes the place of a benchmark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from reports.cost_settings import Locale
from reports.faults import ConfigFault
from reports.settings import read_table, setting


def _sourced(raw: object) -> bool:
    if raw is not True:
        raise ValueError(raw)
    return True


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit of one size and its price a month."""

    mbps: float = setting(low=0.001)
    monthly_cost: float = setting(low=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitPrices:
    """One source's prices, smallest circuit first."""

    name: str
    source: str
    url: str
    for_years: str
    currency: str
    verified: bool = setting(parse=_sourced, expect="true: a price nobody verified can't be shown")
    circuits: tuple[Circuit, ...]

    @property
    def wrong(self) -> str | None:
        """What is wrong with the circuits, or None."""
        sizes = [one.mbps for one in self.circuits]
        return None if sizes and _rise(sizes) else "circuits: mbps must rise from one to the next"

    def monthly_cost(self, mbps: float) -> tuple[float, str]:
        """The least price of as many circuits of one size as hold a rate together, and which they are."""
        held = [(math.ceil(mbps / one.mbps) * one.monthly_cost, -one.mbps) for one in self.circuits]
        cost, size = min(held)
        count = math.ceil(mbps / -size)
        which = "a circuit" if count == 1 else f"{count} circuits"
        return cost, f"{which} of {-size:,.0f} Mbps"


@dataclass(frozen=True, slots=True)
class DiscountStep:
    """The discount for shares of eligible students below ``nslp_below`` (the last step has no such edge)."""

    urban: float = setting(low=0, high=1)
    rural: float = setting(low=0, high=1)
    nslp_below: float | None = setting(None, low=0, high=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountMatrix:
    """E-rate's discounts on Category 1, Internet access and wide area network."""

    name: str
    source: str
    url: str
    verified: bool = setting(parse=_sourced, expect="true: a discount nobody verified can't be shown")
    steps: tuple[DiscountStep, ...]

    @property
    def wrong(self) -> str | None:
        """What is wrong with the steps, or None."""
        edges = [step.nslp_below for step in self.steps]
        inner = [edge for edge in edges if edge is not None]
        open_end = bool(edges) and edges[-1] is None and len(inner) == len(edges) - 1
        return (
            None if open_end and _rise(inner) else "steps: nslp_below must rise, and the last step has none"
        )

    def discount(self, nslp_share: float, locale: Locale) -> float:
        """The share of the price that E-rate pays for a district with this share of eligible students."""
        step = next(one for one in self.steps if one.nslp_below is None or nslp_share < one.nslp_below)
        return step.rural if locale == "rural" else step.urban


Prices = TypeVar("Prices", CircuitPrices, DiscountMatrix)


def read_prices(kind: type[Prices], table: Mapping[str, object], where: str) -> Prices:
    """Parses the TOML table of either. Raises ConfigFault."""
    found = read_table(kind, table, where)
    if found.wrong is not None:
        raise ConfigFault(f"{where} {found.wrong}")
    return found


def _rise(edges: Sequence[float]) -> bool:
    return list(edges) == sorted(set(edges))
