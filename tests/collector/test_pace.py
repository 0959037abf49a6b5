"""What works in the background makes room for uploads, and for nothing else."""

from __future__ import annotations

import dataclasses
import time
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import Engine

from collector import pace
from collector.fleet_tables import watched
from collector.pace import SHARE, SLICE_S, Pace
from collector.watch import round as rounds
from tests.collector.test_watch import HEARD, Post


class Clock:
    """Counts how long somebody would have rested, and summaries that came meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, per_call: int) -> None:
        self.rested_s: list[float] = []
        self._summaries = count(per_call, per_call)
        self.pace = Pace(lambda: next(self._summaries))
        monkeypatch.setattr(self.pace._never, "wait", self.rested_s.append)
        self.pace._worked_s = time.thread_time()  # of other tests

    def work(self, slices: int) -> None:
        for _ in range(slices):
            until_s = time.thread_time() + SLICE_S * 1.1
            while time.thread_time() < until_s:
                pass
            self.pace.rest()


def test_it_rests_for_much_longer_than_it_works_while_uploads_come_fast(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch, per_call=10**15)
    clock.work(5)
    assert len(clock.rested_s) == 5
    assert min(clock.rested_s) >= SLICE_S * (1 - SHARE) / SHARE


def test_nobody_rests_while_few_come(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, per_call=0)
    clock.work(5)
    assert clock.rested_s == []


def test_a_rest_is_short_however_long_the_work_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is told to end waits for no long rest."""
    monkeypatch.setattr(pace, "LONGEST_REST_S", 0.001)
    clock = Clock(monkeypatch, per_call=10**15)
    clock.work(2)
    assert clock.rested_s == [0.001, 0.001]


def test_what_is_little_work_is_done_without_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "SLICE_S", 60.0)
    clock = Clock(monkeypatch, per_call=10**15)
    clock.work(3)
    assert clock.rested_s == []


def test_a_round_ends_though_all_sites_are_heard_without_a_pause(
    source: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is looked at once in a round, and again in the next."""
    monkeypatch.setattr(rounds, "SITES_AT_ONCE", 2)
    post = Post(source)
    for number in range(7):
        post.site(f"s{number}")
    heard = count(1)

    def hear() -> None:
        nth = next(heard)
        assert nth < 100, "the round has no end"
        post.hear(HEARD + timedelta(seconds=nth))

    watch = dataclasses.replace(post.watch(), rest=hear)
    assert watch.round(HEARD + timedelta(minutes=5)) is not None
    assert len(post.rows(watched)) == 7
