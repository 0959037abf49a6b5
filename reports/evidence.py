"""How much must be known before anything is said for certain. Pure.

Apart from what judges by it, since every agent reads its settings and few parts of one judge.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.settings import setting


@dataclass(frozen=True, slots=True)
class EvidenceRule:
    """How much must be known before there is a verdict; product practice, no standard names a number."""

    min_tests: int = setting(5, low=1, high=1000)
    min_school_days: int = setting(3, low=1, high=7)


@dataclass(frozen=True, slots=True)
class DistrictRule:
    """Which share of a district's schools must have evidence before there is a verdict on the district;
    product practice too."""

    min_schools_share: float = setting(0.5, low=0, high=1)
