"""The homework gap: one check of a household's line against household benchmarks, and what may be kept of it.

What is kept of a check is a line of its area (a code that the district chose), its month, both rates
rounded, and whether it met each benchmark; how many students live there isn't. A check is made on a device
at home, often over Wi-Fi, and others use the line meanwhile: what held the figure down makes a shortfall
unclear, and leaves what was met as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from reports.samples import LOWER_BOUND, CapacitySample, Rates
from reports.sentences import outcome, percent, rate
from reports.small_cells import Cells, told
from reports.targets import TargetSet

Answer = Literal["meets", "short", "unclear"]

HELD_DOWN = frozenset(
    (
        *("wifi", LOWER_BOUND, "nic_limited", "half_duplex", "tunnel", "not_saturated", "truncated"),
        *("cpu_bound", "server_bound", "server_limited"),
    )
)
"""Flags of a figure that the line can do no worse than."""

WORDS: Mapping[Answer, str] = {
    "meets": "meets",
    "short": "falls short of",
    "unclear": "may or may not meet",
}

STEPS = ((10, 1), (100, 5), (1000, 50))
"""Below so many Mbit/s a kept rate is a multiple of this; what is more counts as 1,000."""


@dataclass(frozen=True, slots=True)
class HomeCheck:
    """What may be kept of one check. ``answers`` are by the benchmark's id; rates are rounded."""

    area: str
    month: str
    down_mbps: int
    up_mbps: int
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class HomesChecked:
    """What a report tells of all the homes that were checked: the benchmark's name, and counts or None."""

    benchmark: str
    homes: Cells


def homes_checked(checks: Iterable[HomeCheck], target: TargetSet) -> HomesChecked:
    """All areas together; counts that would tell of a few homes are None."""
    tables = told((check.area, check.answers) for check in checks)
    totals = {table.benchmark: table.total for table in tables}
    return HomesChecked(target.name, totals.get(target.id, Cells(None, None, None, None)))


def benchmarks(known: Mapping[str, TargetSet]) -> tuple[TargetSet, ...]:
    """The sets that are for households, the oldest first."""
    found = (target for target in known.values() if target.scope == "household")
    return tuple(sorted(found, key=lambda target: (target.year or 0, target.id)))


def asked(target: TargetSet, students: int) -> Rates:
    """What a benchmark asks of a household with so many students, each way."""
    band = target.bands[-1]
    return Rates(
        _each(band.down_mbps_each, band.down_floor_mbps, students),
        _each(band.up_mbps_each, band.up_floor_mbps, students),
    )


def answer(sample: CapacitySample, target: TargetSet, students: int) -> Answer:
    """Whether this check met a benchmark, each way that it asks for."""
    wanted = asked(target, students)
    ways = ((sample.down_mbps, wanted.down_mbps), (sample.up_mbps, wanted.up_mbps))
    if sample.outcome != "ok" or not set(sample.flags) <= HELD_DOWN:
        return "unclear"
    if any(want is not None and have is None for have, want in ways):
        return "unclear"
    if all(want is None or (have is not None and have >= want) for have, want in ways):
        return "meets"
    return "unclear" if sample.flags else "short"


def home_verdict(sample: CapacitySample, targets: Iterable[TargetSet], students: int) -> str:
    """One sentence for the household."""
    if sample.outcome != "ok":
        return outcome(sample) + "."
    found: dict[Answer, list[str]] = {}
    for target in targets:
        found.setdefault(answer(sample, target, students), []).append(target.name)
    parts = [f"{words} {_listed(found[kind])}" for kind, words in WORDS.items() if kind in found]
    many = "one student" if students == 1 else f"{students} students"
    why = f" ({outcome(sample)[0].lower()}{outcome(sample)[1:]})" if sample.flags else ""
    return (
        f"With {rate(sample.down_mbps)} down and {rate(sample.up_mbps)} up for {many} "
        f"this check {', but '.join(parts)}{why}."
    )


def home_check(
    sample: CapacitySample, targets: Iterable[TargetSet], students: int, area: str, now: datetime
) -> HomeCheck | None:
    """What may be kept of a check; None for one without figures."""
    if sample.outcome != "ok" or sample.down_mbps is None or sample.up_mbps is None:
        return None
    answers = {target.id: answer(sample, target, students) for target in targets}
    return HomeCheck(area, f"{now:%Y-%m}", rounded(sample.down_mbps), rounded(sample.up_mbps), answers)


def rounded(mbps: float) -> int:
    """A rate coarse enough to be nobody's: 1, 2 ... 10, 15 ... 100, 150 ... 1,000."""
    step = next((step for below, step in STEPS if mbps < below), None)
    return 1000 if step is None else max(1, round(mbps / step) * step)


def homework_line(name: str, homes: Cells) -> str | None:
    """A sentence for a report's first page; None where the figures are too small to be told."""
    if homes.checks is None or homes.meets is None or homes.short is None:
        return None
    share = percent(homes.meets / homes.checks)
    return (
        f"Of {homes.checks:,} checks made in students' homes, {homes.meets:,} ({share}) met {name} "
        f"and {homes.short:,} fell short of it."
    )


def _each(each: float | None, floor: float | None, students: int) -> float | None:
    return floor if each is None else max(each * students, floor or 0.0)


def _listed(words: list[str]) -> str:
    return " and ".join((", ".join(words[:-1]), words[-1]) if len(words) > 1 else words)
