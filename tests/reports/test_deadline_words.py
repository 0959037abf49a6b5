"""What forces the decision, and when: E-rate's window, the contract's end, and the day the line is full."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from agent.config import parse
from reports.board_words import board_parts
from reports.cost_settings import ErateSettings
from reports.dates_ahead import dates_ahead, forces
from reports.deadline_words import date_lines, forced_by, full_or_contract, window, window_or_contract
from reports.faults import ConfigFault
from reports.formats.as_html import html_page
from reports.formats.as_md import markdown
from reports.formats.as_text import plain_text
from reports.week import WeeklyReport
from tests.reports import example_week

KNOWN = example_week.well_known()
"""Made on 23 November 2026; the contract ends on 30 June 2027, the line is full in July 2028."""


def with_dates(
    opens: date | None = None, closes: date | None = None, ends_on: date | None = date(2027, 6, 30)
) -> WeeklyReport:
    erate = ErateSettings(window_opens=opens, window_closes=closes)
    return replace(KNOWN, erate=erate, contract=replace(KNOWN.contract, ends_on=ends_on))


def asked(report: WeeklyReport) -> str:
    return board_parts(report)[-1].sentences[-1]


def test_a_window_is_told_before_in_and_after_it() -> None:
    before = with_dates(date(2027, 1, 20), date(2027, 3, 26))
    assert window(before) == "The next E-rate window is from 20 January 2027 to 26 March 2027."
    within = with_dates(date(2026, 11, 1), date(2027, 3, 26))
    assert window(within) == "The E-rate window closes on 26 March 2027."
    after = with_dates(date(2026, 1, 20), date(2026, 3, 26))
    assert window(after) == "The E-rate window that is known closed on 26 March 2026."
    assert window(KNOWN) is None


def test_the_earlier_of_window_and_contract_forces_the_decision() -> None:
    assert asked(with_dates(None, date(2027, 3, 26))) == (
        "The E-rate window closes on 26 March 2027. The contract ends on 30 June 2027. The window closes before "
        "the contract ends, so it is the window that forces the decision."
    )
    late = window_or_contract(with_dates(None, date(2027, 8, 1)))
    assert (
        late == "The contract ends before the window closes, so it is the contract that forces the decision."
    )
    for past in (with_dates(None, date(2026, 3, 26)), with_dates(None, date(2027, 3, 26), None), KNOWN):
        assert window_or_contract(past) is None


def test_the_contract_s_end_is_held_against_the_day_the_line_is_full() -> None:
    assert full_or_contract(KNOWN) == (
        "By the school's own growth the contract ends on 30 June 2027, before it is full."
    )
    assert full_or_contract(with_dates(ends_on=date(2029, 6, 30))) == (
        "By the school's own growth it is full before the contract ends on 30 June 2029."
    )
    assert full_or_contract(with_dates(ends_on=date(2026, 6, 30))) is None
    assert full_or_contract(example_week.short_of_target()) is None, "no growth of its own is known"


def test_the_dates_ahead_stand_in_their_order() -> None:
    report = with_dates(date(2027, 1, 20), date(2027, 3, 26))
    found = dates_ahead(report)
    assert [one.event for one in found] == [
        "window opens",
        "window closes",
        "contract ends",
        "four fifths",
        "full",
    ]
    assert [one.on for one in found] == sorted(one.on for one in found)
    assert forces(report) == found[1]
    assert date_lines(report)[1] == ("26 March 2027", "The E-rate window closes")
    assert forced_by(report).endswith("is 26 March 2027.")


def test_dates_that_are_past_are_not_ahead() -> None:
    assert dates_ahead(with_dates(None, date(2026, 3, 26)))[0].event == "contract ends"


def test_scenarios_stand_in_the_place_of_a_growth_that_is_not_known() -> None:
    found = dates_ahead(example_week.short_of_target())
    assert [one.by for one in found if one.event == "full"] == [
        "ENA",
        "Nielsen's law",
        "EducationSuperHighway",
    ]


def test_without_any_date_it_says_what_to_set() -> None:
    report = example_week.nothing_measured()
    assert dates_ahead(report) == ()
    assert "erate.window_closes" in forced_by(report)


@pytest.mark.parametrize("form", [plain_text, markdown, html_page])
def test_every_format_has_the_dates(form: object) -> None:
    assert callable(form)
    page = form(with_dates(None, date(2027, 3, 26)))
    assert "dates ahead" in page.lower()
    assert "Four fifths of the line are used" in page.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("window_opens = 2027-01-20", "window_closes: missing"),
        ("window_opens = 2027-01-20\nwindow_closes = 2026-03-26", "window_closes: found 2026-03-26"),
    ],
)
def test_a_window_that_cannot_be_is_refused(table: str, said: str) -> None:
    with pytest.raises(ConfigFault, match=said):
        parse(f"[erate]\n{table}\n", None, zone="UTC")
