"""The map of hours shows what was counted, by the site's clock, and nothing where nothing was."""

from __future__ import annotations

import re

from reports.formats.as_html import html_page
from reports.heat import Cell, heat_map
from tests.reports import example_week

SHORT = example_week.short_of_target()
MAP = heat_map(SHORT)


def cell(day: int, hour: int) -> Cell:
    assert MAP is not None
    return MAP.rows[day][1][hour]


def test_it_has_seven_days_of_twenty_four_hours() -> None:
    assert MAP is not None
    assert [day for day, _ in MAP.rows] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert all([one.hour for one in cells] == list(range(24)) for _, cells in MAP.rows)


def test_hours_are_the_school_s_own() -> None:
    """Lessons peak before ten, at night a backup goes up and not down."""
    assert (cell(0, 9).mbps or 0) > 100
    assert (cell(0, 2).mbps or 99) < 10
    assert cell(0, 7).school
    assert not cell(0, 17).school
    assert not cell(5, 10).school


def test_hours_in_which_nothing_was_counted_are_unknown() -> None:
    """Wednesday from eleven to two."""
    for hour in (11, 12, 13):
        assert (cell(2, hour).mbps, cell(2, hour).shade) == (None, None)
    assert cell(2, 14).mbps is not None


def test_shades_are_fifths_of_the_line() -> None:
    assert MAP is not None
    assert MAP.of_capacity
    assert MAP.full_mbps == SHORT.summary.capacity.typical.down_mbps
    for _, cells in MAP.rows:
        for one in cells:
            if one.mbps is not None:
                assert one.shade == min(int(one.mbps / MAP.full_mbps * 5), 4)


def test_without_a_test_they_are_fifths_of_the_busiest_hour() -> None:
    quiet = heat_map(example_week.week(delivers=(0.0, 0.0)))
    assert quiet is not None
    assert not quiet.of_capacity
    assert quiet.full_mbps > 0


def test_nothing_counted_is_no_map() -> None:
    assert heat_map(example_week.nothing_measured()) is None
    assert "Hour by hour" not in html_page(example_week.nothing_measured())


def test_the_page_has_it_as_a_table_that_can_be_read_without_colour() -> None:
    page = html_page(SHORT)
    table = page[page.index('<table class="heat">') :]
    table = table[: table.index("</table>")]
    assert table.count("<td") == 7 * 24
    assert len(re.findall(r"<td></td>", table)) == 3
    assert "The busiest hour is Mon 10:00 with" in page
