"""Windows are the site's own times, over midnight and over days when clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from reports.windows import holds, parse, windows

CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("08:00-15:00", ["2026-11-24 08:00", "2026-11-24 14:59"], ["2026-11-24 07:59", "2026-11-24 15:00"]),
        ("18:00-06:00", ["2026-11-24 18:00", "2026-11-25 05:59"], ["2026-11-24 17:59", "2026-11-25 06:00"]),
        ("2026-12-24", ["2026-12-24 00:00", "2026-12-24 23:59"], ["2026-12-23 23:59", "2026-12-25 00:00"]),
        ("2026-04-13/2026-04-24 08:00-15:00", ["2026-04-13 08:00", "2026-04-24 14:00"],
         ["2026-04-12 09:00", "2026-04-25 09:00", "2026-04-14 16:00"]),
        ("2026-12-31 22:00-02:00", ["2026-12-31 22:00", "2027-01-01 01:59"], ["2027-01-01 22:30", "2026-12-31 01:00"]),
    ],
)  # fmt: skip
def test_a_window_holds_its_hours_and_dates(text: str, inside: list[str], outside: list[str]) -> None:
    """Ends are exclusive; hours over midnight belong to the day on which they begin."""
    window = (parse(text),)
    for local in inside + outside:
        at = datetime.fromisoformat(local).replace(tzinfo=CHICAGO).astimezone(UTC)
        assert holds(window, at, CHICAGO) == (local in inside), local


def test_a_window_ends_when_its_local_hours_do() -> None:
    """Also on the night that is an hour longer: 18:00 to 06:00 is thirteen hours then."""
    window = parse("18:00-06:00")
    begins = datetime(2026, 10, 31, 23, tzinfo=UTC)  # 18:00 in Chicago, the night the clocks go back
    ends = window.end_after(begins, CHICAGO)
    assert ends == datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert (ends - begins).total_seconds() == 13 * 3600


@pytest.mark.parametrize(
    "bad", ["", " ", "8-15", "08:00", "2026-13-01", "2026-04-24/2026-04-13", "25:00-26:00", "x"]
)
def test_what_is_no_window_is_refused(bad: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # settings turn any into their one line
        parse(bad)


@pytest.mark.parametrize("bad", ["08:00-15:00", [8], None])
def test_settings_hold_a_list_of_texts(bad: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        windows(bad)
