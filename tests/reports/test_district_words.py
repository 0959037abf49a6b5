"""What a district's report says: in each state a sentence, no figure that isn't known, no name left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.district import Bounds, DistrictReport, Place
from reports.district_board_words import asks, cost, parts, risk
from reports.district_methods import methods, quality
from reports.district_page import district_page
from reports.district_words import bounds, headline, lead, silent_words
from tests.reports import example_district as example
from tests.reports.example_district import TOLD, asked, report, schools


def well() -> DistrictReport:
    """All that meets what it is asked."""
    told = [replace(one, down=9000.0, tests=26, days=5, silent_since=None, out=0.0) for one in TOLD]
    return report(schools(told))


def nothing() -> DistrictReport:
    """Nobody ever sent anything."""
    return report([replace(one, heard_at=None, weeks={}) for one in schools()])


def test_short_says_by_how_much_at_the_least() -> None:
    assert headline(report()) == (
        "Short of SETDA 2020-21 by at least 3,388 Mbps: 1 of 2 circuits delivers less than is recommended."
    )


def test_meets_says_how_many_circuits_do() -> None:
    assert headline(well()) == "Meets SETDA 2020-21: all 2 circuits deliver what is recommended."
    assert cost(well()) == ["The recommendation is met: there is no gap to close, and nothing to pay for it."]
    assert risk(well())[0] == "None of the 6 sites that tell of outages had one."
    assert asks(well()) == ["Of the board: nothing. The circuits do what is recommended."]


def test_no_verdict_says_how_many_schools_are_needed() -> None:
    assert headline(nothing()) == (
        "Not enough evidence yet for a verdict on SETDA 2020-21: 0 of 5 schools have evidence, 3 are needed."
    )
    assert headline(report(asked=asked(share=1.0))).endswith(
        "3 of 5 schools have evidence, 5 are needed. So far the circuits that are known well enough lack "
        "3,388 Mbps."
    )


def test_another_scope_is_named() -> None:
    """A link's target is no district's, and the report says so rather than holding a district to it."""
    found = report(asked=asked("setda-2-wan"))
    assert headline(found).startswith("SETDA WAN has no figure for a whole district (it is for the link")
    assert any(
        "Scope: the district as a whole, by the band of its size." in words for words in lead(report())
    )


def test_silent_sites_are_told_with_their_last_word() -> None:
    assert silent_words(report()) == "Silent: Cedar Fork High School since Tue 17 Nov 10:05."
    told = silent_words(nothing()) or ""
    assert "Cedar Fork gateway, never heard" in told
    assert silent_words(well()) is None


def test_many_silent_sites_are_counted_beyond_the_first() -> None:
    gone = [replace(one, heard_at=None, weeks={}) for one in schools()]
    more = [replace(gone[1], site=replace(gone[1].site, id=f"s{n}", name=f"School {n}")) for n in range(10)]
    found = report([*gone, *more])
    assert (silent_words(found) or "").endswith(" and 10 more.")


def test_the_ask_has_its_date() -> None:
    assert asks(report())[-1] == "By 26 March 2027, when the E-rate window closes."
    assert asks(report(asked=asked(window_closes=None)))[-1] == (
        "By 30 June 2028, when the first of these contracts ends."
    )


def test_costs_name_source_share_and_what_is_paid_today() -> None:
    words = " ".join(cost(report()))
    assert "about 7,500 USD a month" in words
    assert "5,100 USD more than is paid today" in words
    assert "E-rate pays 80 % of it" in words
    assert "as long as no E-rate discount is known" in " ".join(cost(report(asked=asked(nslp_share=None))))


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (Bounds(), "–"),
        (Bounds(180.0, 180.0), "180.0 Mbps"),
        (Bounds(180.0, None), "at least 180.0 Mbps"),
        (Bounds(180.0, 700.0), "180.0 to 700.0 Mbps"),
        (Bounds(None, 700.0), "–"),
    ],
)
def test_bounds_are_told_as_bounds(figure: Bounds, words: str) -> None:
    assert bounds(figure) == words


@pytest.mark.parametrize("make", [report, well, nothing])
def test_each_part_always_has_a_sentence(make: object) -> None:
    found = make()  # type: ignore[operator]
    assert [part.name for part in parts(found)] == [
        "How the schools stand",
        "What the circuits carry",
        "What closing the gap costs",
        "What is at risk",
        "What is asked",
    ]
    for part in parts(found):
        assert part.sentences
        assert all(words.endswith(".") and "None Mbps" not in words for words in part.sentences)
    assert all(quality(found))


def test_the_method_states_the_rule_and_where_it_is_set() -> None:
    said = dict(methods(report(asked=asked(share=0.75))))
    assert "evidence of 75 % of its schools" in said["Evidence"]
    assert "district.min_schools_share" in said["Evidence"]
    assert "5 trusted tests on 3 school days" in said["Evidence"]
    assert "can't be added up" in said["Bounds"]


def test_one_site_is_told_as_far_as_summaries_tell() -> None:
    """Its own gap and not the shared circuit's; what only its gateway knows is said to be there."""
    known = schools()
    one = [site for site in known if site.site.id == "010000500873"]
    found = report(one, example.lines(known)[1:], place=Place("site", "010000500873", "Stony Point School"))
    page = district_page(found)
    assert page.verdict.startswith("Meets SETDA 2020-21: 940.0 Mbps down delivered")
    assert page.parts[-1].sentences[0].endswith("by `bandgap report --week 2026-W47`.")
    assert "with 1 other site." in " ".join(page.parts[0].sentences)
    assert [figure.number for figure in page.figures][:2] == ["940.0", "786.0"]


def test_a_site_that_fell_silent_says_so_first() -> None:
    known = schools()
    one = [site for site in known if site.site.id == "010000500872"]
    found = report(one, [], place=Place("site", "010000500872", "High"))
    assert headline(found).startswith("This site is silent since Tue 17 Nov 10:05. Before that: Short of")
    found = report([replace(one[0], heard_at=None, weeks={})], [], place=Place("site", "x", "High"))
    assert headline(found).startswith("This site was never heard. Before that: No verdict")
