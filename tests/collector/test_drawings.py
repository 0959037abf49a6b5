"""What pages draw: gaps for what isn't known, names that don't touch, marks where sites lie."""

from __future__ import annotations

import dataclasses
import math
import re
from datetime import timedelta
from itertools import pairwise

import pytest

from collector.standings.reading import Totals
from collector.standings.trends import WeekTotals
from collector.views.discs_apart import FARTHEST, LEAST, Disc, apart
from collector.views.mapping import Spot, drawing
from collector.views.trend import HEIGHT, WIDTH, trend_chart
from collector.views.weeks_chart import SIZES, weeks_chart
from reports.charts import LINE
from reports.evidence import EvidenceRule
from reports.gaps import gap
from reports.samples import Rates
from reports.summaries import Summary
from tests.collector import made
from tests.collector.board_of_schools import TARGET


def _weeks(*demand: float | None) -> list[Summary]:
    """Newest first, as the store has them."""
    found = []
    for n, mbps in enumerate(reversed(demand)):
        week = made.week(made.NOW - timedelta(weeks=n))
        usage = dataclasses.replace(week.usage_school, p95=Rates(mbps, mbps))
        found.append(dataclasses.replace(week, usage_school=usage))
    return found


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_a_week_without_a_figure_is_a_gap_in_its_line(size: object) -> None:
    """Never zero, and never bridged."""
    chart = weeks_chart(_weeks(50.0, 60.0, None, 70.0, 80.0), None, size)  # type: ignore[arg-type]
    assert chart is not None
    demanded = next(line for line in chart.lines if line.kind == "demanded")
    assert len(demanded.paths) == 2
    numbers = [float(one) for path in demanded.paths for one in re.findall(r"[\d.]+", path)]
    assert all(chart.top <= y < chart.bottom for y in numbers[1::2])


def test_levels_far_above_the_data_are_told_in_words() -> None:
    """Drawing them to scale would press the school's weeks flat."""
    weeks = _weeks(50.0, 60.0, 70.0)
    held = gap(TARGET, made.LINCOLN, made.CABLE, weeks[0], EvidenceRule())
    chart = weeks_chart(weeks, held, SIZES[0])
    assert chart is not None
    assert chart.beyond == ("Recommended 2,012 Mbps: 13.4 times as high as this scale",)
    assert {line.kind for line in chart.lines} == {"demanded", "delivered", "contracted"}
    heights = [line.label_y for line in chart.lines]
    assert all(b - a >= LINE for a, b in pairwise(heights))


def test_there_is_no_chart_of_one_week_or_of_nothing() -> None:
    assert weeks_chart(_weeks(50.0), None, SIZES[0]) is None
    nothing = [
        dataclasses.replace(
            week, capacity=dataclasses.replace(week.capacity, typical=Rates()), usage_school=week.usage_school
        )
        for week in _weeks(None, None)
    ]
    assert weeks_chart(nothing, None, SIZES[0]) is None


def test_columns_of_weeks_fill_their_drawing_and_leave_room_for_missing_ones() -> None:
    """Short sites stand on the axis."""
    weeks = [
        WeekTotals("2026-W40", Totals(short=3, meets=1, shortfall_mbps=10.0)),
        WeekTotals("2026-W42", Totals(short=1, unknown=1, silent=1, meets=1, shortfall_mbps=5.0)),
    ]
    chart = trend_chart(weeks)
    assert chart is not None
    assert all(one.x >= 0 and one.x + one.width <= WIDTH for one in chart.states)
    first = next(one for one in chart.states if one.state == "short")
    assert first.y + first.height == pytest.approx(HEIGHT)
    assert first.height == pytest.approx(HEIGHT * 3 / 4)
    assert [one.height for one in chart.lacking] == pytest.approx([HEIGHT, HEIGHT / 2])
    step = chart.lacking[1].x - chart.lacking[0].x
    assert step == pytest.approx(2 * WIDTH / 8)
    assert trend_chart(weeks[:1]) is None
    assert trend_chart([WeekTotals("2026-W40", Totals())] * 3) is None


def test_a_map_holds_all_its_marks_and_the_outlines_in_sight() -> None:
    """Saint Paul and Duluth are both in Minnesota, and the way between them isn't in Texas."""
    found = drawing(
        [Spot(44.95, -93.09, "Saint Paul", "/a", "short"), Spot(46.79, -92.1, "Duluth", "/b", "meets")]
    )
    assert found is not None
    assert all(0 < mark.x < found.width and 0 < mark.y < found.height for mark in found.marks)
    by_name = {mark.spot.name: mark for mark in found.marks}
    assert by_name["Duluth"].y < by_name["Saint Paul"].y, "north is up"
    assert by_name["Duluth"].x > by_name["Saint Paul"].x, "east is right"
    names = {name for name, _ in found.outlines}
    assert {"Minnesota", "Wisconsin"} <= names
    assert "Texas" not in names
    assert found.marks[-1].spot.state == "short", "what is short is drawn last, above the others"


@pytest.mark.parametrize(
    "spots",
    [
        [Spot(0.0, 0.0, "nowhere", "/", "meets")],
        [Spot(90.0, 180.0, "a pole", "/", "meets"), Spot(-90.0, -180.0, "the other", "/", "short")],
        [Spot(61.2, -149.9, "Anchorage", "/", "meets"), Spot(18.4, -66.1, "San Juan", "/", "place", 900, 1)],
        [Spot(44.0, -93.0, "same", "/", "meets")] * 3,
    ],
)
def test_a_map_of_anywhere_is_drawn(spots: list[Spot]) -> None:
    found = drawing(spots)
    assert found is not None
    assert 300 <= found.height <= 620
    assert all(-1 <= mark.x <= found.width + 1 and -1 <= mark.y <= found.height + 1 for mark in found.marks)


def test_nothing_to_mark_is_no_map() -> None:
    assert drawing([]) is None


GUAM, MAINE, ALASKA, HAWAII = (
    Spot(lat, lon, name, "/", "meets")
    for lat, lon, name in (
        (13.4, 144.8, "Guam"),
        (44.3, -69.8, "Maine"),
        (61.2, -149.9, "Alaska"),
        (21.3, -157.8, "Hawaii"),
    )
)


def test_beyond_the_date_line_is_west_of_america() -> None:
    """Guam isn't drawn where Asia's east would be seen from Europe."""
    found = drawing([GUAM, ALASKA])
    assert found is not None
    assert [mark.spot.name for mark in sorted(found.marks, key=lambda mark: mark.x)] == ["Guam", "Alaska"]
    assert not found.boxes, "neither is the rest of the other"


def test_what_lies_far_from_the_rest_is_in_a_box_of_its_own() -> None:
    alone, found = drawing([MAINE]), drawing([GUAM, MAINE, ALASKA, HAWAII])
    assert alone is not None
    assert found is not None
    by_name = {mark.spot.name: mark for mark in found.marks}
    assert (by_name["Maine"].x, by_name["Maine"].y) == (alone.marks[0].x, alone.marks[0].y), "as if alone"
    assert len(found.boxes) == 3
    for name, box in zip(("Alaska", "Hawaii", "Guam"), found.boxes, strict=True):
        mark = by_name[name]
        assert box.x < mark.x < box.x + box.width
        assert box.y < mark.y < box.y + box.height
        path = dict(found.outlines)[name]
        spots = [tuple(map(float, one.split())) for one in path.strip("MZ").replace("ZM", "L").split("L")]
        assert all(box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height for x, y in spots)
    assert found.boxes[0].y > alone.height, "below the rest"
    assert all(a.x + a.width < b.x for a, b in pairwise(found.boxes))
    assert found.boxes[-1].x + found.boxes[-1].width <= found.width
    assert "Texas" not in dict(found.outlines), "which is out of sight and isn't drawn over the boxes"


def test_many_discs_are_smaller_ones() -> None:
    few, many = (
        drawing([Spot(40 + n % 20, -90 + n // 20, f"d{n}", "/", "place", 10, 5) for n in range(count)])
        for count in (10, 400)
    )
    assert few is not None
    assert many is not None
    assert many.marks[0].radius < few.marks[0].radius / 2


def _crowd() -> list[Spot]:
    """States as they are: eleven in the north-east, and some far away."""
    places = {
        "Maine": (45.3, -69.2), "New Hampshire": (43.7, -71.6), "Vermont": (44.0, -72.7), "Massachusetts": (42.2, -71.8),
        "Rhode Island": (41.7, -71.5), "Connecticut": (41.6, -72.7), "New York": (42.9, -75.5), "New Jersey": (40.2, -74.7),
        "Pennsylvania": (40.9, -77.8), "Delaware": (39.0, -75.5), "Maryland": (39.0, -76.7), "D.C.": (38.9, -77.0),
        "Virginia": (37.5, -78.8), "California": (37.2, -119.5), "Alaska": (64.4, -152.3), "Hawaii": (20.3, -156.4),
        "Guam": (13.4, 144.8), "Puerto Rico": (18.2, -66.4), "Texas": (31.5, -99.3), "Florida": (28.6, -82.4),
    }  # fmt: skip
    sites = {"California": 9900, "Texas": 9000, "New York": 4700, "Pennsylvania": 2900, "Florida": 4200}
    return [
        Spot(lat, lon, name, f"/{n}", "place", sites.get(name, 200 + 90 * n), n)
        for n, (name, (lat, lon)) in enumerate(places.items())
    ]


def test_no_disc_of_a_nation_lies_upon_another() -> None:
    """Each is seen whole and can be clicked, inside the drawing and near where its sites are."""
    found = drawing(_crowd())
    assert found is not None
    discs = found.marks
    assert len(discs) == 20
    for n, one in enumerate(discs):
        assert one.radius >= LEAST
        assert one.radius <= one.x <= found.width - one.radius
        assert one.radius <= one.y <= found.height - one.radius
        for other in discs[n + 1 :]:
            assert math.hypot(one.x - other.x, one.y - other.y) > one.radius + other.radius
    assert {"California", "Guam", "Hawaii"} & {one.spot.name for one in discs if one.home is None}
    for one in discs:
        if one.home is not None:
            assert one.radius < math.dist(one.home, (one.x, one.y)) <= FARTHEST
    assert drawing(_crowd()) == found, "the same for the same discs"


def test_discs_of_one_place_go_different_ways() -> None:
    """Where all lie at the same place there is no line between them to go along."""
    discs = apart((Disc(360, 200, 8),) * 12, 720, 400)
    for n, one in enumerate(discs):
        for other in discs[n + 1 :]:
            assert math.hypot(one.x - other.x, one.y - other.y) >= one.radius + other.radius


def test_discs_that_have_no_room_are_made_smaller() -> None:
    discs = apart(tuple(Disc(50 + n, 50, 16) for n in range(30)), 100, 100)
    assert all(0 < one.radius < 16 for one in discs)
    assert all(one.radius <= one.x <= 100 - one.radius for one in discs)


def test_discs_with_room_stay_where_they_are() -> None:
    discs = Disc(100, 100, 8), Disc(130, 100, 8)
    assert apart(discs, 720, 400) == discs
