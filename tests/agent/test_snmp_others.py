"""A quiet line is told from one that others use, by counters that may be late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from agent import counters
from agent.snmp.asking import NotAnswered
from agent.snmp.others import begin
from agent.snmp.port import PortReading

START = PortReading(100.0, 2, True, 1000.0, 5000, 0, 64, 10**12, 10**11, "wan")
OWN_DOWN, OWN_UP = 40_000_000, 30_000_000


def gateway(*passed: tuple[float, int, int] | str) -> Callable[[], PortReading]:
    """One that answers in turn: at this second, so much more each way; or says nothing, and why."""
    left: Iterator[tuple[float, int, int] | str] = iter(passed)

    def ask() -> PortReading:
        said = next(left)
        if isinstance(said, str):
            raise NotAnswered(said)
        at_s, rx, tx = said
        return replace(START, at_s=at_s, rx_bytes=START.rx_bytes + rx, tx_bytes=START.tx_bytes + tx)

    return ask


def own(rx: int = OWN_DOWN, tx: int = OWN_UP) -> Callable[[], counters.Reading | None]:
    """What this machine's interface counts before the test, and after."""
    readings = iter(
        [counters.Reading("eth0", 2, 0.0, 5, 7), counters.Reading("eth0", 2, 10.0, rx + 5, tx + 7)]
    )
    return lambda: next(readings)


def doubt(
    ask: Callable[[], PortReading], mine: Callable[[], counters.Reading | None] | None = None
) -> str | None:
    return begin(ask, mine or own(), lambda: None)()


def test_a_line_with_the_test_alone_is_quiet() -> None:
    """Headers that the gateway counts and we don't are under one in a hundred."""
    counted = (111.0, int(OWN_DOWN * 1.008), int(OWN_UP * 1.008))
    assert doubt(gateway((100.0, 0, 0), (110.0, OWN_DOWN, OWN_UP), counted)) is None


@pytest.mark.parametrize(
    ("others_down", "others_up", "words"),
    [
        (4_000_000, 0, "meanwhile others moved 4.0 MB down and 0 bytes up"),
        (0, 2_000_000, "meanwhile others moved 0 bytes down and 2.0 MB up"),
    ],
)
def test_what_others_moved_in_either_direction_is_told(others_down: int, others_up: int, words: str) -> None:
    counted = (111.0, OWN_DOWN + others_down, OWN_UP + others_up)
    assert doubt(gateway((100.0, 0, 0), (110.0, 1, 1), counted)) == words


def test_counters_that_are_late_are_waited_for() -> None:
    """The device refreshes 8 s after the test: before, a half of it looks like a quiet line."""
    late = [(110.0 + second, OWN_DOWN, OWN_UP) for second in range(8)]
    full = (118.0, OWN_DOWN + 20_000_000, OWN_UP)
    assert doubt(gateway((100.0, 0, 0), *late, full)) == "meanwhile others moved 20.0 MB down and 0 bytes up"


def test_counters_that_stand_still_for_long_are_believed() -> None:
    """Nothing moved in twenty seconds: the line is idle."""
    still = [(110.0 + second, OWN_DOWN, OWN_UP) for second in range(30)]
    assert doubt(gateway((100.0, 0, 0), *still)) is None


def test_a_port_that_did_not_see_the_test_is_no_witness() -> None:
    """The test went out by another line."""
    assert (
        doubt(gateway((100.0, 0, 0), (110.0, 90, 9), (111.0, 99, 9)))
        == "the gateway's port didn't count the test"
    )


@pytest.mark.parametrize(
    "said",
    [("no answer",), ((100.0, 0, 0), "no answer"), ((100.0, 0, 0), (110.0, OWN_DOWN, OWN_UP), "no answer")],
    ids=["before", "after", "while it settles"],
)
def test_a_gateway_that_does_not_answer_is_told(said: tuple[tuple[float, int, int] | str, ...]) -> None:
    assert doubt(gateway(*said)) == "no answer"


def test_a_gateway_that_restarted_meanwhile_is_no_witness() -> None:
    def ask() -> PortReading:
        return next(readings)

    readings = iter(
        [START, replace(START, at_s=110.0, uptime=3), replace(START, at_s=111.0, uptime=4, rx_bytes=9)]
    )
    assert doubt(ask) == "the gateway was restarted"


def test_without_counters_of_our_own_nobody_knows() -> None:
    words = "this machine's own traffic can't be told"
    assert doubt(gateway((100.0, 0, 0)), lambda: None) == words
