"""What a Mbps costs a month against circuits of the same size, where enough of them are known.

A peer is a circuit whose contract holds, is of the same band of contracted size, and is paid in the same
currency. The figure is the median over all of them, the circuit itself among them, with their number. Fewer
than ten tell nothing: whoever knows his own price could work out the others' (``reports/small_cells.py``).
Sizes go by what is contracted, never by what is delivered; bands are this product's, in the steps in which
circuits are sold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.percentiles import median
from reports.small_cells import FEWEST

BANDS_MBPS = (50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10_000.0)
"""Upper edges, inclusive; one band more has none."""


@dataclass(frozen=True, slots=True)
class PricedCircuit:
    """A circuit whose contract holds: its contracted download, and its price a month."""

    id: str
    mbps: float | None
    monthly_cost: float | None
    currency: str = "USD"

    @property
    def per_mbps(self) -> float | None:
        """The price of a Mbps a month; None where price or size isn't known."""
        return self.monthly_cost / self.mbps if self.monthly_cost is not None and self.mbps else None

    @property
    def band(self) -> int | None:
        return None if not self.mbps else sum(self.mbps > edge for edge in BANDS_MBPS)


@dataclass(frozen=True, slots=True)
class PeerPrice:
    """A circuit's price of a Mbps and its peers'; ``median_per_mbps`` and ``peers`` are None where they are
    few."""

    circuit: str
    per_mbps: float | None
    size: str | None
    peers: int | None
    median_per_mbps: float | None

    @property
    def ratio(self) -> float | None:
        """The circuit's price over its peers' median."""
        if self.per_mbps is None or not self.median_per_mbps:
            return None
        return self.per_mbps / self.median_per_mbps


def peer_prices(circuits: Iterable[PricedCircuit]) -> tuple[PeerPrice, ...]:
    """Each circuit against its peers, by id."""
    known = sorted({one.id: one for one in circuits}.values(), key=lambda one: one.id)
    groups: dict[tuple[int, str], list[float]] = {}
    for one in known:
        if one.band is not None and one.per_mbps is not None:
            groups.setdefault((one.band, one.currency), []).append(one.per_mbps)
    return tuple(_held(one, groups) for one in known)


def band_words(band: int) -> str:
    """`more than 100, up to 250 Mbps`."""
    low = f"more than {BANDS_MBPS[band - 1]:,.0f}" if band else ""
    high = f"up to {BANDS_MBPS[band]:,.0f}" if band < len(BANDS_MBPS) else ""
    return ", ".join(filter(None, (low, high))) + " Mbps"


def _held(one: PricedCircuit, groups: dict[tuple[int, str], list[float]]) -> PeerPrice:
    if one.band is None:
        return PeerPrice(one.id, one.per_mbps, None, None, None)
    prices: Sequence[float] = groups.get((one.band, one.currency), ())
    size = band_words(one.band)
    if len(prices) < FEWEST:
        return PeerPrice(one.id, one.per_mbps, size, None, None)
    return PeerPrice(one.id, one.per_mbps, size, len(prices), median(prices))
