"""A report of what would be: more people, another line, more devices at once, on what was measured.

Nothing measured is changed by it: samples and their figures stay, and what follows from them - gap,
headroom, when the line runs out, cost - is worked out again with what is supposed. Devices and testers are
demand on top of the 95th percentile of school hours, all of them at once and down only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reports.faults import UsageFault
from reports.samples import Rates
from reports.sentences import rate
from reports.sites import Site
from reports.summaries import CapacityFigures
from reports.wording import listed, say, say_many


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What is supposed; None is as it is. ``kbps`` is what each device or tester takes."""

    students: int | None = None
    staff: int | None = None
    capacity_down_mbps: float | None = None
    devices: int | None = None
    testers: int | None = None
    kbps: float | None = None

    def __bool__(self) -> bool:
        return self != WhatIf()

    @property
    def added_mbps(self) -> float:
        """Demand on top of what was measured."""
        return ((self.devices or 0) + (self.testers or 0)) * (self.kbps or 0.0) / 1000

    def site(self, site: Site) -> Site:
        """The site with the people that are supposed."""
        students = site.students if self.students is None else self.students
        return replace(site, students=students, staff=site.staff if self.staff is None else self.staff)

    def capacity(self, figures: CapacityFigures) -> CapacityFigures:
        """The line that is supposed, held to as much evidence as there is of the real one."""
        if self.capacity_down_mbps is None:
            return figures
        return replace(
            figures,
            tests_trusted=figures.tests_trusted + figures.lower_bounds,
            lower_bounds=0,
            school_days=max(figures.school_days, figures.school_days_at_least),
            typical=Rates(self.capacity_down_mbps, figures.typical.up_mbps),
        )


def what_if(
    students: int | None,
    staff: int | None,
    capacity_down_mbps: float | None,
    devices: int | None,
    testers: int | None,
    kbps: float | None,
) -> WhatIf | None:
    """What somebody asked for; None when nothing. Raises UsageFault for what can't be worked out."""
    named = {
        "--students": students, "--staff": staff, "--devices": devices, "--testers": testers,
        "--capacity-down": capacity_down_mbps, "--kbps": kbps,
    }  # fmt: skip
    for name, number in named.items():
        least_is_zero = name in ("--students", "--staff", "--devices", "--testers")
        if number is not None and not (0 <= number < 1e9 and (least_is_zero or number > 0)):
            raise UsageFault(
                f"{name}: found {number:g}, expected {'0 or more' if least_is_zero else 'more than 0'}"
            )
    if (devices is not None or testers is not None) and kbps is None:
        raise UsageFault("--devices and --testers: say what each takes, as in --kbps 1000")
    if kbps is not None and devices is None and testers is None:
        raise UsageFault("--kbps: say how many take it, as in --devices 100 or --testers 100")
    return WhatIf(students, staff, capacity_down_mbps, devices, testers, kbps) or None


def supposed(asked: WhatIf) -> str:
    """`700 students and 200 more devices at once at 1,000 kbps each`."""
    kbps = "" if asked.kbps is None else f"{asked.kbps:,g}"
    parts = []
    if (students := asked.students) is not None:
        parts.append(say_many("{n} students", "{n} students", students))
    if (staff := asked.staff) is not None:
        parts.append(say_many("{n} staff", "{n} staff", staff))
    if (capacity := asked.capacity_down_mbps) is not None:
        parts.append(say("a line that delivers {rate} down", rate=rate(capacity)))
    if (devices := asked.devices) is not None:
        parts.append(
            say_many(
                "{n} more devices at once at {kbps} kbps each",
                "{n} more devices at once at {kbps} kbps each",
                devices,
                kbps=kbps,
            )
        )
    if (testers := asked.testers) is not None:
        parts.append(
            say_many(
                "{n} pupils taking a test at once at {kbps} kbps each",
                "{n} pupils taking a test at once at {kbps} kbps each",
                testers,
                kbps=kbps,
            )
        )
    return listed(parts)
