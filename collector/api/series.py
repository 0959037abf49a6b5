"""A site's figures as series, for who draws or counts them: JSON in columns, or CSV with a row a period."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.api.answering import answered
from collector.api.exports import CSV
from collector.api.sites import SITE_ID
from collector.desk import Desk
from collector.problems import Problem
from collector.reference import Parameter
from collector.series import DAY_S, FIGURES, HOUR_S, WEEK_S, Asked, SeriesAnswer, answer
from reports.periods import Kind
from reports.wording import say

MOST_PERIODS, MOST_POINTS = 10_000, 50_000
"""Of one answer: more than a year of hours, and a year of five figures' hours."""

LONGEST_KEPT = 2_000
"""Characters of a query that is remembered: all names and both moments are half of it."""

LATEST = 253_370_764_800
"""The last year that can be counted has begun."""

EVERY: dict[str, tuple[Kind, int, int]] = {
    "hour": ("hour", HOUR_S, 24),
    "day": ("day", DAY_S, 14),
    "week": ("week", WEEK_S, 26),
}
"""The kinds of periods: how long one is, and how many there are where nobody says since when."""

_MOMENT = {"type": "string", "format": "date-time"}
SERIES_ASKED = {
    "figures": Parameter(f"Names with commas between them, all of them by itself: {', '.join(FIGURES)}"),
    "every": Parameter("The periods; an hour by itself", {"type": "string", "enum": list(EVERY)}),
    "from": Parameter("The first moment in which one may begin; 24 hours, 14 days or 26 weeks ago", _MOMENT),
    "to": Parameter("The moment before which the last begins; now by itself", _MOMENT),
}
SERIES_BAD = {
    400: "A parameter can't be, or asks for more than is told at once; the member field names it.",
    404: "No site is enrolled under this id.",
}


class _Said(Struct, frozen=True, gc=False):
    """A query as it stands in an address; None where it says nothing of a moment."""

    every: Kind
    figures: tuple[str, ...]
    begins: int | None
    ends: int | None


def get_series(desk: Desk, request: Request) -> Response:
    """One site's figures by hour, day or week, in columns; null where there is none."""
    return answered(request, _found(desk, request))


def get_series_csv(desk: Desk, request: Request) -> Response:
    """The same as CSV: a row for each period, empty where there is no figure."""
    found = _found(desk, request)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["starts_at", "through_at", *found.figures])
    times = zip(map(_instant, found.starts_at), map(_instant, found.through_at), strict=True)
    writer.writerows((*when, *row) for when, row in zip(times, _rows(found), strict=True))
    named = {"Content-Disposition": f'attachment; filename="{found.site}-{found.every}s.csv"'}
    return Response(out.getvalue(), media_type=CSV, headers=named)


def asked_of(query: str, now: datetime) -> Asked:
    """What a query asks, no later than now. Raises Problem 400 with the parameter named."""
    said = _said(query) if len(query) <= LONGEST_KEPT else _said.__wrapped__(query)
    _, length_s, usual = EVERY[said.every]
    today = int(now.timestamp())
    ends = today + 1 if said.ends is None else said.ends
    begins = ends - usual * length_s if said.begins is None else said.begins
    if begins >= ends:
        raise Problem(400, "expected a moment before the one in to, or before now", field="from")
    asked = Asked(said.every, said.figures, begins, min(ends, today + 1))
    periods = (asked.ends - asked.begins) // length_s
    most = min(MOST_PERIODS, MOST_POINTS // len(said.figures))
    if periods > most:
        raise Problem(
            400, f"{periods:,} {said.every}s, expected at most {most:,} of so many figures", field="from"
        )
    return asked


def _found(desk: Desk, request: Request) -> SeriesAnswer:
    site_id = request.path_params["id"]
    known = desk.store.site(site_id) if SITE_ID.fullmatch(site_id) else None
    if known is None:
        raise HTTPException(404, say("No site is enrolled under this id."))
    asked = asked_of(request.url.query, desk.clock())
    return answer(site_id, asked, desk.store.series(known.key, asked), lambda: ZoneInfo(known.site.timezone))


@lru_cache(maxsize=1024)
def _said(query: str) -> _Said:
    """A query's words. Panels ask the same again and again."""
    words = dict(parse_qsl(query, keep_blank_values=True))
    every = words.get("every", "hour")
    if every not in EVERY:
        raise Problem(400, f"expected one of {', '.join(EVERY)}", field="every")
    names = tuple(dict.fromkeys(words["figures"].split(","))) if "figures" in words else FIGURES
    if unknown := [name for name in names if name not in FIGURES]:
        raise Problem(400, f"no figure has the name {unknown[0][:64]!r}", field="figures")
    return _Said(EVERY[every][0], names, _moment(words, "from"), _moment(words, "to"))


def _moment(words: dict[str, str], name: str) -> int | None:
    if name not in words:
        return None
    try:
        at = datetime.fromisoformat(words[name])
        if at.utcoffset() is not None and 0 <= (seconds := at.timestamp()) < LATEST:
            return int(-(-seconds // 1))
    except (ValueError, OverflowError):
        pass
    raise Problem(400, "expected a time with its UTC offset, as in 2026-11-24T05:00:00Z", field=name)


def _instant(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _rows(found: SeriesAnswer) -> Iterable[tuple[float | int | None, ...]]:
    return zip(*found.figures.values(), strict=True)
