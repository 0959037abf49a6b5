"""The upload format: what leaves a site, what comes back, and what makes a summary impossible.

One JSON object per upload, ``{"format": 1, ...}``, the same dataclasses on both ends. Unknown fields
are ignored, so that an agent may be newer than its collector; a change that an old reader would
misread raises the format's number. Summaries are kept and hashed as the bytes that ``summary_json``
made of them once, with their link in the site's chain (``reports/chain.py``) if they have one.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from reports.agent_state import AgentState
from reports.chain import Have, Link
from reports.periods import Kind
from reports.samples import Rates
from reports.sites import Contract, Site
from reports.summaries import CapacityFigures, Summary, UsageFigures

FORMAT = 1
MAX_SUMMARIES = 500
"""How many summaries one upload may hold."""


@dataclass(frozen=True, slots=True)
class SentSummary(Summary):
    """A summary as it is sent; an agent of old, and a period that still runs, has no link."""

    kind: Kind  # no longer period is
    chain: Link | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload: which agent, the site's own facts, and the summaries, oldest first.

    The site's id is what its token says; ``site.id`` is there to tell a mix-up. ``agent_state`` is how the
    agent fared when it sent this, where it says so.
    """

    format: int
    agent: str
    site: Site
    contract: Contract
    summaries: tuple[SentSummary, ...]
    agent_state: AgentState | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A summary the collector will never take, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The collector's answer: what it now has durably, what it had before, and what it refuses.

    ``have`` is how far it has the site's chain with all that; by it an agent finds out that the collector
    has lost what it once acknowledged.
    """

    accepted: tuple[str, ...]
    known: tuple[str, ...]
    refused: tuple[Refused, ...]
    have: Have


def summary_json(summary: Summary) -> str:
    """A summary as compact JSON, figures rounded to the bit per second or the microsecond they deserve."""
    return json.dumps(plain(summary), separators=(",", ":"), allow_nan=False)


def upload_json(
    agent: str,
    site: Site,
    contract: Contract,
    summaries: Sequence[str],
    agent_state: AgentState | None = None,
) -> bytes:
    """The body of one upload around summaries that are JSON already."""
    facts = {"format": FORMAT, "agent": agent, "site": plain(site), "contract": plain(contract)}
    if agent_state is not None:
        facts["agent_state"] = plain(agent_state)
    head = json.dumps(facts, separators=(",", ":"), allow_nan=False)
    return (head[:-1] + ',"summaries":[' + ",".join(summaries) + "]}").encode()


def summary_from(table: Mapping[str, Any]) -> Summary:
    """A summary from what ``json.loads`` made of ``summary_json``'s text."""
    usage, school, capacity = table["usage"], table["usage_school"], table["capacity"]
    return Summary(
        kind=table["kind"],
        label=table["label"],
        starts_at=datetime.fromisoformat(table["starts_at"]),
        ends_at=datetime.fromisoformat(table["ends_at"]),
        through_at=datetime.fromisoformat(table["through_at"]),
        usage=_usage_from(usage),
        usage_school=_usage_from(school),
        capacity=CapacityFigures(
            **{
                **capacity,
                "best": Rates(**capacity["best"]),
                "typical": Rates(**capacity["typical"]),
                "at_least": Rates(**capacity.get("at_least", {})),  # an older agent's summaries have none
            }
        ),
        outage_minutes=table["outage_minutes"],
        tests_down_bytes=table["tests_down_bytes"],
        tests_up_bytes=table["tests_up_bytes"],
    )


def impossible(summary: Summary) -> str | None:
    """What can't be true of a summary, as `field: what`, or None.

    The types are the decoder's business; this is about what the numbers mean.
    """
    for field, at in (("starts_at", summary.starts_at), ("ends_at", summary.ends_at)):
        if at.utcoffset() is None:
            return f"{field}: has no UTC offset"
    if summary.through_at.utcoffset() is None:
        return "through_at: has no UTC offset"
    if not summary.starts_at < summary.ends_at:
        return "ends_at: not after starts_at"
    if not summary.starts_at <= summary.through_at <= summary.ends_at:
        return "through_at: outside the period"
    if (summary.ends_at - summary.starts_at).total_seconds() > 8 * 86_400:
        return "ends_at: more than eight days after starts_at"
    if not summary.label or len(summary.label) > 32:
        return "label: expected 1 to 32 characters"
    return _impossible_number(plain(summary), "")


def _impossible_number(value: object, path: str) -> str | None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if fault := _impossible_number(inner, f"{path}.{key}" if path else key):
                return fault
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value) or value < 0:
            return f"{path}: {value:g} is not a number of 0 or more"
        if value > 1e15:
            return f"{path}: {value:g} is beyond any line"
    return None


def plain(value: object) -> Any:
    """Dataclasses, times and tuples as what JSON has; floats rounded to six places."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return round(value, 6) if isinstance(value, float) else value


def _usage_from(table: Mapping[str, Any]) -> UsageFigures:
    return UsageFigures(
        expected=table["expected"],
        found=table["found"],
        p50=Rates(**table["p50"]),
        p95=Rates(**table["p95"]),
        peak=Rates(**table["peak"]),
    )
