"""What a receipt says of each summary that was sent."""

from __future__ import annotations

import dataclasses
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests

from tests.collector import made
from tests.collector.conftest import Running


def named(answer: requests.Response) -> tuple[list[str], list[str], list[dict[str, str]]]:
    """What a receipt accepts, knows and refuses."""
    receipt = answer.json()
    return receipt["accepted"], receipt["known"], receipt["refused"]


def test_what_is_new_is_accepted(collector: Running, token: str) -> None:
    """Hours, days and weeks come back by id, and each is a row."""
    sent = [made.hour(), made.day(), made.week()]
    answer = collector.post(token, made.body(sent))
    assert answer.status_code == 200
    assert named(answer) == ([one.id for one in sent], [], [])
    assert collector.rows() == 3


def test_the_same_again_is_known_and_counts_once(collector: Running, token: str) -> None:
    """A receipt that got lost costs nothing: the agent sends again."""
    sent = [made.hour(), made.week()]
    collector.post(token, made.body(sent))
    again = collector.post(token, made.body(sent))
    assert named(again) == ([], [one.id for one in sent], [])
    assert collector.rows() == 2


def test_the_same_moment_in_another_offset_is_known(collector: Running, token: str) -> None:
    """Content is compared by what it says, not by how its times were written."""
    collector.post(token, made.body([made.day()]))
    body = made.body([made.day()]).replace(b'"2026-11-27T06:00:00Z"', b'"2026-11-27T00:00:00-06:00"')
    assert b"-06:00" in body
    assert collector.post(token, body).json()["known"] == [made.day().id]


def test_a_later_reach_supersedes_the_earlier(collector: Running, token: str) -> None:
    """A period has one row: the summary that reaches furthest."""
    first = made.week(through_at=made.NOW - timedelta(hours=1), down=50.0)
    later = made.week(down=60.0)
    collector.post(token, made.body([first]))
    assert collector.post(token, made.body([later])).json()["accepted"] == [later.id]
    assert collector.rows() == 1
    (kept,) = collector.get("/v1/sites/lincoln").json()["weeks"]
    assert kept["capacity"]["typical"]["down_mbps"] == 60.0


def test_an_earlier_reach_than_the_stored_one_is_known(collector: Running, token: str) -> None:
    """Uploads may come out of order; the better summary stays."""
    early = made.week(through_at=made.NOW - timedelta(hours=1), down=50.0)
    collector.post(token, made.body([made.week(down=60.0)]))
    assert collector.post(token, made.body([early])).json()["known"] == [early.id]
    (kept,) = collector.get("/v1/sites/lincoln").json()["weeks"]
    assert kept["capacity"]["typical"]["down_mbps"] == 60.0


def test_other_content_under_a_known_id_is_refused_and_logged(
    collector: Running, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Two gateways with one token, or a rewritten past: someone must look."""
    collector.post(token, made.body([made.week(down=50.0)]))
    with caplog.at_level(logging.WARNING, "bandgap.collector"):
        answer = collector.post(token, made.body([made.week(down=60.0)]))
    reason = "differs from the summary that was received under this id before"
    assert answer.status_code == 200
    assert answer.json()["refused"] == [{"id": made.week().id, "reason": reason}]
    assert [record.getMessage() for record in caplog.records] == [
        f"upload of lincoln: 1 refused, {made.week().id}: {reason}",
        "upload of lincoln: its past was rewritten, restored from a copy, or two gateways have one token",
    ]


def test_one_impossible_summary_keeps_no_other_from_being_stored(collector: Running, token: str) -> None:
    """The valid ones of a batch are stored, and the refusal names the field."""
    bad = dataclasses.replace(made.hour(), outage_minutes=-1.0)
    good = [made.day(), made.week()]
    answer = collector.post(token, made.body([good[0], bad, good[1]])).json()
    assert answer["accepted"] == [one.id for one in good]
    assert answer["refused"] == [{"id": bad.id, "reason": "outage_minutes: -1 is not a number of 0 or more"}]
    assert collector.rows() == 2


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("2026-W46", 'label: "2026-W46" is not the week of these times'),
        ("last week", 'label: "last week" is not the name of a week'),
        ("2026-W54", 'label: "2026-W54" is not the name of a week'),
    ],
)
def test_a_label_that_is_not_of_its_times_is_refused(
    collector: Running, token: str, label: str, reason: str
) -> None:
    """Periods are found by label and by time, so both must name the same one."""
    sent = dataclasses.replace(made.week(), label=label)
    assert collector.post(token, made.body([sent])).json()["refused"][0]["reason"] == reason
    assert collector.rows() == 0


def test_times_at_the_edge_of_the_calendar_are_refused(collector: Running, token: str) -> None:
    """A time that can't be put into UTC is the sender's fault and no failure of ours."""
    body = made.body([made.day()]).replace(b"2026-11-27T06:00:00Z", b"0001-01-01T00:00:00+14:00")
    answer = collector.post(token, body)
    assert answer.status_code == 200
    assert len(answer.json()["refused"]) == 1


def test_a_day_that_starts_elsewhere_after_a_time_zone_was_mended_is_the_same_day(
    collector: Running, token: str
) -> None:
    """Superseding goes by the day's name, so a mended time zone makes no second day."""
    first = made.day(through_at=made.NOW - timedelta(hours=2))
    moved = dataclasses.replace(
        made.day(),
        starts_at=first.starts_at - timedelta(hours=1),
        ends_at=first.ends_at - timedelta(hours=1),
    )
    collector.post(token, made.body([first]))
    assert collector.post(token, made.body([moved])).json()["accepted"] == [moved.id]
    assert collector.rows() == 1


def test_eight_threads_that_send_the_same_count_once(collector: Running, token: str) -> None:
    """Whoever comes first is accepted, all others are known, and every summary is one row."""
    sent = [made.hour(made.NOW - timedelta(hours=n)) for n in range(20)]
    with ThreadPoolExecutor(8) as threads:
        answers = [
            one.json() for one in threads.map(lambda _: collector.post(token, made.body(sent)), range(24))
        ]
    assert sum(len(one["accepted"]) for one in answers) == 20
    assert sum(len(one["known"]) for one in answers) == 20 * 23
    assert collector.rows() == 20


def test_sites_keep_apart(collector: Running, token: str) -> None:
    """The same period of two sites is two rows, and each site sees its own."""
    other = collector.enrol("roosevelt")
    collector.post(token, made.body([made.week(down=50.0)]))
    site = dataclasses.replace(made.LINCOLN, id="roosevelt")
    collector.post(other, made.body([made.week(down=900.0)], site))
    assert collector.rows() == 2
    (kept,) = collector.get("/v1/sites/roosevelt").json()["weeks"]
    assert kept["capacity"]["typical"]["down_mbps"] == 900.0


def test_an_empty_upload_is_a_sign_of_life(collector: Running, token: str) -> None:
    """A gateway that has nothing new is heard all the same."""
    assert named(collector.post(token, made.body([]))) == ([], [], [])
    assert collector.get("/v1/sites").json()["sites"][0]["heard_at"] == "2026-11-27T18:05:00Z"
