"""A check below target asks another server, and what the two of them then are in the store."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.allowance import Allowance
from agent.config import AgentConfig, parse
from agent.history import History
from agent.installation import find
from agent.second_test import confirmed, counting
from agent.test_servers import Asked, configured, others
from reports.samples import CapacitySample, Rates
from tests.agent.speed_server import speed_server
from tests.commands import environment

SCHOOL = """
[site]
students = 420
staff = 38
timezone = "UTC"

[measure]
engines = ["http"]
max_test_mb = 60
"""
CALM = """
import sys
from agent.cli import main
from agent.engines import method
method.CPU_SHARE = method.MACHINE_SHARE = 9.0
sys.exit(main())
"""
"""The command on a machine that is busy with something else: no figure could be trusted there."""

NOISE = {"not_steady", "not_saturated", "truncated", "incomplete"}
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ROOM = Allowance(None, frozenset(), 21_600.0)


def check(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", CALM, "check", *words]
    return subprocess.run(
        command, env=environ, cwd=environ["HOME"], capture_output=True, text=True, timeout=90, check=False
    )


def checked(tmp_path: Path, settings: str, *words: str) -> tuple[dict[str, Any], list[CapacitySample]]:
    """What the check says as JSON, and the tests in the store.

    A figure that the machine's other work has spoilt confirms nothing; it is then tried again.
    """
    environ = environment(tmp_path, SCHOOL + settings)
    for _ in range(3):
        said = check(environ, "--json", *words)
        assert said.stderr == ""
        connection = find(environ).open()
        kept = History(connection).recent_capacity_samples(9)
        connection.execute("DELETE FROM capacity_samples")
        connection.close()
        if not any(NOISE.intersection(test.flags) for test in kept):
            return json.loads(said.stdout), sorted(kept, key=lambda test: test.started_at)
    pytest.skip("this machine is too busy for a figure that can be trusted")


def servers(stack: ExitStack, *mbps: float) -> list[str]:
    return [stack.enter_context(speed_server(mbps=rate)) for rate in mbps]


def settings(first: str, *more: str) -> str:
    return f"server = {json.dumps(first)}\nmore_servers = {json.dumps(list(more))}\n"


def test_a_slow_server_before_a_fast_one_isnt_taken_for_the_line(tmp_path: Path) -> None:
    """The first is kept, untrusted; the second counts, and the verdict speaks of it."""
    with ExitStack() as stack:
        slow, fast = servers(stack, 15, 40)
        said, kept = checked(tmp_path, settings(slow, fast))
    assert [(test.server, test.flags) for test in kept] == [(slow, ("server_limited",)), (fast, ())]
    assert kept[1].down_mbps == pytest.approx(40, rel=0.1)
    assert (said["server"], said["other_test"]["server"]) == (fast, slow)
    assert "This check carried 3" in said["verdict"] or "This check carried 4" in said["verdict"]


def test_two_servers_that_agree_confirm_each_other_and_count_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        one, other = servers(stack, 20, 20)
        said, kept = checked(tmp_path, settings(one, other))
    assert [(test.server, test.trusted, test.flags) for test in kept] == [
        (one, True, ()),
        (other, False, ("confirms",)),
    ]
    assert said["detail"] == f"below target, confirmed by http on {other}"


@pytest.mark.long
def test_the_services_log_says_what_is_done_and_what_came_of_each(tmp_path: Path) -> None:
    with ExitStack() as stack:
        slow, fast = servers(stack, 15, 40)
        environ = environment(tmp_path, SCHOOL + settings(slow, fast))
        for _ in range(3):
            lines = check(environ, "--scheduled").stderr.splitlines()
            if lines[0] == "INFO test: below target: asking another server":
                break
        else:
            pytest.skip("this machine is too busy for a figure that can be trusted")
    assert lines[1].startswith("INFO test: Untrusted: another server gave more: this one was the limit, 15.")
    assert len(lines) == 3


def test_without_another_server_the_figure_stands_and_says_so(tmp_path: Path) -> None:
    with speed_server(mbps=30) as only:
        said, kept = checked(tmp_path, f'server = "{only}"\n')
    assert [test.trusted for test in kept] == [True]
    assert said["detail"] == ("below target, not confirmed by another server: there is no other one to ask")
    assert said["other_test"] is None


def test_who_names_a_server_means_that_one_alone(tmp_path: Path) -> None:
    with ExitStack() as stack:
        one, other = servers(stack, 30, 60)
        _, kept = checked(tmp_path, settings(other), "--server", one)
    assert [test.server for test in kept] == [one]


def test_no_confirm_asks_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        one, other = servers(stack, 30, 60)
        said, kept = checked(tmp_path, settings(one, other), "--no-confirm")
    assert [(test.server, test.detail) for test in kept] == [(one, None)]
    assert said["other_test"] is None


def test_the_months_budget_holds_for_the_second_test_too(tmp_path: Path) -> None:
    """Also by hand: the person asked for one test."""
    with ExitStack() as stack:
        one, other = servers(stack, 30, 60)
        said, kept = checked(tmp_path, settings(one, other) + "[schedule]\nbudget_gb = 0.02\n")
    assert [test.server for test in kept] == [one]
    assert "not confirmed by another server: the month's data budget of 20.0 MB" in said["detail"]


def test_the_next_server_is_tried_when_the_first_is_silent_and_confirms_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        dead = f"http://127.0.0.1:{free.getsockname()[1]}"
    with speed_server(mbps=30) as alive:
        said, kept = checked(tmp_path, settings(dead, alive))
    counted = next(test for test in kept if test.outcome == "ok")
    assert counted.trusted
    assert "http: refused" in (counted.detail or "")
    assert f"not confirmed by another server: http on {dead}: refused" in (counted.detail or "")
    assert said["server"] == alive
    assert [test.reason for test in kept if test is not counted] == ["refused"]


# --- whom to ask -----------------------------------------------------------------------------------------


def config(text: str) -> AgentConfig:
    return parse(text, None, zone="UTC")


def a_test(engine: str, server: str, down: float = 10.0, **changes: Any) -> CapacitySample:
    return CapacitySample(
        id=server, started_at=NOON, ended_at=NOON, engine=engine, server=server, outcome="ok", down_mbps=down, **changes
    )  # fmt: skip


def test_the_other_servers_of_the_engine_come_before_other_engines() -> None:
    settings = config(
        '[measure]\nengines = ["http", "speedtest-cli"]\nserver = "http://a"\n'
        'more_servers = ["http://b", "http://c/1GB http://c/up"]'
    )
    asked = configured(settings.measure.engines, settings)
    assert asked == [
        ("http", "http://a"),
        ("http", "http://b"),
        ("http", "http://c/1GB http://c/up"),
        ("speedtest-cli", None),
    ]
    assert others(asked, a_test("http", "http://b")) == [asked[2], asked[3], asked[0]]
    assert others(asked, a_test("http", "http://c/1GB")) == [asked[3], asked[0], asked[1]]
    assert others(asked, a_test("speedtest-cli", "http://x.example")) == asked[:3]


def test_an_engine_that_has_had_its_tests_today_isnt_asked() -> None:
    measured: list[list[Asked]] = []

    def measure(left: list[Asked]) -> CapacitySample:
        measured.append(left)
        return a_test("speedtest-cli", "x")

    asked: list[Asked] = [("http", "http://a"), ("ndt7", None), ("iperf3", None), ("speedtest-cli", None)]
    agreed = config("[measure]\nndt7_consent = true")
    first = a_test("http", "http://a")

    def spent(*names: str) -> Allowance:
        return Allowance(None, frozenset(names), 1.0)

    confirmed(first, Rates(100.0), asked, agreed, lambda: spent("ndt7"), measure)
    assert measured == [[("speedtest-cli", None)]], "iperf3 has no server to ask"
    (alone,) = confirmed(first, Rates(100.0), asked[:2], agreed, lambda: spent("ndt7"), measure)
    assert "as many tests today as is agreed" in (alone.detail or "")
    (alone,) = confirmed(first, Rates(100.0), asked[:2], config(""), lambda: ROOM, measure)
    assert "there is no other one to ask" in (alone.detail or ""), "without consent M-Lab isn't one"
    assert len(measured) == 1


def test_a_month_that_is_spent_has_no_second_test() -> None:
    def never(left: list[Asked]) -> CapacitySample:
        raise AssertionError("asked")

    room = Allowance("the month's data budget has no room", frozenset(), 1.0)
    first = a_test("http", "http://a")
    (alone,) = confirmed(first, Rates(100.0), [("http", "http://b")], config(""), lambda: room, never)
    assert alone.trusted
    assert alone.detail == (
        "below target, not confirmed by another server: the month's data budget has no room"
    )


def test_what_isnt_in_question_is_left_alone() -> None:
    def never(left: list[Asked]) -> CapacitySample:
        raise AssertionError("asked")

    first = a_test("http", "http://a", 100.0)
    assert confirmed(first, Rates(100.0), [("http", "http://b")], config(""), lambda: ROOM, never) == (first,)


def test_the_faster_one_counts_and_without_any_the_first() -> None:
    untrusted = a_test("http", "a", flags=("wifi",))
    assert counting((untrusted, a_test("http", "b"))).server == "b"
    assert counting((untrusted, a_test("http", "b", flags=("wifi",)))).server == "a"
