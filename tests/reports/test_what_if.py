"""A what-if changes what follows and nothing that was measured, and says that it is one everywhere."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from reports.faults import UsageFault
from reports.formats.as_html import html_page
from reports.formats.as_json import json_data
from reports.formats.as_text import plain_text
from reports.week_words import headline, numbers
from reports.what_if import WhatIf, supposed, what_if
from tests.reports import example_week

REAL, SUPPOSED = example_week.short_of_target(), example_week.supposed()


def test_nothing_asked_is_no_what_if() -> None:
    assert what_if(None, None, None, None, None, None) is None
    assert not WhatIf()
    assert what_if(0, None, None, None, None, None) == WhatIf(students=0)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((-1, None, None, None, None, None), "--students: found -1, expected 0 or more"),
        ((None, None, 0.0, None, None, None), "--capacity-down: found 0, expected more than 0"),
        ((None, None, float("nan"), None, None, None), "--capacity-down: found nan, expected more than 0"),
        ((None, None, None, 5, None, None), "--devices and --testers: say what each takes"),
        ((None, None, None, None, None, 100.0), "--kbps: say how many take it"),
    ],
)
def test_what_can_not_be_worked_out_is_one_line(words: tuple[float | None, ...], line: str) -> None:
    with pytest.raises(UsageFault) as fault:
        what_if(*words)  # type: ignore[arg-type]
    assert str(fault.value).startswith(line)


def test_more_people_ask_for_more() -> None:
    real, would = REAL.gaps[0], SUPPOSED.gaps[0]
    assert real.required.down_mbps == pytest.approx(458 * 2.8)
    assert would.required.down_mbps == pytest.approx(546 * 2.8)
    assert would.people == 546


def test_another_line_closes_part_of_the_gap() -> None:
    assert SUPPOSED.gaps[0].delivered.down_mbps == 1000
    assert SUPPOSED.gaps[0].shortfall_mbps == pytest.approx(546 * 2.8 - 1000)
    enough = example_week.week(what_if=WhatIf(capacity_down_mbps=2000.0))
    assert enough.gaps[0].verdict == "meets"
    assert enough.cost is None


def test_devices_and_testers_come_on_top_of_demand() -> None:
    many = example_week.week(what_if=WhatIf(devices=100, testers=50, kbps=400.0))
    assert REAL.headroom.down.p95_mbps is not None
    assert many.headroom.down.p95_mbps == pytest.approx(REAL.headroom.down.p95_mbps + 60)
    assert (REAL.headroom.down.stage, many.headroom.down.stage) == ("watch", "upgrade")
    assert many.headroom.up == REAL.headroom.up


def test_what_was_measured_stays() -> None:
    """Samples, summary, congestion, intervals, outages, faults."""
    for name in (
        "summary",
        "tests",
        "usage",
        "outages",
        "congestion",
        "delivered_interval",
        "p95_interval",
        "faults",
    ):
        assert getattr(SUPPOSED, name) == getattr(REAL, name)
    assert SUPPOSED.contract == REAL.contract


def test_a_supposed_line_has_no_more_evidence_than_the_real_one() -> None:
    early = example_week.too_early()
    would = example_week.week(
        made_at=early.made_at,
        since=early.period.starts_at + timedelta(hours=9),
        what_if=WhatIf(capacity_down_mbps=5000.0),
    )
    assert would.gaps[0].verdict == "not enough evidence"
    assert would.gaps[0].tests == early.gaps[0].tests


def test_supposed_and_measured_have_rows_of_their_own() -> None:
    assert [row.name for row in numbers(REAL)] == ["Contracted", "Delivered", "Demanded"]
    rows = {row.name: row.rates for row in numbers(SUPPOSED)}
    assert rows["Delivered"].down_mbps == REAL.summary.capacity.typical.down_mbps
    assert rows["Supposed line"].down_mbps == 1000
    assert rows["Supposed demand"].down_mbps == pytest.approx((rows["Demanded"].down_mbps or 0) + 15)


def test_it_is_said_in_every_format() -> None:
    assert headline(SUPPOSED).startswith("What if: Short of")
    page, text = html_page(SUPPOSED), plain_text(SUPPOSED)
    assert page.count('class="what-if"') == 2
    assert '@top-center { content: "What if, not a measurement"' in page
    assert text.startswith("What if, not a measurement. Supposed: 500 students, a line that delivers")
    assert text.count("What if, not a measurement.") == 2
    assert json.loads(json_data(SUPPOSED))["what_if"]["students"] == 500


def test_and_in_none_of_a_report_of_what_is() -> None:
    for words in (html_page(REAL), plain_text(REAL), headline(REAL)):
        assert "What if" not in words
    assert json.loads(json_data(REAL))["what_if"] is None


def test_what_is_supposed_is_told_in_words() -> None:
    assert supposed(WhatIf(students=700)) == "700 students"
    told = supposed(WhatIf(700, 60, 1000.0, 200, None, 1000.0))
    assert told == (
        "700 students, 60 staff, a line that delivers 1,000 Mbps down and 200 more devices at once at 1,000 kbps each"
    )
    assert replace(WhatIf(testers=3, kbps=2.5)).added_mbps == pytest.approx(0.0075)
