"""Contract evidence as tables: every test, every five minutes, every outage, every school day.

RFC 4180 as in the reports' CSV: what isn't known is an empty cell, text that a spreadsheet would compute gets
an apostrophe in front. Numbers keep every digit that the store has; times are UTC.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from reports.contract_evidence import ContractEvidence
from reports.formats.as_csv import guarded
from reports.periods import SLOT_S
from reports.samples import CapacitySample
from reports.sentences import outcome
from reports.summaries import ENOUGH_OF_A_SLOT
from reports.wire import plain


def tests_csv(evidence: ContractEvidence) -> str:
    """Every test that was begun, trusted or not, and why not in words."""
    names = [each.name for each in fields(CapacitySample)]
    rows = [
        [
            *(" ".join(test.flags) if name == "flags" else getattr(test, name) for name in names),
            _yes(test.trusted),
            outcome(test),
        ]
        for test in evidence.tests
    ]
    return _table([*names, "trusted", "why"], rows)


def demand_csv(evidence: ContractEvidence) -> str:
    """Every five-minute mean; ``counts`` tells which are observed for long enough to enter a figure."""
    heads = (
        *("started_at", "interface", "observed_s", "rx_bytes", "tx_bytes", "mean_down_mbps", "mean_up_mbps"),
        *("peak_down_mbps", "peak_up_mbps", "link_down_s", "school_hours", "counts"),
    )
    hours = evidence.hours
    rows = [
        [
            *(sample.started_at, sample.interface, sample.interval_s, sample.rx_bytes, sample.tx_bytes),
            *(sample.mean.down_mbps, sample.mean.up_mbps, sample.peak_rx_mbps, sample.peak_tx_mbps),
            sample.link_down_s,
            _yes(sample.started_at in hours),
            _yes(sample.interval_s >= SLOT_S * ENOUGH_OF_A_SLOT),
        ]
        for sample in evidence.usage
    ]
    return _table(heads, rows)


def outages_csv(evidence: ContractEvidence) -> str:
    """Every outage that reaches into the days, whole; without ``ended_at`` nobody saw the end."""
    heads = ("started_at", "seen_until", "ended_at", "minutes", "rung", "detail")
    rows = [
        [
            *(one.started_at, one.seen_until, one.ended_at if one.end_seen else None),
            *(one.seconds / 60, one.rung, one.detail),
        ]
        for one in evidence.outages
    ]
    return _table(heads, rows)


def school_days_csv(evidence: ContractEvidence) -> str:
    """The school hours of every school day."""
    heads = (
        *("date", "school_hours_minutes", "probed_minutes", "counted_minutes", "outage_minutes", "outages"),
        *("tests_trusted", "delivered_typical_down_mbps", "delivered_typical_up_mbps"),
    )
    rows = [
        [*list(asdict(day).values())[:-1], day.typical.down_mbps, day.typical.up_mbps]
        for day in evidence.days
    ]
    return _table(heads, rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> str | int | float:
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime):
        return str(plain(value))
    return guarded(str(value) if value is not None and not isinstance(value, int | str) else value)


def _yes(true: bool) -> str:
    return "yes" if true else "no"
