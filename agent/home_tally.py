"""The file in which a district gathers checks of households: CSV, a line a check, in no order of time.

Lines are sorted, so that where one stands says nothing of when it came. The columns after the rates are the
benchmarks' ids.
"""

from __future__ import annotations

import csv
import fcntl
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO, cast, get_args

from reports.faults import ConfigFault, Fault, UsageFault
from reports.homework import Answer, HomeCheck, HomesChecked, benchmarks, homes_checked
from reports.homework_settings import HomeworkSettings
from reports.settings import nearest
from reports.targets import TargetSet

HEAD = ("area", "month", "down_mbps", "up_mbps")


def area_code(text: str) -> str:
    """An area as the district codes it. Raises UsageFault."""
    if not re.fullmatch(r"[A-Za-z0-9-]{1,16}", text):
        raise UsageFault(f'--area: found "{text}", expected the district\'s code of letters, digits or "-"')
    return text


def add(path: Path, check: HomeCheck) -> None:
    """Adds a check to the file, which is made if need be. Raises Fault when it is something else's."""
    try:
        with path.open("a+", newline="", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            checks = [*_read(file, path), check]
            names = sorted({name for one in checks for name in one.answers})
            text = io.StringIO()
            rows = csv.writer(text, lineterminator="\n")
            rows.writerow([*HEAD, *names])
            rows.writerows(sorted(_row(one, names) for one in checks))
            file.seek(0)
            file.truncate()
            file.write(text.getvalue())
    except OSError as fault:
        raise Fault(f"{path}: can't be written: {fault.strerror}") from None


def read(path: Path, *, may_lack: bool = False) -> list[HomeCheck]:
    """All checks of a file; none of one that ``may_lack``. Raises Fault, with the line that is wrong."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return _read(file, path)
    except OSError as fault:
        if may_lack and isinstance(fault, FileNotFoundError):
            return []
        raise Fault(f"{path}: can't be read: {fault.strerror}") from None


def tallied(homework: HomeworkSettings, known: Mapping[str, TargetSet]) -> HomesChecked | None:
    """What a report tells of the tally that the settings name; None where they name none.

    A file that isn't there yet has no checks. Raises Fault, and ConfigFault for a benchmark that is none.
    """
    if homework.tally is None:
        return None
    targets = {target.id: target for target in benchmarks(known)}
    if homework.benchmark not in targets:
        near = nearest(homework.benchmark, targets)
        raise ConfigFault(f'homework.benchmark: no household benchmark "{homework.benchmark}"{near}')
    return homes_checked(read(Path(homework.tally), may_lack=True), targets[homework.benchmark])


def _read(file: TextIO, path: Path) -> list[HomeCheck]:
    file.seek(0)
    try:
        rows = list(csv.reader(file))
    except (csv.Error, UnicodeDecodeError):
        rows = [["?"]]
    if not rows:
        return []
    if tuple(rows[0][: len(HEAD)]) != HEAD:
        raise Fault(f"{path}: no tally of `bandgap check --home --tally`; name another file")
    names = rows[0][len(HEAD) :]
    return [_check(row, names, f"{path}, line {number}") for number, row in enumerate(rows[1:], 2)]


def _check(row: list[str], names: list[str], where: str) -> HomeCheck:
    try:
        area, month, down, up, *answers = row
        if len(answers) != len(names) or not set(answers) <= {*get_args(Answer), ""}:
            raise ValueError
        found = {name: cast(Answer, one) for name, one in zip(names, answers, strict=True) if one}
        return HomeCheck(area, month, int(down), int(up), found)
    except ValueError:
        raise Fault(f"{where}: no line of a tally; mend it or take it out") from None


def _row(check: HomeCheck, names: list[str]) -> list[str]:
    figures = (check.area, check.month, str(check.down_mbps), str(check.up_mbps))
    return [*figures, *(check.answers.get(name, "") for name in names)]
