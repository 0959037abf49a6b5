"""What pages and programs read standings from, brought up to date first where that is quick."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from collector.engine import reading
from collector.standings.judging import Judge
from reports.languages import spoken

log = logging.getLogger("bandgap.collector")


class Board:
    """The standings of one collector, and who keeps them."""

    def __init__(self, source: Engine, judge: Judge) -> None:
        self.judge = judge
        self._source = source

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """One moment of the database. Where nothing can be judged now, it shows what was judged before."""
        try:
            with spoken("en"):  # what is kept of a gap is for programs too
                self.judge.look()
        except SQLAlchemyError:
            log.exception("Sites can't be judged; the pages show how they stood before")
        with reading(self._source) as connection:
            yield connection


def board_of(request: Request) -> Board:
    """The board of the application that answers."""
    found = request.app.state.board
    assert isinstance(found, Board)
    return found
