"""A site's figures in columns: every period that is asked for has its place, and where nothing is known there is null."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from collector.packed import NAMES, figures, packed
from reports.summaries import Summary
from tests.collector import made
from tests.collector.conftest import Running


def hour(number: int, **more: Any) -> Summary:
    """The whole hour that ended so many hours ago."""
    start = made.hour(made.NOW - timedelta(hours=number)).starts_at
    return made.hour(start, through_at=start + timedelta(hours=1), **more)


def sent(collector: Running, token: str, summaries: Sequence[Summary]) -> None:
    assert collector.post(token, made.body(summaries)).json()["refused"] == []


def series(collector: Running, query: str = "", site: str = "lincoln") -> dict[str, Any]:
    answer = collector.get(f"/v1/sites/{site}/series{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_last_day_is_told_by_itself(collector: Running, token: str) -> None:
    """With all figures, by the names that summaries have; an hour that never came is null and not left out."""
    sent(collector, token, [hour(n, demand=50.0 + n) for n in (1, 2, 5)])
    found = series(collector)
    assert (found["site"], found["every"], len(found["starts_at"])) == ("lincoln", "hour", 24)
    assert found["starts_at"][0] == "2026-11-26T19:00:00Z"
    assert found["starts_at"][-1] == "2026-11-27T18:00:00Z"  # it runs, and nothing came of it yet
    assert tuple(found["figures"]) == NAMES
    demand = found["figures"]["usage_p95_down_mbps"]
    assert demand == [*[None] * 18, 55.0, None, None, 52.0, 51.0, None]
    assert found["through_at"][-4:] == [None, "2026-11-27T17:00:00Z", "2026-11-27T18:00:00Z", None]
    assert [column[-2] for column in found["figures"].values()] == figures(packed(hour(1, demand=51.0)))


def test_a_figure_that_a_summary_lacks_is_null(collector: Running, token: str) -> None:
    """No test ran: no rate, which is not 0."""
    sent(collector, token, [hour(1, down=None, up=None, tests=0)])
    found = series(collector, "?figures=typical_down_mbps,tests_trusted")
    assert found["figures"]["typical_down_mbps"] == [None] * 24
    assert found["figures"]["tests_trusted"] == [*[None] * 22, 0, None]


def test_figures_come_in_the_order_in_which_they_are_asked_for(collector: Running, token: str) -> None:
    sent(collector, token, [hour(1)])
    found = series(collector, "?figures=outage_minutes,usage_found,outage_minutes")
    assert list(found["figures"]) == ["outage_minutes", "usage_found"]


def test_what_begins_between_two_moments_is_told(collector: Running, token: str) -> None:
    """From the first on and before the second, in any zone; nothing that hasn't begun."""
    sent(collector, token, [hour(n) for n in range(1, 40)])
    asked = "?figures=usage_found&from=2026-11-26T10:00:01Z&to=2026-11-26T15:00:00%2B02:00"
    assert series(collector, asked)["starts_at"] == ["2026-11-26T11:00:00Z", "2026-11-26T12:00:00Z"]
    ahead = series(collector, "?figures=usage_found&from=2026-11-27T17:30:00Z&to=2029-01-01T00:00:00Z")
    assert ahead["starts_at"] == ["2026-11-27T18:00:00Z"]


def test_a_running_hour_says_how_far_it_reaches(collector: Running, token: str) -> None:
    sent(collector, token, [made.hour()])
    found = series(collector, "?figures=usage_expected")
    assert found["through_at"][-1] == "2026-11-27T18:05:00Z"
    assert found["figures"]["usage_expected"][-1] == 1


def test_a_later_summary_of_an_hour_takes_its_place(collector: Running, token: str) -> None:
    sent(collector, token, [made.hour(demand=10.0)])
    collector.now += timedelta(hours=1)
    sent(collector, token, [hour(0, demand=20.0)])
    assert series(collector, "?figures=usage_p95_down_mbps")["figures"]["usage_p95_down_mbps"][-2:] == [
        20.0,
        None,
    ]


def test_days_are_those_of_the_site(collector: Running, token: str) -> None:
    """They begin at its midnight, also where clocks change: on 1 November 2026 in Chicago."""
    sent(collector, token, [made.day(datetime.fromisoformat(f"2026-11-0{n}T18:00:00Z")) for n in (1, 3)])
    found = series(
        collector, "?every=day&figures=usage_found&from=2026-10-31T00:00:00Z&to=2026-11-04T00:00:00Z"
    )
    assert found["starts_at"] == [
        "2026-10-31T05:00:00Z", "2026-11-01T05:00:00Z", "2026-11-02T06:00:00Z", "2026-11-03T06:00:00Z",
    ]  # fmt: skip
    assert found["figures"]["usage_found"] == [None, 300, None, 288]
    assert len(series(collector, "?every=day&figures=usage_found")["starts_at"]) == 14


def test_weeks_are_those_of_the_site(collector: Running, token: str) -> None:
    """Half a year by itself; the running week is among them."""
    sent(collector, token, [made.week(), made.week(made.NOW - timedelta(weeks=2), demand=33.0)])
    found = series(collector, "?every=week&figures=usage_p95_down_mbps")
    assert found["figures"]["usage_p95_down_mbps"] == [*[None] * 23, 33.0, None, 71.0]
    assert found["through_at"][-1] == "2026-11-27T18:05:00Z"


def test_days_of_another_time_zone_are_not_lost(collector: Running, token: str) -> None:
    """A gateway's zone was set right meanwhile: both its days are told, in order."""
    sent(collector, token, [made.day(made.NOW - timedelta(days=2))])
    site = dataclasses.replace(made.LINCOLN, timezone="America/New_York")
    assert collector.post(token, made.body([], site)).status_code == 200
    found = series(
        collector, "?every=day&figures=usage_found&from=2026-11-25T00:00:00Z&to=2026-11-26T00:00:00Z"
    )
    assert found["starts_at"] == ["2026-11-25T05:00:00Z", "2026-11-25T06:00:00Z"]
    assert found["figures"]["usage_found"] == [None, 288]


def test_a_year_of_hours_is_one_answer(collector: Running, token: str) -> None:
    sent(collector, token, [hour(1), hour(24 * 300)])
    found = series(collector, "?figures=usage_found&from=2025-11-27T18:00:00Z")
    assert len(found["starts_at"]) == 365 * 24 + 1
    assert [n for n, one in enumerate(found["figures"]["usage_found"]) if one] == [65 * 24, 365 * 24 - 1]


def test_the_same_as_csv(collector: Running, token: str) -> None:
    """A row for each period, empty where there is nothing."""
    sent(collector, token, [hour(2, demand=7.5)])
    query = "?figures=usage_p95_down_mbps,typical_down_mbps&from=2026-11-27T15:00:00Z"
    answer = collector.get(f"/v1/sites/lincoln/series.csv{query}")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lincoln-hours.csv"'
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["starts_at", "through_at", "usage_p95_down_mbps", "typical_down_mbps"],
        ["2026-11-27T15:00:00Z", "", "", ""],
        ["2026-11-27T16:00:00Z", "2026-11-27T17:00:00Z", "7.5", "94.1"],
        ["2026-11-27T17:00:00Z", "", "", ""],
        ["2026-11-27T18:00:00Z", "", "", ""],
    ]


REFUSED = (
    ("figures=usage", "figures", "no figure has the name 'usage'"),
    ("figures=", "figures", "no figure has the name ''"),
    ("every=month", "every", "expected one of hour, day, week"),
    ("from=yesterday", "from", "expected a time with its UTC offset"),
    ("from=2026-11-26T10:00:00", "from", "expected a time with its UTC offset"),
    ("to=0001-01-01T00:00:00%2B14:00", "to", "expected a time with its UTC offset"),
    ("to=%00", "to", "expected a time with its UTC offset"),
    ("from=2026-11-26T10:00:00Z&to=2026-11-26T10:00:00Z", "from", "expected a moment before"),
    ("from=2025-01-01T00:00:00Z", "from", "expected at most 1,515 of so many figures"),
    ("figures=usage_found&from=1999-01-01T00:00:00Z", "from", "expected at most 10,000"),
)


def test_what_cannot_be_asked_is_refused_with_its_name(collector: Running, token: str) -> None:
    """Problem documents, RFC 9457."""
    for form, (query, field, words) in product(("series", "series.csv"), REFUSED):
        answer = collector.get(f"/v1/sites/lincoln/{form}?{query}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json"), (
            query
        )
        assert answer.json()["field"] == field
        assert words in answer.json()["detail"]


def test_moments_ahead_are_no_periods(collector: Running, token: str) -> None:
    """Nothing has begun there; nobody is refused for looking."""
    found = series(collector, "?figures=usage_found&from=2027-01-01T00:00:00Z&to=2027-01-02T00:00:00Z")
    assert (found["starts_at"], found["figures"]) == ([], {"usage_found": []})


def test_a_site_that_is_not_there_has_no_series(collector: Running, token: str) -> None:
    for site in ("nobody", "..%2fetc", "%00", "' OR 1=1 --"):
        assert collector.get(f"/v1/sites/{site}/series").status_code == 404, site


def test_who_has_an_answer_is_told_so(collector: Running, token: str) -> None:
    """Until something comes."""
    sent(collector, token, [hour(2)])
    path = f"{collector.url}/v1/sites/lincoln/series"
    tag = collector.session.get(path, timeout=30).headers["ETag"]
    again = collector.session.get(path, headers={"If-None-Match": tag}, timeout=30)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    sent(collector, token, [hour(1)])
    other = collector.session.get(path, headers={"If-None-Match": tag}, timeout=30)
    assert other.status_code == 200
    assert other.headers["ETag"] != tag
