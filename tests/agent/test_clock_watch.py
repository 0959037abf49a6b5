"""A wall clock is believed with reason, and waited for no longer than an hour."""

from datetime import UTC, datetime, timedelta

from agent.clock import EARLIEST
from agent.clock_watch import BOOT, LONGEST_WAIT_S, ClockWatch

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def watch(synchronised: bool | None = None, seen: datetime | None = None) -> ClockWatch:
    return ClockWatch(lambda: synchronised, seen)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def believes(one: ClockWatch) -> bool:
    return one.believed


def test_a_clock_that_nothing_speaks_against_is_believed_at_once() -> None:
    """A container has neither a battery nor a time server, and the host's good clock."""
    one = watch(None)
    assert one.look(100.0, NOW) is None
    assert believes(one)
    assert one.date(101.0) == later(1)
    assert one.era == 0


def test_a_machine_that_boots_in_1970_counts_from_boot_until_it_is_set() -> None:
    """Then its boot has a date, and all that was counted since."""
    one = watch(None)
    one.look(10.0, BOOT + timedelta(seconds=10))
    assert not believes(one)
    assert one.date(10.0) == BOOT + timedelta(seconds=10)
    step = one.look(70.0, NOW)
    assert step is not None
    assert not step.believed
    assert believes(one)
    assert BOOT + one.since_boot == later(-70)
    assert one.era == 1


def test_a_clock_earlier_than_this_version_is_never_believed() -> None:
    """However long it is so, and whatever a time server is said to have said."""
    one = watch(True)
    for hour in range(50):
        one.look(3600.0 * hour, EARLIEST - timedelta(days=9) + timedelta(hours=hour))
        assert not believes(one)


def test_a_saved_time_is_waited_out_while_a_time_server_is_asked() -> None:
    """A Raspberry Pi starts with the time at which it was last saved: later than all we know, and wrong."""
    said: list[bool | None] = [False]
    one = ClockWatch(lambda: said[0], later(-600))
    one.look(10.0, NOW)
    assert not believes(one)
    step = one.look(20.0, later(7210))
    assert step is not None
    assert believes(one)  # somebody set it
    other = ClockWatch(lambda: said[0], later(-600))
    other.look(10.0, NOW)
    said[0] = True
    other.look(11.0, later(1))
    assert believes(other)


def test_nobody_waits_for_more_than_an_hour() -> None:
    """The time server may be out of reach for ever; a clock that is later than all we know is as good as any."""
    one = watch(False)
    one.look(10.0, NOW)
    one.look(10.0 + LONGEST_WAIT_S - 1, later(LONGEST_WAIT_S - 1))
    assert not believes(one)
    one.look(10.0 + LONGEST_WAIT_S, later(LONGEST_WAIT_S))
    assert believes(one)


def test_a_clock_earlier_than_the_last_that_was_kept_needs_a_time_servers_word() -> None:
    """Or it catches up, or an hour passes: the store may have been written by a clock that was ahead."""
    assert not told(watch(None, later(600)), NOW)
    assert told(watch(True, later(600)), NOW)
    one = watch(None, later(600))
    one.look(10.0, NOW)
    one.look(611.0, later(601))
    assert believes(one)
    far = watch(None, datetime(2038, 1, 1, tzinfo=UTC))
    far.look(10.0, NOW)
    far.look(10.0 + LONGEST_WAIT_S, later(LONGEST_WAIT_S))
    assert believes(far)


def test_a_clock_that_was_set_back_between_two_agents_begins_an_era() -> None:
    """The one before has written minutes that come once more."""
    one = watch(True, later(28))
    one.look(10.0, NOW)
    assert believes(one)
    assert one.era == 1


def told(one: ClockWatch, at: datetime) -> bool:
    one.look(10.0, at)
    return one.believed


def test_a_step_is_told_with_its_size() -> None:
    """Forward it stays believed; slewing is no step."""
    one = watch(None)
    one.look(10.0, NOW)
    assert one.look(11.0, later(1.4)) is None
    step = one.look(12.0, later(3602))
    assert step is not None
    assert round(step.by_s, 1) == 3599.6
    assert step.believed
    assert believes(one)
    assert one.era == 0


def test_after_a_step_back_a_new_era_begins() -> None:
    """With a time server's word at once, else when it has caught up."""
    sure = watch(True)
    sure.look(10.0, NOW)
    sure.look(11.0, later(-1800))
    assert believes(sure)
    assert sure.era == 1
    unsure = watch(None)
    unsure.look(10.0, NOW)
    unsure.look(11.0, later(-1800))
    assert not believes(unsure)
    assert unsure.date(11.0) == BOOT + timedelta(seconds=11)
    unsure.look(1900.0, later(89))
    assert believes(unsure)
    assert unsure.era == 1
