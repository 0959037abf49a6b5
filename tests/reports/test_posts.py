"""A post fits where it is posted, whatever a school is called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.posts import post_length, shortened
from reports.publisher import PacketSettings
from reports.week import WeeklyReport
from tests.reports import example_week
from tests.reports.example_packet import made

LONGEST = "https://school.example/" + "x" * 37
POSTS = {"social-280.txt": 280, "social-500.txt": 500, "social-1000.txt": 1000}
WEEKS = {
    "short": example_week.short_of_target(),
    "meets": example_week.meets_target(),
    "too early": example_week.too_early(),
}


def wordy(report: WeeklyReport, name: str) -> WeeklyReport:
    """The same week of a school, and with a target, of this name."""
    gaps = tuple(replace(gap, target=replace(gap.target, name=name)) for gap in report.gaps)
    return replace(report, site=replace(report.site, name=name), gaps=gaps)


@pytest.mark.parametrize(
    ("text", "length"),
    [("", 0), ("École", 5), ("مدرسة", 5), ("学校", 4), ("🏫", 2), ("a–b…", 5), ("\u2068", 2)],
)
def test_x_counts_signs_of_some_scripts_twice(text: str, length: int) -> None:
    """Latin, Arabic and the usual dashes once; Chinese, emoji and the ellipsis's block twice."""
    assert post_length(text) == length


@pytest.mark.parametrize(
    "name", ["W" * 200, "学" * 200, "🏫" * 100, "مدرسة " * 33, "A school of a long name " * 8]
)
@pytest.mark.parametrize("week", WEEKS)
def test_every_post_fits_with_the_longest_names(name: str, week: str) -> None:
    """School and target of 200 characters, and the longest address that settings take."""
    packet = made(wordy(WEEKS[week], name.strip()), PacketSettings(website=LONGEST))
    lengths = {post: post_length(packet[post].decode().strip()) for post in POSTS}
    assert all(length <= POSTS[post] for post, length in lengths.items()), lengths
    assert all(LONGEST in packet[post].decode() for post in POSTS)


def test_the_three_lengths_are_used() -> None:
    """A longer post says more."""
    lengths = [len(made(WEEKS["short"])[post]) for post in POSTS]
    assert lengths == sorted(lengths)
    assert lengths[0] > 140
    assert lengths[2] > 600


@pytest.mark.parametrize(
    ("words", "most", "short"),
    [
        ("North Elementary", 40, "North Elementary"),
        ("North Elementary School of the Upper Valley", 30, "North Elementary School of…"),
        ("W" * 50, 10, "WWWWWWWW…"),
        ("学校" * 20, 10, "学校学校…"),
    ],
)
def test_a_long_name_is_cut_at_a_word(words: str, most: int, short: str) -> None:
    assert shortened(words, most) == short
    assert post_length(short) <= most
