"""Judges an upload's body the quick way, where it is plainly right.

What is plainly right is taken here, in a fifth of the time: of the right form, with every figure in range,
and times that fit the label. Everything else, if only by a doubt, is left to ``collector/uploads.py``, which
alone refuses, and says why. The two must take the same things for the same:
``tests/collector/test_judging.py`` holds them to it.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from collector.chains import HIGHEST, links_in
from collector.enrolled import Item, told_number
from collector.packed import hour_label, packed
from collector.problems import Problem
from collector.uploads import checked_facts, read_upload, sorted_out, state_fault
from reports.agent_state import AgentState
from reports.chain import Entry
from reports.sites import Contract, Site
from reports.summaries import Summary
from reports.wire import FORMAT, MAX_SUMMARIES, Refused

Figure = Annotated[float, Meta(ge=0, le=1e15)]
Count = Annotated[int, Meta(ge=0, le=10**15)]

_HOUR, _DAYS = timedelta(hours=1), timedelta(days=8)


class _Rates(Struct, gc=False):
    down_mbps: Figure | None = None
    up_mbps: Figure | None = None


class _Usage(Struct, gc=False):
    expected: Count
    found: Count
    p50: _Rates
    p95: _Rates
    peak: _Rates


class _Capacity(Struct, gc=False):
    tests_trusted: Count
    tests_untrusted: Count
    tests_failed: Count
    school_days: Count
    best: _Rates
    typical: _Rates
    latency_idle_ms: Figure | None
    latency_loaded_ms: Figure | None
    lower_bounds: Count = 0
    school_days_at_least: Count = 0
    at_least: _Rates = msgspec.field(default_factory=_Rates)


class _Link(Struct, gc=False):
    number: Annotated[int, Meta(ge=1, le=HIGHEST)]
    previous: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)] | None


class PlainSummary(Struct, gc=False):
    """``reports.summaries.Summary``, field by field, with ranges; a test compares the two."""

    kind: Literal["hour", "day", "week"]
    label: str
    starts_at: datetime
    ends_at: datetime
    through_at: datetime
    usage: _Usage
    usage_school: _Usage
    capacity: _Capacity
    outage_minutes: Figure | None
    tests_down_bytes: Count
    tests_up_bytes: Count


class _SentSummary(PlainSummary, gc=False):
    chain: _Link | None = None


class _Upload(Struct, gc=False):
    format: int
    agent: str
    site: Raw
    contract: Raw
    summaries: list[Raw]
    agent_state: Raw = Raw(b"null")


_upload = msgspec.json.Decoder(_Upload).decode
_summary = msgspec.json.Decoder(_SentSummary).decode
_site = msgspec.json.Decoder(Site).decode
_contract = msgspec.json.Decoder(Contract).decode
_state = msgspec.json.Decoder(AgentState | None).decode
_encode = msgspec.json.Encoder().encode


class Judged(Struct, frozen=True, gc=False):
    """An upload of the right form: its facts unless they were told before, what may be kept, what not."""

    agent: str
    told: int
    site: Site | None
    contract: Contract | None
    items: tuple[Item, ...]
    links: tuple[Entry, ...]
    refused: tuple[Refused, ...]
    agent_state: str | None


def judged(body: bytes, told: int | None) -> Judged:
    """What is in a body. ``told`` stands for facts that are known to be right and kept. Raises Problem."""
    return plainly(body, told) or _at_length(body)


def plainly(body: bytes, told: int | None) -> Judged | None:
    """The same of a body that is plainly right; None at the least doubt."""
    try:
        upload = _upload(body)
        plain = (
            upload.format == FORMAT
            and len(upload.summaries) <= MAX_SUMMARIES
            and 1 <= len(upload.agent) <= 64
            and upload.agent.isprintable()
        )
        if not plain:
            return None
        number = told_number(bytes(upload.site), bytes(upload.contract))
        site = contract = None
        if number != told:
            site, contract = checked_facts(_site(upload.site), _contract(upload.contract))
        items, links = [], []
        for raw in upload.summaries:
            item, link = _plain(raw)
            items.append(item)
            if link is not None:
                links.append(link)
        state = _right_state(upload.agent_state)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, _Doubt, Problem):
        return None
    return Judged(upload.agent, number, site, contract, tuple(items), tuple(links), (), state)


class _Doubt(Exception):
    """This may be wrong; whoever has the time finds out."""


def _plain(raw: Raw) -> tuple[Item, Entry | None]:
    summary = _summary(raw)
    start, end, through = summary.starts_at, summary.ends_at, summary.through_at
    if start.tzinfo is not UTC or end.tzinfo is not UTC or through.tzinfo is not UTC:
        raise _Doubt
    if not start <= through <= end or start.microsecond:
        raise _Doubt
    starts_at, through_at = int(start.timestamp()), int(through.timestamp())
    if summary.kind == "hour":
        if starts_at % 3600 or end - start != _HOUR or summary.label != hour_label(starts_at):
            raise _Doubt
        body = packed(summary)
    else:
        if not start < end <= start + _DAYS or start.second:
            raise _Doubt
        if not -50_400 <= starts_at - _midnight(summary.kind, summary.label) <= 43_200:
            raise _Doubt
        body = _encode(_without_link(summary))
    link = summary.chain
    if link is None:
        return Item(summary.kind, summary.label, starts_at, through_at, body), None
    entry = Entry(link.number, link.previous, hashlib.sha256(bytes(raw)).hexdigest())
    return Item(summary.kind, summary.label, starts_at, through_at, body, link.number), entry


def _without_link(one: _SentSummary) -> PlainSummary:
    return PlainSummary(
        one.kind, one.label, one.starts_at, one.ends_at, one.through_at, one.usage, one.usage_school,
        one.capacity, one.outage_minutes, one.tests_down_bytes, one.tests_up_bytes,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _midnight(kind: str, label: str) -> int:
    """When the day or week of this name begins in UTC, as a Unix second."""
    if not (len(label) == 10 if kind == "day" else len(label) == 8) or not label.isascii():
        raise _Doubt
    form = label[4] == label[7] == "-" if kind == "day" else label[4:6] == "-W"
    try:
        first = date.fromisoformat(label)
    except ValueError:
        raise _Doubt from None
    if not form:
        raise _Doubt
    return int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp())


def _right_state(raw: Raw) -> str | None:
    state = _state(raw)
    if state is not None and state_fault(state):
        raise _Doubt
    return None if state is None else _encode(state).decode()


def _at_length(body: bytes) -> Judged:
    upload = read_upload(body)
    kept, refused = sorted_out(upload.summaries)
    raw = _upload(body)
    return Judged(
        upload.agent,
        told_number(bytes(raw.site), bytes(raw.contract)),
        upload.site,
        upload.contract,
        tuple(_item(summary, number) for summary, number in kept),
        links_in(body, upload),
        refused,
        None if upload.agent_state is None else _encode(upload.agent_state).decode(),
    )


def _item(summary: Summary, number: int) -> Item:
    return Item(
        summary.kind,
        summary.label,
        int(summary.starts_at.timestamp()),
        int(summary.through_at.timestamp()),
        packed(summary) if summary.kind == "hour" else _encode(summary),
        number,
    )
