"""A site's chain is checked as it comes: shown where it is broken, and never in the way of good data."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import insert

from collector.chains import FOLDED_AT_ONCE, KEPT, KeptChain, KeptLink
from collector.engine import writing
from collector.tables import links
from reports.chain import Link, digest, linked, verify
from reports.sites import Site
from reports.summaries import Summary
from reports.wire import summary_json, upload_json
from tests.collector import made
from tests.collector.conftest import Running


def hours(count: int, first: int = 0, **figures: Any) -> list[Summary]:
    start = made.NOW - timedelta(hours=1_700)
    return [made.hour(start + timedelta(hours=first + n), **figures) for n in range(count)]


def chained(summaries: Sequence[Summary], after: str | None = None) -> list[str]:
    """Bodies that are links, each following the one before; ``after`` is the body that the first follows."""
    bodies: list[str] = []
    for one in summaries:
        link = Link(1, None)
        if after is not None:
            number = int(re.findall(r'"number":(\d+)', after)[-1]) + 1
            link = Link(number, digest(after))
        after = linked(summary_json(one), link)
        bodies.append(after)
    return bodies


def post(collector: Running, token: str, bodies: Sequence[str]) -> dict[str, Any]:
    answer = collector.post(token, upload_json("0.2.0", made.LINCOLN, made.CABLE, bodies))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def chain_of(collector: Running) -> dict[str, Any]:
    found: dict[str, Any] = collector.get("/v1/sites/lincoln").json()["chain"]
    return found


def on_the_page(collector: Running) -> str:
    page = collector.get("/sites/lincoln").text
    (said,) = re.findall(r"<dt>Chain of summaries</dt><dd>(.*?)</dd>", page)
    return str(said)


def test_a_whole_chain_is_whole(collector: Running, token: str) -> None:
    """The receipt, the JSON and the page tell the same head, over the bytes that were sent."""
    bodies = chained(hours(5))
    assert post(collector, token, bodies)["have"] == {"through": 5, "head": digest(bodies[-1]), "missing": []}
    assert chain_of(collector) == {"through": 5, "head": digest(bodies[-1]), "received": 5, "breaks": []}
    assert on_the_page(collector) == f"5 summaries, whole, head {digest(bodies[-1])[:12]}"


def test_an_agent_without_a_chain_is_taken_as_before(collector: Running, token: str) -> None:
    """An old one sends no links, and that is no fault of it."""
    receipt = collector.post(token, made.body([made.hour(), made.week()])).json()
    assert len(receipt["accepted"]) == 2
    assert receipt["have"] == {"through": 0, "head": None, "missing": []}
    assert collector.get("/v1/sites/lincoln").json()["chain"] is None
    assert on_the_page(collector) == "none: its agent links no summaries"


def test_a_chain_begins_where_an_agent_is_upgraded(collector: Running, token: str) -> None:
    collector.post(token, made.body(hours(3)))
    post(collector, token, chained(hours(2, first=3)))
    assert (chain_of(collector)["through"], chain_of(collector)["breaks"]) == (2, [])


def test_a_running_week_beside_the_chain_is_no_gap(collector: Running, token: str) -> None:
    bodies = chained(hours(2))
    receipt = post(collector, token, [summary_json(made.week()), *bodies])
    assert len(receipt["accepted"]) == 3
    assert chain_of(collector)["breaks"] == []


def test_a_gap_is_told_until_it_is_filled(collector: Running, token: str) -> None:
    """What came is stored, the receipt names what didn't, and a late arrival mends it."""
    bodies = chained(hours(10))
    receipt = post(collector, token, bodies[:3] + bodies[5:6] + bodies[8:])
    assert len(receipt["accepted"]) == 6
    assert receipt["have"]["missing"] == [[4, 5], [7, 8]]
    assert chain_of(collector)["breaks"] == [
        {"kind": "gap", "first": 4, "last": 5},
        {"kind": "gap", "first": 7, "last": 8},
    ]
    assert "6 summaries, broken: 4 to 5 are missing; 7 to 8 are missing, head" in on_the_page(collector)
    assert post(collector, token, bodies[3:5])["have"]["missing"] == [[7, 8]]
    assert post(collector, token, bodies)["have"]["missing"] == []
    assert chain_of(collector)["breaks"] == []
    assert collector.rows() == 10


def test_many_gaps_are_told_a_few_at_a_time(collector: Running, token: str) -> None:
    """The receipt stays small; what is sent for the first makes room for the rest."""
    bodies = chained(hours(400))
    have = post(collector, token, bodies[1::2])["have"]
    assert have["missing"] == [[n, n] for n in range(1, 100, 2)]
    assert post(collector, token, bodies[:100])["have"]["missing"][0] == [101, 101]


def test_other_content_under_a_known_id_is_refused_and_marked(
    collector: Running, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The first that came stays; that another was sent stays to be seen, and the log says what it may be."""
    bodies = chained(hours(3))
    post(collector, token, bodies)
    forged = chained(hours(1, first=1, down=900.0), after=bodies[0])
    with caplog.at_level(logging.WARNING, "bandgap.collector"):
        receipt = post(collector, token, forged)
    assert [one["id"] for one in receipt["refused"]] == [hours(2)[1].id]
    assert chain_of(collector)["breaks"] == [{"kind": "fork", "first": 2, "last": 2}]
    assert caplog.records[-1].getMessage() == (
        "upload of lincoln: its past was rewritten, restored from a copy, or two gateways have one token "
        "(links: 2 is there twice)"
    )
    (kept,) = {one.capacity.best.down_mbps for one in stored(collector)}
    assert kept == 94.1


def stored(collector: Running) -> list[Summary]:
    known = collector.store.site("lincoln")
    assert known is not None
    start = made.NOW - timedelta(days=90)
    return [one.summary for one in collector.store.hours_between(start, made.NOW) if one.site == known.key]


def test_a_fork_is_one_break_and_both_branches_are_kept(collector: Running, token: str) -> None:
    """A gateway was restored from a copy: its later hours are good, and the fork stays in sight."""
    trunk = chained(hours(5))
    post(collector, token, trunk)
    branch = chained(hours(4, first=10), after=trunk[2])
    receipt = post(collector, token, branch)
    assert len(receipt["accepted"]) == 4
    assert chain_of(collector)["breaks"] == [{"kind": "fork", "first": 4, "last": 4}]
    assert chain_of(collector)["head"] == digest(branch[-1]), "of the branch that went on"
    assert collector.rows() == 9


def test_a_link_that_follows_another_body_than_was_sent_is_an_edit(
    collector: Running, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A body was changed at the site after it had been sent, and the next one tells."""
    bodies = chained(hours(2))
    post(collector, token, bodies)
    edited = bodies[1].replace('"outage_minutes":3.0', '"outage_minutes":0.0')
    assert edited != bodies[1]
    with caplog.at_level(logging.WARNING, "bandgap.collector"):
        receipt = post(collector, token, chained(hours(1, first=2), after=edited))
    assert len(receipt["accepted"]) == 1
    assert chain_of(collector)["breaks"] == [{"kind": "edit", "first": 2, "last": 2}]
    assert "(links: 2 was edited)" in caplog.text


def test_the_same_again_marks_and_logs_nothing(
    collector: Running, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    bodies = chained(hours(5))
    post(collector, token, bodies)
    with caplog.at_level(logging.WARNING, "bandgap.collector"):
        assert len(post(collector, token, bodies)["known"]) == 5
    assert caplog.records == []
    assert chain_of(collector)["breaks"] == []


def test_a_refused_summary_is_a_link_all_the_same(collector: Running, token: str) -> None:
    """It came, so it isn't missing, and the agent isn't asked for it for ever."""
    bodies = chained(hours(3))
    bad = linked(summary_json(hours(2)[1]).replace('"outage_minutes":3.0', '"outage_minutes":-3.0'),
                 Link(2, digest(bodies[0])))  # fmt: skip
    receipt = post(collector, token, [bodies[0], bad, *chained(hours(1, first=2), after=bad)])
    assert [one["reason"] for one in receipt["refused"]] == [
        "outage_minutes: -3 is not a number of 0 or more"
    ]
    assert receipt["have"]["missing"] == []
    assert chain_of(collector)["breaks"] == []


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        (Link(0, None), "chain.number: 0 is no number of a link"),
        (Link(1 << 60, None), f"chain.number: {1 << 60} is no number of a link"),
        (Link(2, "ab"), "chain.previous: expected 64 hexadecimal digits, or null for the first"),
        (Link(2, "G" * 64), "chain.previous: expected 64 hexadecimal digits, or null for the first"),
        (Link(2, "A" * 64), "chain.previous: expected 64 hexadecimal digits, or null for the first"),
    ],
)
def test_what_no_link_can_be_is_refused_by_itself(
    collector: Running, token: str, link: Link, reason: str
) -> None:
    """The others of its upload are taken."""
    good = chained(hours(1))
    receipt = post(collector, token, [*good, linked(summary_json(hours(2)[1]), link)])
    assert len(receipt["accepted"]) == 1
    assert [one["reason"] for one in receipt["refused"]] == [reason]
    assert receipt["have"]["through"] == 1


def test_a_number_far_off_costs_no_more_than_another(collector: Running, token: str) -> None:
    """One number in front of a desert is two stretches, not a list of all that is missing."""
    far = linked(summary_json(hours(1)[0]), Link(10**9, "0" * 64))
    assert post(collector, token, [far])["have"]["missing"] == [[1, 10**9 - 1]]
    assert chain_of(collector)["breaks"] == [{"kind": "gap", "first": 1, "last": 10**9 - 1}]


def test_bytes_are_hashed_as_they_were_sent(collector: Running, token: str) -> None:
    """Spaces, order and members that this collector doesn't know are the agent's own."""
    body = linked(summary_json(hours(1)[0])[:-1] + ', "from_tomorrow": [1,  2]}', Link(1, None))
    assert post(collector, token, [body])["have"]["head"] == digest(body)


def test_sites_have_chains_of_their_own(collector: Running, token: str) -> None:
    other = collector.enrol("roosevelt")
    post(collector, token, chained(hours(3)))
    answer: requests.Response = collector.post(
        other, upload_json("0.2.0", Site(), made.CABLE, chained(hours(1)))
    )
    assert answer.json()["have"]["through"] == 1


def test_a_chain_of_five_years_is_kept_in_a_few_hundred_links(collector: Running, token: str) -> None:
    """What is whole is folded as it comes, and the page still tells all of it."""
    bodies = chained(hours(1_500))
    for start in range(0, len(bodies), 100):
        have = post(collector, token, bodies[start : start + 100])["have"]
    assert have == {"through": 1_500, "head": digest(bodies[-1]), "missing": []}
    kept = chain(collector)
    assert len(kept.entries) < KEPT + FOLDED_AT_ONCE
    assert kept.folded + len(kept.entries) == 1_500
    assert chain_of(collector) == {
        "through": 1_500,
        "head": digest(bodies[-1]),
        "received": 1_500,
        "breaks": [],
    }
    assert post(collector, token, bodies[:200])["have"]["missing"] == [], "sent again, and known"
    assert chain_of(collector)["breaks"] == []


def test_breaks_outlive_the_links_around_them(collector: Running, token: str) -> None:
    """An old fork and an old edit are shown when all else of that time is folded."""
    trunk = chained(hours(5))
    post(collector, token, trunk)
    branch = chained(hours(3, first=10), after=trunk[2])
    post(collector, token, branch)
    edited = branch[-1].replace('"outage_minutes":3.0', '"outage_minutes":0.0')
    rest = chained(hours(1_000, first=20), after=edited)
    breaks = [{"kind": "fork", "first": 4, "last": 4}, {"kind": "edit", "first": 6, "last": 6}]
    for start in range(0, len(rest), 200):
        post(collector, token, rest[start : start + 200])
        assert chain_of(collector)["breaks"] == breaks
    assert chain(collector).folded >= 600
    assert {3, 4, 5, 6, 7} <= {entry.number for entry in chain(collector).entries}
    assert chain_of(collector)["received"] == 1_006


def test_another_body_of_a_folded_number_is_a_fork(
    collector: Running, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its link is gone, but its summary isn't known under that number."""
    bodies = chained(hours(600))
    post(collector, token, bodies[:400])
    post(collector, token, bodies[400:])
    assert chain(collector).folded > 100
    with caplog.at_level(logging.WARNING, "bandgap.collector"):
        receipt = post(collector, token, chained(hours(1, first=49, down=900.0), after=bodies[48]))
    assert [one["id"] for one in receipt["refused"]] == [hours(50)[49].id]
    assert "(links: 50 is there twice)" in caplog.text
    assert chain_of(collector)["breaks"] == [{"kind": "fork", "first": 50, "last": 50}]


def chain(collector: Running) -> KeptChain:
    known = collector.store.site("lincoln")
    assert known is not None
    return collector.store.chain(known.key)


def _bodies(*links: tuple[int, str | None, str]) -> tuple[KeptLink, ...]:
    return tuple((n, before.encode() if before else None, own.encode()) for n, before, own in links)


@pytest.mark.parametrize(
    ("folded", "links"),
    [
        (0, ()),
        (0, ((1, None, "a"), (2, "a", "b"), (3, "b", "c"))),
        (4, ((5, "d", "e"), (6, "e", "f"))),
        (6, ((5, "d", "e"), (6, "e", "f"), (7, "f", "g"))),
        (0, ((1, "x", "a"), (2, "a", "b"))),
        (0, ((2, "a", "b"), (3, "b", "c"))),
        (0, ((1, None, "a"), (3, "b", "c"))),
        (0, ((1, None, "a"), (2, "x", "b"))),
        (0, ((1, None, "a"), (2, "a", "b"), (2, "a", "c"), (3, "b", "d"))),
        (3, ((5, "d", "e"), (6, "e", "f"))),
        (9, ((2, "a", "b"), (3, "x", "c"), (10, "i", "j"))),
    ],
)
def test_a_whole_chain_is_told_from_a_broken_one_without_being_verified(
    folded: int, links: tuple[tuple[int, str | None, str], ...]
) -> None:
    """What is seen in a look is what verifying finds."""
    chain = KeptChain(_bodies(*links), folded)
    found = [one for one in verify(chain.entries) if one.kind != "gap" or one.last > folded]
    assert list(chain.breaks) == found
    assert not (chain.whole and found)


def test_a_link_that_is_there_unbeknown_to_its_site_is_no_fault(collector: Running, token: str) -> None:
    """What is believed to be new is written as such; where it isn't, the group is written once more, with a look at
    each row."""
    bodies = chained(hours(3))
    post(collector, token, bodies[:1])
    second = {
        "site": 1,
        "number": 2,
        "received_at": 0,
        "digest": bytes.fromhex(digest(bodies[1])),
        "previous": bytes.fromhex(digest(bodies[0])),
    }
    with writing(collector.store.engine) as connection:
        connection.execute(insert(links).values(second))
    assert len(post(collector, token, bodies[1:])["accepted"]) == 2
    assert chain_of(collector)["breaks"] == []
    assert post(collector, token, bodies)["have"]["through"] == 3
