"""A test below target is confirmed by one more on another server before it counts.

The second test costs like the first, so the month's budget and the engines' daily limits hold for it,
whoever asked for the first. A figure that can't be confirmed stands, and says why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent import engine_settings
from agent.allowance import Allowance
from agent.config import AgentConfig
from agent.test_servers import Asked, others
from reports import confirmation
from reports.samples import CapacitySample, Rates

Measure = Callable[[list[Asked]], CapacitySample]


def confirmed(
    first: CapacitySample,
    required: Rates,
    asked: Sequence[Asked],
    config: AgentConfig,
    allowed: Callable[[], Allowance],
    measure: Measure,
) -> tuple[CapacitySample, ...]:
    """The first test, and the second if one was made. ``asked`` is all that may be used, in its order."""
    if not confirmation.below(first, required):
        return (first,)
    left = [each for each in others(asked, first) if not engine_settings.lacking(*each, config)]
    if not left:
        return (confirmation.unconfirmed(first, "there is no other one to ask"),)
    room = allowed()
    if room.refusal:
        return (confirmation.unconfirmed(first, room.refusal),)
    left = [each for each in left if each[0] not in room.spent]
    if not left:
        return (confirmation.unconfirmed(first, "the others had as many tests today as is agreed"),)
    return confirmation.held_together(first, measure(left), required)


def counting(tests: Sequence[CapacitySample]) -> CapacitySample:
    """The one of them that counts; where none does, the first."""
    return next((test for test in tests if test.trusted), tests[0])
