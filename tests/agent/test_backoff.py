"""Tries get rarer, up to a ceiling, and a fleet's tries don't fall together."""

from hypothesis import given
from hypothesis import strategies as st

from agent.backoff import CEILING_S, FIRST_S, delay_s

JITTER = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 10_000), JITTER)
def test_waits_stay_between_half_the_first_and_the_ceiling(failures: int, jitter: float) -> None:
    assert FIRST_S / 2 <= delay_s(failures, jitter) <= CEILING_S


@given(st.integers(1, 6), JITTER)
def test_waits_double_until_the_ceiling(failures: int, jitter: float) -> None:
    assert delay_s(failures + 1, jitter) == 2 * delay_s(failures, jitter)


@given(st.integers(1, 20), JITTER, st.floats(0, 1e9))
def test_what_the_server_asks_is_a_floor_of_at_most_a_day(failures: int, jitter: float, asked: float) -> None:
    assert delay_s(failures, jitter, asked) >= min(asked, 86_400)
    assert delay_s(failures, jitter, asked) <= 86_400
