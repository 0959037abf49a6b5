"""Files to take away: the report of a district or a state, in each format and language, and data.

A report is made by a child of the server (``collector/report_order.py``), of which few run at once; who asks
meanwhile is told to try again. A place that the asker may not see isn't there.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from collector.desk import Desk
from collector.pages import page
from collector.reference import Parameter
from collector.report_order import Order, made
from collector.standings.board import board_of
from collector.standings.reading import as_of, place_of
from collector.standings.scope import Scope, scope_of
from collector.tables import places
from reports.faults import Fault
from reports.languages import LANGUAGES
from reports.wording import capital, later, say

AT_ONCE, WAIT_S = 2, 10
"""Reports that are made beside each other, and what the others are told to wait."""
MOST_PLACES = 300
"""Places in a list to choose from; where there are more, their ids are typed."""

FORMS: dict[str, tuple[str, str, str]] = {
    "pdf": ("PDF, A4", "pdf", "application/pdf"),
    "pdf-letter": ("PDF, Letter", "pdf", "application/pdf"),
    "html": (later("web page"), "html", "text/html"),
    "xlsx": (
        later("workbook (XLSX)"),
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "text": (later("plain text"), "txt", "text/plain"),
    "md": ("Markdown", "md", "text/markdown"),
    "csv": ("CSV", "csv", "text/csv"),
    "json": ("JSON", "json", "application/json"),
}
"""Formats by name: what people call them, how their files end, and their media types."""

ENGLISH = ("json", "csv")
"""What programs read (``reports/formats/district_table.py``, which the server doesn't load)."""

REPORT_ASKED = {
    "place": Parameter("Whose, as in district:0100005 or state:01"),
    "period": Parameter("A week as in 2026-W47, a month as in 2026-10 or a school year as in 2026-27"),
    "format": Parameter("The format", {"type": "string", "enum": list(FORMS)}),
    "language": Parameter(
        "The language; JSON and CSV are English", {"type": "string", "enum": list(LANGUAGES)}
    ),
}

_making = threading.BoundedSemaphore(AT_ONCE)


def get_downloads_page(desk: Desk, request: Request) -> Response:
    """What can be taken away: reports, tables, a map's data, and where programs ask."""
    with board_of(request).open() as connection:
        return page(
            "downloads.html",
            here="/downloads",
            places=_places(connection, scope_of(request)),
            chosen=request.query_params.get("place", ""),
            week=last_week(desk.clock()),
            forms=FORMS,
            as_of=as_of(connection),
        )


def get_report(desk: Desk, request: Request) -> Response:
    """The report of a district or a state over a week, a month or a school year, as a file."""
    asked = request.query_params
    kind, _, place_id = asked.get("place", "").partition(":")
    form, language = asked.get("format", "pdf"), asked.get("language", "en")
    period = asked.get("period", "").strip() or last_week(desk.clock())
    with board_of(request).open() as connection:
        known = kind in ("district", "state") and "\0" not in place_id
        if not known or place_of(connection, scope_of(request), kind, place_id) is None:
            raise HTTPException(404, say("There is no such district or state."))
    if form not in FORMS or language not in LANGUAGES:
        raise HTTPException(422, say("There is no such format or language."))
    order = Order(
        settings=desk.settings,
        database=desk.database.url or f"sqlite:{desk.database.path}",
        scope="state" if kind == "state" else "district",
        place=place_id,
        form=form,
        language=next(one for one in LANGUAGES if one == language),
        now=desk.clock(),
        **_period(period),
    )
    with _turn(), tempfile.NamedTemporaryFile(prefix="bandgap-", delete=False) as file:
        path = Path(file.name)
        try:
            made(order, path)
        except Fault as fault:
            path.unlink()
            raise HTTPException(422, f"{capital(str(fault))}.") from None
        except BaseException:
            path.unlink()
            raise
    return _file(path, order, period)


def last_week(now: datetime) -> str:
    """The name of the last whole week, for who names none."""
    year, week, _ = (now - timedelta(weeks=1)).isocalendar()
    return f"{year}-W{week:02}"


def _file(path: Path, order: Order, period: str) -> Response:
    _, ending, media = FORMS[order.form]
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"bandgap-{order.scope}-{order.place}-{period}")
    answer = FileResponse(
        path,
        media_type=media,
        filename=f"{name}-{'en' if order.form in ENGLISH else order.language}.{ending}",
        background=BackgroundTask(path.unlink),
    )
    answer.headers["Content-Language"] = "en" if order.form in ENGLISH else order.language
    return answer


def _period(name: str) -> dict[str, str]:
    """What kind of period it is: `2026-10` is a month, `2026-27` a school year, all else a week."""
    if found := re.fullmatch(r"\d{4}-(\d\d)", name, re.ASCII):
        return {"month" if 1 <= int(found[1]) <= 12 else "school_year": name}
    return {"week": name}


@contextmanager
def _turn() -> Iterator[None]:
    """While one of the few reports is made. Raises HTTPException when as many are being made."""
    if not _making.acquire(blocking=False):
        raise HTTPException(
            429,
            say("Other reports are being made at this moment; try again in {seconds} s.", seconds=WAIT_S),
            {"Retry-After": str(WAIT_S)},
        )
    try:
        yield
    finally:
        _making.release()


def _places(connection: Connection, scope: Scope) -> Sequence[Any] | None:
    """The districts and states that one may see, by name; None where there are too many to list."""
    condition = scope.of_places()
    seen = [] if condition is None else [condition]
    (many,) = connection.execute(select(func.count()).select_from(places).where(*seen)).one()
    if many > MOST_PLACES:
        return None
    asked = select(places.c.kind, places.c.id, places.c.name).where(*seen)
    return connection.execute(asked.order_by(places.c.kind.desc(), places.c.name, places.c.id)).all()
