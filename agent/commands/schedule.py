"""`bandgap schedule`: the next throughput tests, and what the month's tests are expected to cost."""

from __future__ import annotations

import argparse
import json
import math
import os
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from tabulate import tabulate

from agent import clock, store
from agent.budget import RECENT, Account, account, long_test_bytes, month_of
from agent.cadence import Kind, first_test
from agent.history import History
from agent.installation import Installation, find
from agent.measure import HOLD_S
from reports.sentences import octets, span

MOST_TESTS = 10_000
"""Where counting the month's tests ends."""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap schedule", description=__doc__)
    parser.add_argument("--count", type=int, default=20, metavar="N", help="how many tests (default 20)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    args = parser.parse_args(argv)
    place, now = find(os.environ), clock.now()
    facts = coming(place, now, args.count)
    if args.json:
        print(json.dumps({"format": 1, **facts}, indent=2))
    else:
        _print(facts, place, now)
    return 0


def coming(place: Installation, now: datetime, count: int) -> dict[str, Any]:
    """The next tests and the month's account, as the loop will see them."""
    config, zone = place.config, ZoneInfo(place.config.site.timezone)
    connection = place.open()
    history = History(connection)
    begins, ends = month_of(now, zone)
    books = account(
        history.capacity_samples(begins, ends),
        history.recent_capacity_samples(RECENT),
        config.budget_bytes,
        (ends - now).total_seconds(),
    )
    noted, long_noted = store.noted(connection, "next_test_at"), store.noted(connection, "long_test_at")
    long_bytes = long_test_bytes(history.recent_capacity_samples(RECENT), HOLD_S, config.most_test_bytes)
    connection.close()
    every_s = books.every_s(config.measure.test_every)
    cadence = config.cadence(every_s)
    if not books.bears_long(long_bytes):
        cadence = replace(cadence, long_tests=False)
    last_long = datetime.fromisoformat(long_noted) if long_noted else None
    first = first_test(cadence, datetime.fromisoformat(noted) if noted else None, now)
    tests: list[tuple[datetime, Kind]] = []
    for at, kind in islice(cadence.kinds(cadence.coming(first), last_long), max(count, MOST_TESTS)):
        if at >= ends and len(tests) >= count:
            break
        tests.append((at, kind))
    left = [kind for at, kind in tests if at < ends]
    return {
        "tests": [
            {"at": at.isoformat(timespec="seconds"), "light": kind == "light", "long": kind == "long"}
            for at, kind in tests[: max(0, count)]
        ],
        "mean_gap_s": every_s,
        "wanted_gap_s": config.measure.test_every,
        "month": _month(books, left, config.schedule.light_test_mb, long_bytes),
    }


def _month(books: Account, left: list[Kind], light_mb: int, long_bytes: float) -> dict[str, Any]:
    costs = {
        "light": min(books.test_bytes, 2e6 * light_mb),
        "full": books.test_bytes,
        "long": max(books.test_bytes, long_bytes),
    }
    to_come = sum(costs[kind] for kind in left)
    return {
        "spent_bytes": books.spent_bytes,
        "tests_left": len(left),
        "expected_bytes": min(
            books.spent_bytes + to_come, max(books.budget_bytes or math.inf, books.spent_bytes)
        ),
        "test_bytes": books.test_bytes,
        "budget_bytes": books.budget_bytes,
        "refusal": books.refusal,
    }


def _print(facts: dict[str, Any], place: Installation, now: datetime) -> None:
    zone = ZoneInfo(place.config.site.timezone)
    rows = [
        (
            (at := datetime.fromisoformat(test["at"])).astimezone(zone).strftime("%a %d %b %Y %H:%M:%S"),
            f"in {span((at - now).total_seconds())}",
            "light" if test["light"] else "long" if test["long"] else "full",
        )
        for test in facts["tests"]
    ]
    print(tabulate(rows, headers=["when", "", "test"]))
    month, zone_name = facts["month"], place.config.site.timezone
    print(f"\nTimes are {zone_name}. One test in {span(facts['mean_gap_s'])} on average", end="")
    if facts["mean_gap_s"] > facts["wanted_gap_s"]:
        print(f", not in {span(facts['wanted_gap_s'])}, so that the month's budget lasts", end="")
    print(".")
    print(
        f"This month: {octets(month['spent_bytes'])} spent, {month['tests_left']} tests of about "
        f"{octets(month['test_bytes'])} to come, {octets(month['expected_bytes'])} expected"
        + (
            f" of a budget of {octets(month['budget_bytes'])}."
            if month["budget_bytes"]
            else ", no budget set."
        )
    )
    if month["refusal"]:
        print(f"The next test will not be made: {month['refusal']}.")
