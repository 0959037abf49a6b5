"""How sites are judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from collector.enrolled import Enrolled
from collector.fleet import Standing, standing
from reports.evidence import EvidenceRule
from reports.shipped import chosen, shipped_targets
from reports.sites import Contract, Site
from reports.summaries import Summary
from tests.collector import made

TARGETS = chosen(("setda-2-2020-21", "fcc-2014-long"), shipped_targets())
LAST_WEEK = made.NOW - timedelta(days=7)


def known(key: int, *, heard_hours_ago: float | None = 0.5) -> Enrolled:
    heard = None if heard_hours_ago is None else made.NOW - timedelta(hours=heard_hours_ago)
    site = Site(id=f"site-{key}", name=f"Site {key}", students=430, staff=38)
    return Enrolled(key, site, Contract(), made.NOW - timedelta(days=30), "0.1.0", heard)


def standing_of(weeks: Sequence[Summary], heard_hours_ago: float | None = 0.5) -> Standing:
    return standing(
        known(1, heard_hours_ago=heard_hours_ago),
        weeks,
        TARGETS,
        EvidenceRule(),
        now=made.NOW,
        silent_after_s=3 * 3600,
    )


def test_the_newest_week_speaks_when_it_has_a_verdict() -> None:
    """Late in the week the running one has evidence enough."""
    found = standing_of([made.week(down=50.0), made.week(LAST_WEEK, down=90.0)])
    assert found.week is not None
    assert (found.week.label, found.state) == ("2026-W48", "short")


def test_the_week_before_speaks_while_the_newest_has_no_verdict() -> None:
    """A Monday morning doesn't wipe out what was known on Friday."""
    found = standing_of([made.week(tests=2, school_days=1), made.week(LAST_WEEK)])
    assert found.week is not None
    assert (found.week.label, found.state) == ("2026-W47", "short")


def test_the_newest_week_speaks_when_none_has_a_verdict() -> None:
    """It says best what is lacking."""
    found = standing_of([made.week(tests=2), made.week(LAST_WEEK, tests=1)])
    assert found.week is not None
    assert (found.week.label, found.state) == ("2026-W48", "not enough evidence")


def test_a_site_without_a_week_has_no_figures() -> None:
    """Heard, but nothing to judge by."""
    found = standing_of([])
    assert (found.state, found.gap, found.gaps) == ("not enough evidence", None, ())


def test_silence_goes_before_the_verdict() -> None:
    """Nobody knows whether it still holds; what it was is still there."""
    found = standing_of([made.week()], heard_hours_ago=3.1)
    assert found.state == "silent"
    assert found.gap is not None
    assert found.gap.verdict == "short"


def test_just_within_the_time_is_not_silent() -> None:
    """Silent is longer than, not as long as."""
    assert standing_of([made.week()], heard_hours_ago=3.0).state == "short"


def test_never_heard_is_silent() -> None:
    """From the moment of enrolment, so that a gateway that was never set up is seen."""
    assert standing_of([], heard_hours_ago=None).state == "silent"


def test_there_is_a_gap_to_each_target_in_order() -> None:
    """The first is the one that the verdict speaks of."""
    assert [gap.target.id for gap in standing_of([made.week()]).gaps] == ["setda-2-2020-21", "fcc-2014-long"]
