"""Who sees the page that is being made: its head names them and has the way out, on every page alike."""

from __future__ import annotations

from contextvars import ContextVar

from collector.people.roles import Viewer

SHOWN_TO: ContextVar[Viewer | None] = ContextVar("shown_to", default=None)
SHOWN_FORM_TOKEN: ContextVar[str] = ContextVar("shown_form_token", default="")
