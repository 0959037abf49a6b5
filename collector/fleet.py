"""How a site stands: which week speaks for it, against which targets, and whether it is silent.

Pure: the site, its summaries and the time come in. A site that has gone silent counts as silent, whatever its
last verdict was, because nobody knows whether that still holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from collector.enrolled import Enrolled
from reports.evidence import EvidenceRule
from reports.gaps import Gap, gap
from reports.summaries import Summary
from reports.targets import TargetSet

WEEKS_LOOKED_AT = 2
"""A running week has no verdict before its third school day; the one before then speaks for the site."""

State = Literal["meets", "short", "not enough evidence", "silent"]
STATES: tuple[State, ...] = ("short", "not enough evidence", "silent", "meets")


@dataclass(frozen=True, slots=True)
class Standing:
    """One site's place: ``week`` is the one that ``gaps`` (in the order of the target sets) speak of."""

    known: Enrolled
    week: Summary | None
    gaps: tuple[Gap, ...]
    silent: bool

    @property
    def gap(self) -> Gap | None:
        """Against the set that sites are ranked by."""
        return self.gaps[0] if self.gaps else None

    @property
    def state(self) -> State:
        if self.silent:
            return "silent"
        return self.gap.verdict if self.gap else "not enough evidence"


def standing(
    known: Enrolled,
    weeks: Sequence[Summary],
    targets: Sequence[TargetSet],
    rule: EvidenceRule,
    *,
    now: datetime,
    silent_after_s: float,
) -> Standing:
    """The newest of the last weeks that has a verdict, else the newest, held against the targets."""
    silent = known.heard_at is None or (now - known.heard_at).total_seconds() > silent_after_s
    if not weeks:
        return Standing(known, None, (), silent)
    spoken = weeks[0]
    for week in weeks[:WEEKS_LOOKED_AT]:
        if gap(targets[0], known.site, known.contract, week, rule).verdict != "not enough evidence":
            spoken = week
            break
    gaps = tuple(gap(target, known.site, known.contract, spoken, rule) for target in targets)
    return Standing(known, spoken, gaps, silent)
