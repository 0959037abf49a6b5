"""A site's facts: what isn't told is unknown, and what depends on it is too."""

from __future__ import annotations

from datetime import time

import pytest

from reports.sites import Site, school_hours


def test_users_are_students_staff_and_guests() -> None:
    """SETDA's word for all whom a line serves."""
    assert Site(students=400, staff=40).users == 440
    assert Site(students=400, staff=40, guests=9).users == 449


@pytest.mark.parametrize("site", [Site(), Site(students=400), Site(staff=40)])
def test_users_are_unknown_while_a_part_of_them_is(site: Site) -> None:
    """400 students and unknown staff aren't 400 users."""
    assert site.users is None


def test_school_hours_are_two_times() -> None:
    """As a bell plan gives them."""
    assert school_hours("07:45-15:10") == (time(7, 45), time(15, 10))


@pytest.mark.parametrize("text", ["7-17", "07:00 - 17:00", "07:00-24:00", "07:60-08:00", "", "07:00-17:00\n"])
def test_anything_else_is_not_school_hours(text: str) -> None:
    """Rather refuse than guess."""
    with pytest.raises(ValueError, match=r".*"):
        school_hours(text)
