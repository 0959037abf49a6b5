"""The clocks of this machine: the wall's, the one that only runs on, and whether the wall's was set.

Everything else gets its time as an argument. Intervals are ``uptime_s``'s: seconds since boot, suspended
ones included (CLOCK_BOOTTIME, clock_gettime(2)), which nobody can set. ``synchronised`` asks for the marks
that systemd-timesyncd leaves (systemd-timesyncd.service(8)); adjtimex(2) would know more, but a service
with ``ProtectClock=yes`` may not call it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

RUN = Path("/run")
RTC = Path("/sys/class/rtc")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)
"""This version didn't exist before: a wall clock that says so isn't set. It moves with each release."""

_NTP_CLIENTS = ("systemd/timesync", "chrony")
"""Folders in /run that the clients of Debian and Raspberry Pi OS make when they start."""


def now() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  # the one place


def uptime_s() -> float:
    """Seconds since boot, those in which the machine slept included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def boot_id(file: Path = BOOT_ID) -> str:
    """What tells this boot from every other one; empty where the kernel doesn't say."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""


def synchronised(run: Path = RUN, rtc: Path = RTC) -> bool | None:
    """Whether the wall clock was set by a time server since boot; None when there is no telling.

    False means that it is to be waited for: an NTP client runs and hasn't said so yet, and no battery kept
    the time meanwhile. A machine with neither, such as a container, has the clock that it was given.
    """
    if (run / "systemd" / "timesync" / "synchronized").exists():
        return True
    waited_for = any((run / client).is_dir() for client in _NTP_CLIENTS)
    kept = rtc.is_dir() and any(rtc.iterdir())
    return False if waited_for and not kept else None
