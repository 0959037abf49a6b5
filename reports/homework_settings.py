"""What a site knows of its students' homes: the table ``[homework]`` of its settings."""

from __future__ import annotations

from dataclasses import dataclass

from reports.settings import setting


def _absolute(raw: object) -> str:
    if not isinstance(raw, str) or not raw.startswith("/"):
        raise ValueError(raw)
    return raw


@dataclass(frozen=True, slots=True)
class HomeworkSettings:
    """The district's tally of homes, and the household benchmark that the first page holds it against."""

    tally: str | None = setting(None, parse=_absolute, expect='an absolute path as in "/var/lib/homes.csv"')
    benchmark: str = "fcc-2024-home"
