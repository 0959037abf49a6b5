"""No count of fewer than ten can be read from a tally, nor worked out from what it tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.small_cells import FEWEST, Cells, Told, told

Answers = list[tuple[str, Mapping[str, str]]]


def checks(**areas: tuple[int, int]) -> Answers:
    """So many that meet and fall short, by area, of one benchmark."""
    return [
        (area, {"fcc": answer})
        for area, (meets, short) in areas.items()
        for answer in ["meets"] * meets + ["short"] * short
    ]


def rows(found: Told) -> dict[str | None, tuple[int | None, int | None, int | None]]:
    return {one.area: (one.checks, one.meets, one.short) for one in (*found.areas, found.total)}


def test_large_areas_are_told_as_they_are() -> None:
    (found,) = told(checks(north=(40, 20), south=(15, 30)))
    assert rows(found) == {"north": (60, 40, 20), "south": (45, 15, 30), None: (105, 55, 50)}


def test_one_area_with_a_small_count_takes_another_with_it() -> None:
    """Else the total less the others would be the one that isn't told."""
    (found,) = told(checks(north=(40, 20), south=(15, 30), west=(30, 4)))
    assert rows(found) == {
        "north": (60, 40, 20),
        "south": (45, None, None),
        "west": (34, None, None),
        None: (139, 85, 54),
    }


def test_those_held_back_are_ten_or_more_together() -> None:
    """Two areas of three each would be told as six: so a third goes with them."""
    (found,) = told(checks(north=(40, 20), south=(15, 30), west=(30, 3), east=(30, 3)))
    assert [one.area for one in found.areas if one.meets is None] == ["east", "south", "west"]


def test_an_area_of_few_checks_has_no_number_at_all() -> None:
    (found,) = told(checks(north=(40, 20), south=(15, 30), west=(2, 3)))
    assert rows(found)["west"] == (None, None, None)
    assert rows(found)["south"] == (None, None, None)
    assert rows(found)[None] == (110, 57, 53)


def test_where_no_area_is_left_to_cover_the_total_goes() -> None:
    (found,) = told(checks(north=(40, 3)))
    assert rows(found) == {"north": (43, None, None), None: (43, None, None)}
    (found,) = told(checks(north=(4, 3)))
    assert rows(found) == {"north": (None, None, None), None: (None, None, None)}


def test_none_counts_as_few() -> None:
    """That all of an area fall short says of each home that it does."""
    (found,) = told(checks(north=(0, 43), south=(40, 40), west=(20, 20)))
    assert rows(found)["north"] == (43, None, None)


def test_unclear_checks_count_nowhere() -> None:
    (found,) = told([*checks(north=(40, 20)), *[("north", {"fcc": "unclear"})] * 30])
    assert rows(found)[None] == (60, 40, 20)


def test_what_one_benchmark_hides_another_doesnt_tell() -> None:
    """Nine clear checks of one and ten of another: the number of homes there is told by neither."""
    answers: Answers = [("west", {"fcc": "meets", "cosn": "meets" if n else "unclear"}) for n in range(10)]
    for area in ("north", "south"):
        answers += [(area, {"fcc": answer, "cosn": answer}) for answer in ["meets"] * 20 + ["short"] * 20]
    for found in told(answers):
        assert rows(found)["west"] == (None, None, None)


AREAS = st.dictionaries(
    st.sampled_from("abcdef"), st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1
)


@settings(deadline=None)
@given(AREAS)
def test_a_hidden_count_may_always_be_one_of_ten_or_more(areas: dict[str, tuple[int, int]]) -> None:
    """What the told figures leave open for each hidden count of an area whose size is told."""
    areas = {area: pair for area, pair in areas.items() if sum(pair)}
    for found in told(checks(**areas)):
        for one in found.areas:
            assert one.meets is None or min(one.meets, one.short or 0) >= FEWEST
            if one.meets is None and one.checks is not None:
                low, high = bounds(found, one, one.checks)
                assert high - low >= FEWEST
        for low, high in sizes(found):
            assert high - low >= FEWEST


def bounds(found: Told, one: Cells, checks_there: int) -> tuple[int, int]:
    """The least and the most that may meet the benchmark in an area, by all that is told."""
    total = found.total
    if total.meets is None or total.checks is None:
        return 0, checks_there
    meets = total.meets - sum(other.meets or 0 for other in found.areas)
    others = total.checks - checks_there - sum((c.meets or 0) + (c.short or 0) for c in found.areas)
    return max(0, meets - others), min(checks_there, meets)


def sizes(found: Told) -> Iterator[tuple[int, int]]:
    """The least and the most checks of each area whose number isn't told, by the total."""
    nameless = [one for one in found.areas if one.checks is None]
    if found.total.checks is None:
        return
    rest = found.total.checks - sum(one.checks or 0 for one in found.areas)
    for _ in nameless:
        yield (0 if len(nameless) > 1 else rest), rest


@pytest.mark.parametrize("answers", [[], [("north", {})]])
def test_nothing_checked_is_nothing_told(answers: Answers) -> None:
    assert told(answers) == ()
