"""Whether the wall clock was set is told by the marks that time services leave."""

from pathlib import Path

import pytest

from agent import clock


def machine(folder: Path, *marks: str) -> tuple[Path, Path]:
    """A /run and a /sys/class/rtc with these in them."""
    run, rtc = folder / "run", folder / "rtc"
    run.mkdir()
    rtc.mkdir()
    for mark in marks:
        place = folder / mark
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.name == "synchronized":
            place.touch()
        else:
            place.mkdir(exist_ok=True)
    return run, rtc


@pytest.mark.parametrize(
    ("marks", "known"),
    [
        (("run/systemd/timesync/synchronized",), True),
        (("run/systemd/timesync",), False),
        (("run/chrony",), False),
        (("run/systemd/timesync", "rtc/rtc0"), None),
        ((), None),
    ],
    ids=[
        "set by a time server",
        "timesyncd waits",
        "chrony says nothing",
        "a battery kept it",
        "a container",
    ],
)
def test_only_a_clock_that_somebody_is_about_to_set_is_waited_for(
    tmp_path: Path, marks: tuple[str, ...], known: bool | None
) -> None:
    """A machine without an NTP client, or with a battery, has the clock that it has."""
    assert clock.synchronised(*machine(tmp_path, *marks)) is known


def test_a_machine_without_any_of_these_folders_is_not_waited_for(tmp_path: Path) -> None:
    assert clock.synchronised(tmp_path / "no", tmp_path / "none") is None


def test_a_boot_has_an_id_and_its_seconds_only_grow(tmp_path: Path) -> None:
    """And where the kernel tells no id, it is empty and not an error."""
    assert clock.boot_id() == clock.boot_id()
    assert len(clock.boot_id()) == 36
    assert clock.boot_id(tmp_path / "nothing") == ""
    first = clock.uptime_s()
    assert 0 < first <= clock.uptime_s()
