"""`bandgap schedule`: the next throughput tests, and what the month's tests are expected to cost."""

from __future__ import annotations

import argparse
import json
import math
import os
from datetime import datetime
from itertools import islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

from tabulate import tabulate

from agent import clock, store
from agent.budget import RECENT, Account, account, month_of
from agent.cadence import first_test
from agent.history import History
from agent.installation import Installation, find
from reports.sentences import octets, span


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
    noted = store.noted(connection, "next_test_at")
    connection.close()
    every_s = books.every_s(config.measure.test_every)
    cadence = config.cadence(every_s)
    first = first_test(cadence, datetime.fromisoformat(noted) if noted else None, now)
    left = list(takewhile(lambda at: at < ends, islice(cadence.coming(first), 10_000)))
    return {
        "tests": [
            {"at": at.isoformat(timespec="seconds"), "light": cadence.light(at)}
            for at in islice(cadence.coming(first), max(0, count))
        ],
        "mean_gap_s": every_s,
        "wanted_gap_s": config.measure.test_every,
        "month": _month(books, left, cadence.light, config.schedule.light_test_mb),
    }


def _month(books: Account, left: list[datetime], light: Any, light_mb: int) -> dict[str, Any]:
    most_light = 2e6 * light_mb
    to_come = sum(min(books.test_bytes, most_light) if light(at) else books.test_bytes for at in left)
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
            "light" if test["light"] else "full",
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
