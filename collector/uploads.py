"""What an upload must be to be taken: its form first, then what its facts and numbers can mean.

A body of the wrong form is refused as a whole, with the field named. A summary that can't be true is
refused by itself, and the others of its upload are kept.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from collector.chains import misshapen
from collector.problems import Problem
from reports.agent_state import AgentState
from reports.faults import ConfigFault
from reports.periods import hour_of
from reports.settings import read_field
from reports.sites import Contract, Site
from reports.summaries import Summary
from reports.wire import FORMAT, MAX_SUMMARIES, Refused, SentSummary, Upload, impossible

Facts = TypeVar("Facts", Site, Contract)

_SAID = tuple(field.name for field in dataclasses.fields(Summary))
"""What a summary says; its link is kept apart, so that only other content under an id is a conflict."""

_MOST = {
    "uptime_s": 1e10,
    "undated_minutes": 1e9,
    "upload_every_s": 1e8,
    "budget_bytes": 1e18,
    "policy": 1e12,
}
"""An agent's word on itself is below these."""


def read_upload(body: bytes) -> Upload:
    """The upload in a body, of the right form and with facts in range. Raises Problem."""
    try:
        upload = msgspec.json.decode(body, type=Upload)
    except msgspec.ValidationError as fault:
        _check_format(body)
        raise _wrong_type(str(fault)) from None
    except msgspec.DecodeError as fault:
        raise Problem(400, f"not JSON: {str(fault).removeprefix('JSON is malformed: ')}") from None
    except UnicodeDecodeError:
        raise Problem(400, "not JSON: a text in it is not UTF-8") from None
    except RecursionError:
        raise Problem(400, "not JSON that can be read: nested too deep") from None
    if upload.format != FORMAT:
        raise _other_format(upload.format)
    if not upload.agent.isprintable() or not 1 <= len(upload.agent) <= 64:
        raise Problem(422, "expected a version of 1 to 64 printable characters", field="agent")
    if len(upload.summaries) > MAX_SUMMARIES:
        raise Problem(
            422, f"{len(upload.summaries)} summaries, expected at most {MAX_SUMMARIES}", field="summaries"
        )
    if upload.agent_state and (wrong := state_fault(upload.agent_state)):
        field, what = wrong
        raise Problem(422, what, field=f"agent_state.{field}")
    site, contract = checked_facts(upload.site, upload.contract)
    return dataclasses.replace(upload, site=site, contract=contract)


def checked_facts(site: Site, contract: Contract) -> tuple[Site, Contract]:
    """The same facts, held to the ranges that a settings file is held to. Raises Problem."""
    return _checked(site, "site"), _checked(contract, "contract")


def state_fault(state: AgentState) -> tuple[str, str] | None:
    """What can't be of an agent's state: the field and what is wrong with it."""
    for field in ("at", "sampled_at", "quiet_since", "absent_since", "absent_until"):
        at: datetime | None = getattr(state, field)
        if at is not None and (at.utcoffset() is None or not 1970 <= at.year < 9999):
            return field, "expected a time with its UTC offset"
    for field in ("quiet_because", "absent_because"):
        reason: str | None = getattr(state, field)
        if reason is not None and not (reason.isprintable() and 1 <= len(reason) <= 64):
            return field, "expected 1 to 64 printable characters"
    for field, most in _MOST.items():
        if not 0 <= (getattr(state, field) or 0) < most:
            return field, "expected a number of 0 or more"
    return None


def sorted_out(
    summaries: tuple[SentSummary, ...],
) -> tuple[tuple[tuple[Summary, int], ...], tuple[Refused, ...]]:
    """The summaries that may be kept, times in UTC, each with its link's number in place of its link (0 for
    none), and those that are refused, with the reason."""
    kept, refused = [], []
    for summary in summaries:
        if reason := _reason(summary):
            refused.append(Refused(_id(summary), reason))
        else:
            said = {name: getattr(summary, name) for name in _SAID}
            said |= {name: said[name].astimezone(UTC) for name in ("starts_at", "ends_at", "through_at")}
            kept.append((Summary(**said), summary.chain.number if summary.chain else 0))
    return tuple(kept), tuple(refused)


def _reason(summary: SentSummary) -> str | None:
    try:
        return (
            (misshapen(summary.chain.number, summary.chain.previous) if summary.chain else None)
            or impossible(summary)
            or _misnamed(summary)
        )
    except OverflowError:
        return "starts_at: beyond the years that can be counted"


def _id(summary: Summary) -> str:
    try:
        return summary.id
    except (OverflowError, ValueError):
        return f"{summary.kind}:{summary.label}"


def _misnamed(summary: Summary) -> str | None:
    """A period is looked up by its times and by its label, so they must say the same."""
    start = summary.starts_at
    if summary.kind == "hour":
        hour = hour_of(start)
        same = (summary.label, start, summary.ends_at) == (hour.label, hour.starts_at, hour.ends_at)
    else:
        first = _first_day(summary)
        if first is None:
            return f'label: "{summary.label}" is not the name of a {summary.kind}'
        midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
        # Midnight comes fourteen hours before UTC's on Kiritimati, twelve after on Baker Island.
        same = timedelta(hours=-14) <= start - midnight <= timedelta(hours=12)
        same = same and start.second == start.microsecond == 0
    return None if same else f'label: "{summary.label}" is not the {summary.kind} of these times'


def _first_day(summary: Summary) -> date | None:
    form = r"\d{4}-\d\d-\d\d" if summary.kind == "day" else r"\d{4}-W\d\d"
    if not re.fullmatch(form, summary.label, re.ASCII):
        return None
    try:
        return date.fromisoformat(summary.label)
    except ValueError:
        return None


_KINDS: dict[str, type[Any]] = {"site": Site, "contract": Contract}
_NAMES = {table: tuple(field.name for field in dataclasses.fields(kind)) for table, kind in _KINDS.items()}


def _checked(facts: Facts, table: str) -> Facts:
    mended: dict[str, Any] = {}
    for name in _NAMES[table]:
        value = getattr(facts, name)
        if value is not None:
            right = _checked_value(table, name, value)
            if right != value or type(right) is not type(value):
                mended[name] = right
    return dataclasses.replace(facts, **mended) if mended else facts


@lru_cache(maxsize=8192, typed=True)
def _checked_value(table: str, field: str, value: object) -> object:
    """One fact. Schools have zones, hours and providers in common, so what was found right is remembered."""
    try:
        return read_field(_KINDS[table], field, list(value) if isinstance(value, tuple) else value, table)
    except ConfigFault as fault:
        place, _, detail = str(fault).partition(": ")
        raise Problem(422, detail, field=place.replace(" ", ".")) from None


def _wrong_type(message: str) -> Problem:
    """`Expected `int`, got `str` - at `$.site.students`` as a field and a sentence."""
    what, _, path = message.partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    if missing := re.fullmatch(r"Object missing required field `(.+)`", what):
        return Problem(422, "missing", field=f"{field}.{missing[1]}" if field else missing[1])
    return Problem(422, (what[:1].lower() + what[1:]).replace("`", ""), field=field or None)


def _check_format(body: bytes) -> None:
    """A newer form is likely to be wrong elsewhere too; its number is the better answer."""
    try:
        table = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    found = table.get("format") if isinstance(table, dict) else None
    if isinstance(found, int) and found != FORMAT:
        raise _other_format(found)


def _other_format(found: int) -> Problem:
    return Problem(422, f"found {found:.6g}, this collector reads format {FORMAT}", field="format")
