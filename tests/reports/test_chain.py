"""A chain shows what is missing, what was edited and what was made twice, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.chain import Break, Entry, Link, break_words, digest, linked, missing, verify

lengths = st.integers(1, 40)


def chain(length: int, salt: str = "", after: list[Entry] | None = None) -> list[Entry]:
    """A chain as it is made: each body carries its link, and is hashed with it."""
    found = list(after or [])
    for number in range(length):
        link = Link(len(found) + 1, found[-1].digest if found else None)
        body = linked(json.dumps({"label": f"{salt}{number}"}), link)
        found.append(Entry(link.number, link.previous, digest(body)))
    return found


def test_a_link_stands_in_the_body_that_is_hashed() -> None:
    """The body stays JSON with what it said, and says which link it is."""
    body = linked('{"label":"a"}', Link(1, None))
    assert json.loads(body) == {"label": "a", "chain": {"number": 1, "previous": None}}
    second = linked('{"label":"b"}', Link(2, digest(body)))
    assert json.loads(second)["chain"] == {"number": 2, "previous": digest(body)}


def test_no_links_are_no_broken_chain() -> None:
    assert verify([]) == []


@settings(deadline=None)
@given(lengths, st.randoms())
def test_a_chain_as_it_was_made_is_whole(length: int, random: object) -> None:
    """In whatever order its links come, and however often."""
    entries = chain(length)
    random.shuffle(entries)  # type: ignore[attr-defined]
    assert verify(entries + entries[:3], length) == []


@settings(deadline=None)
@given(lengths, st.sets(st.integers(1, 40)))
def test_what_is_missing_is_a_gap_and_nothing_else(length: int, lost: set[int]) -> None:
    """At the start, in the middle and, when the length is known, at the end."""
    found = verify([one for one in chain(length) if one.number not in lost], length)
    assert all(one.kind == "gap" for one in found)
    shown = {number for one in found for number in range(one.first, one.last + 1)}
    assert shown == {number for number in lost if number <= length}
    inside = list(verify(one for one in chain(length) if one.number not in lost))
    assert inside == [one for one in found if one.last < length]


@settings(deadline=None)
@given(lengths, st.data())
def test_an_edited_body_is_named(length: int, data: st.DataObject) -> None:
    """Whichever it is, also the newest, and also when what was noted of it was edited along."""
    number = data.draw(st.integers(1, length))
    entries = chain(length)
    entries[number - 1] = replace(entries[number - 1], found=digest("edited"))
    assert verify(entries) == [Break("edit", number, number)]
    entries[number - 1] = replace(entries[number - 1], digest=digest("edited"))
    assert verify(entries) == ([Break("edit", number, number)] if number < length else [])


@settings(deadline=None)
@given(lengths, st.integers(1, 40), st.integers(1, 40), st.data())
def test_two_branches_are_one_fork(length: int, one: int, other: int, data: st.DataObject) -> None:
    """A store was restored from a copy and went on: the fork is where both follow the same link."""
    at = data.draw(st.integers(0, length))
    trunk = chain(length)[:at]
    entries = chain(one, "one", trunk) + chain(other, "other", trunk)
    assert verify(entries) == [Break("fork", at + 1, at + 1)]


def test_a_first_link_that_follows_something_is_an_edit() -> None:
    assert verify([Entry(1, digest("what?"), digest("a"))]) == [Break("edit", 1, 1)]


def test_missing_stretches_are_between_what_is_there() -> None:
    """From where one looks; what comes after the highest isn't missing, for nobody knows of it."""
    assert missing([]) == []
    assert missing([3, 4, 9]) == [(1, 2), (5, 8)]
    assert missing([3, 4, 9], 4) == [(5, 8)]


def test_breaks_have_their_words() -> None:
    said = [break_words(one) for one in (Break("gap", 7, 7), Break("gap", 81, 1084), Break("edit", 5, 5))]
    assert said == ["7 is missing", "81 to 1,084 are missing", "5 was edited"]
    assert break_words(Break("fork", 101, 101)) == "101 is there twice"
