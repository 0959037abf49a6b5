"""The quick judgement takes the same things for the same as the one at length, and leaves it all refusals."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector import judging
from collector.judging import PlainSummary, judged
from collector.packed import NAMES, figures, packed, unpacked
from collector.problems import Problem
from reports.agent_state import AgentState
from reports.chain import Link, digest, linked
from reports.summaries import Summary
from reports.wire import summary_json, upload_json
from tests.collector import made


def upload(*bodies: str, **more: Any) -> bytes:
    return upload_json("0.2.0", made.LINCOLN, made.CABLE, bodies, **more)


def both(body: bytes) -> tuple[object, object]:
    """What each of the two says: what was judged, or the problem in words."""

    def said(judge: Callable[[], object]) -> object:
        try:
            return judge()
        except Problem as problem:
            return problem.status, str(problem)

    return said(lambda: judged(body, None)), said(lambda: judging._at_length(body))


@pytest.mark.parametrize("make", [made.hour, made.day, made.week])
def test_a_plain_upload_is_judged_alike(make: Callable[..., Summary]) -> None:
    link = linked(summary_json(make()), Link(1, None))
    state = AgentState(at=made.NOW, uptime_s=3.5, quiet_because="stopped")
    body = upload(
        link, linked(summary_json(make(down=None, up=None)), Link(2, digest(link))), agent_state=state
    )
    quick, slow = both(body)
    assert quick == slow
    assert judged(body, None).items[0].number == 1


def test_it_is_the_quick_way_that_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "_at_length", lambda body: pytest.fail("at length"))
    first = linked(summary_json(made.hour()), Link(1, None))
    for one in (first, summary_json(made.day()), summary_json(made.week())):
        assert len(judged(upload(one), None).items) == 1


def test_the_plain_form_has_every_field_of_a_summary() -> None:
    """In the same order, since its JSON is what is kept of a day or a week."""

    def names(kind: type) -> dict[str, Any]:
        if dataclasses.is_dataclass(kind):
            return {f.name: names(_inner(f.type, kind)) for f in dataclasses.fields(kind)}
        if hasattr(kind, "__struct_fields__"):
            return {f.name: names(f.type) for f in msgspec.structs.fields(kind)}
        return {}

    def _inner(name: object, kind: type) -> type:
        import typing

        found = typing.get_type_hints(kind)
        for field, hint in found.items():
            if kind.__annotations__.get(field) == name and isinstance(hint, type):
                return hint
        return object

    assert list(names(PlainSummary)) == list(names(Summary))
    assert json.dumps(names(PlainSummary)) == json.dumps(names(Summary))


FIGURES = st.one_of(st.none(), st.floats(0, 1e15), st.just(-0.0))


@settings(deadline=None, max_examples=60)
@given(down=FIGURES, demand=st.floats(0, 1e6), tests=st.integers(0, 500), hours=st.integers(0, 9_000))
def test_an_hour_comes_out_of_its_octets_as_it_went_in(
    down: float | None, demand: float, tests: int, hours: int
) -> None:
    one = made.hour(made.NOW - timedelta(hours=hours), down=down, demand=demand, tests=tests)
    body = packed(one)
    assert unpacked(int(one.starts_at.timestamp()), int(one.through_at.timestamp()), body) == one
    assert len(figures(body)) == len(NAMES)
    assert dict(zip(NAMES, figures(body), strict=True))["best_down_mbps"] == down


def test_other_figures_are_other_octets() -> None:
    """By as little as a bit of one figure."""
    assert packed(made.hour(down=94.1)) != packed(made.hour(down=94.10000000000001))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"outage_minutes":3.0', '"outage_minutes":-3.0'),
        ('"outage_minutes":3.0', '"outage_minutes":1e16'),
        ('"outage_minutes":3.0', '"outage_minutes":"3"'),
        ('"outage_minutes":3.0', '"outage_minutes":3'),
        ('"kind":"hour"', '"kind":"month"'),
        ('"kind":"hour"', '"kind":"day"'),
        ("2026-11-27T18Z", "2026-11-27T17Z"),
        ("2026-11-27T18:00:00Z", "2026-11-27T18:00:01Z"),
        ("2026-11-27T18:00:00Z", "2026-11-27T18:00:00.5Z"),
        ("2026-11-27T18:00:00Z", "2026-11-27T18:00:00"),
        ("2026-11-27T18:00:00Z", "2026-11-27T12:00:00-06:00"),
        ("2026-11-27T18:05:00Z", "2026-11-27T19:05:00Z"),
        ("2026-11-27T18:05:00Z", "2026-11-27T17:05:00Z"),
        ("2026-11-27T19:00:00Z", "9999-12-31T23:59:59Z"),
        ('"tests_trusted":24', '"tests_trusted":24.5'),
        ('"tests_trusted":24', '"tests_trusted":-1'),
        ('"usage":', '"usage_other":'),
        ('"format":1', '"format":2'),
        ('"format":1', '"format":"1"'),
        ('"agent":"0.2.0"', '"agent":""'),
        ('"agent":"0.2.0"', '"agent":"\\u0007"'),
        ('"students":430', '"students":-1'),
        ('"students":430', '"students":"many"'),
        ('"timezone":"America/Chicago"', '"timezone":"Mars/Crater"'),
        ('"name":"Lincoln Elementary"', '"name":"\\ud83d"'),
        ('"summaries":[', '"agent_state":{"uptime_s":-1},"summaries":['),
        ('"summaries":[', '"agent_state":{"at":"2026-11-27T18:00:00"},"summaries":['),
        ('"summaries":[', '"agent_state":null,"summaries":['),
        ('"summaries":[', '"more":{"deep":[1,2]},"summaries":['),
        ('"summaries":[', '"summaries":[3,'),
        ('"chain":{"number":1', '"chain":{"number":0'),
        ('"previous":null', '"previous":"ab"'),
        ('"previous":null', f'"previous":"{"a" * 64}"'),
        ('"previous":null', f'"previous":"{"a" * 64}\\n"'),
        ('"previous":null', f'"previous":"{"A" * 64}"'),
        (',"chain":{"number":1,"previous":null}', ',"chain":null'),
        ("]}", "]"),
        ("]}", "]}x"),
    ],
)
def test_what_is_wrong_or_odd_is_judged_alike(old: str, new: str) -> None:
    """The same items, refusals and problems, to the letter."""
    body = upload(linked(summary_json(made.hour()), Link(1, None))).decode()
    assert old in body
    quick, slow = both(body.replace(old, new, 1).encode())
    assert quick == slow


@settings(deadline=None, max_examples=300)
@given(place=st.integers(0, 10_000), sign=st.characters(max_codepoint=127))
def test_any_other_sign_anywhere_is_judged_alike(place: int, sign: str) -> None:
    body = upload(linked(summary_json(made.hour()), Link(1, None)), summary_json(made.week())).decode()
    place %= len(body)
    quick, slow = both((body[:place] + sign + body[place + 1 :]).encode())
    assert quick == slow


def test_facts_that_were_told_before_are_not_checked_again() -> None:
    body = upload(summary_json(made.hour()))
    first = judged(body, None)
    assert (first.site, first.contract) == (made.LINCOLN, made.CABLE)
    again = judged(body, first.told)
    assert (again.site, again.contract, again.told) == (None, None, first.told)
    other = upload_json("0.2.0", dataclasses.replace(made.LINCOLN, students=431), made.CABLE, [])
    changed = judged(other, first.told)
    assert changed.site is not None
    assert changed.site.students == 431
