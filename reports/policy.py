"""A policy: what a district asks of its agents' schedules and targets, as a TOML text that is signed as it
stands.

The head says which one it is and whom it is for; the higher serial replaces the lower. The tables are parts
of agent.toml. A policy can make an agent quieter and never costlier: see ``agent/policy.py``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date

from reports.faults import ConfigFault
from reports.settings import duration, read_tables, setting
from reports.windows import EXPECTED, Window, windows

FORMAT = 1
MOST_BYTES = 4_000_000
"""A hundred thousand sites by their ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyHead:
    """Which policy this is. ``sites`` are the ids that it is for; None is for all."""

    format: int = setting(low=FORMAT, high=FORMAT)
    serial: int = setting(low=1, high=10**12)
    issued_on: date
    sites: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PolicySchedule:
    """What it asks of ``[schedule]`` and of ``measure.test_every``; None and empty ask nothing."""

    quiet: tuple[Window, ...] = setting((), parse=windows, expect=f"a list of {EXPECTED}")
    full_tests: tuple[Window, ...] = setting((), parse=windows, expect=f"a list of {EXPECTED}")
    test_every: float | None = setting(None, parse=duration, expect='an interval as in "6h"')
    light_test_mb: int | None = setting(None, low=1, high=100_000)
    long_tests: bool | None = None
    budget_gb: float | None = setting(None, low=0.001)


@dataclass(frozen=True, slots=True)
class PolicyTargets:
    """Which target sets the sites are held against; None leaves them as they are."""

    sets: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """All of it."""

    policy: PolicyHead
    schedule: PolicySchedule
    targets: PolicyTargets

    def is_for(self, site_id: str | None) -> bool:
        """Whether a site of this id is meant; one without an id is where all are."""
        return self.policy.sites is None or site_id in self.policy.sites


def read_policy(text: str, where: str = "policy") -> Policy:
    """Reads a policy strictly: what this version doesn't know of, it can't follow. Raises ConfigFault."""
    if len(text) > MOST_BYTES:
        raise ConfigFault(f"{where}: larger than {MOST_BYTES / 1e6:g} MB")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ConfigFault(f"{where}: not valid TOML: {fault}") from None
    if "policy" not in data:
        raise ConfigFault(f"{where}: no table [policy], which says what it is and whom it is for")
    tables = {"policy": PolicyHead, "schedule": PolicySchedule, "targets": PolicyTargets}
    return Policy(**read_tables(tables, data, where))


def with_head(text: str, serial: int, issued_on: date, sites: tuple[str, ...] | None) -> str:
    """The whole text of a policy whose tables a person wrote."""
    listed = "" if sites is None else "sites = [" + ", ".join(f'"{one}"' for one in sorted(sites)) + "]\n"
    head = f"[policy]\nformat = {FORMAT}\nserial = {serial}\nissued_on = {issued_on.isoformat()}\n{listed}"
    return f"{head}\n{text.strip()}\n" if text.strip() else head
