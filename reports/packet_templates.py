"""Fills a packet's templates with its facts. Templates are a district's own to edit, so they are sandboxed.

Jinja2's sandbox keeps a template from all but its facts; a name it misspells is an error and not an empty
place; HTML is escaped. What goes wrong is one line with the file and its line. Pure: the templates come as
texts, and a template finds those beside it by name.
"""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Mapping

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reports.faults import ConfigFault
from reports.outline import Block, inserted, outline
from reports.packet import PacketFacts
from reports.packet_charts import NAMES
from reports.wording import later, say

UNKNOWN = later("(not known yet)")
"""What stands in place of a fact that isn't known where a template doesn't ask first."""

GOES_WRONG = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)


class PacketTemplates:
    """Templates by file name; ``places`` are their paths, for messages."""

    def __init__(self, texts: Mapping[str, str], places: Mapping[str, str]) -> None:
        self._texts, self._places = texts, places

    def html(self, name: str, facts: PacketFacts, logo: str | None) -> str:
        """A page, every fact escaped; ``logo`` is a picture's address of the kind that holds the picture."""
        return self._filled(name, facts, _known, autoescape=True, logo=logo)

    def outlined(self, name: str, facts: PacketFacts) -> tuple[Block, ...]:
        """A document; a chart that doesn't exist is a fault."""
        blocks = outline(self._filled(name, facts, lambda value: inserted(_known(value)), autoescape=False))
        for block in blocks:
            if block.kind == "chart" and block.text not in NAMES:
                mark = f"[chart {block.text}]"
                lines = self._texts[name].splitlines()
                line = next((n for n, text in enumerate(lines, 1) if mark in text), 1)
                raise ConfigFault(
                    f"{self.place(name)}:{line}: {mark}: no such chart, known are: {', '.join(NAMES)}"
                )
        return blocks

    def _filled(
        self, name: str, facts: PacketFacts, finalize: object, *, autoescape: bool, **more: str | None
    ) -> str:
        pages = ImmutableSandboxedEnvironment(
            loader=FunctionLoader(self._source),
            autoescape=autoescape,
            finalize=finalize,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        values = {field.name: getattr(facts, field.name) for field in dataclasses.fields(facts)}
        try:
            return pages.get_template(name).render(**values, **more)
        except TemplateSyntaxError as fault:
            at = f"{self.place(fault.name or name)}:{fault.lineno}"
            raise ConfigFault(f"{at}: {_one_line(fault.message or 'not a template')}") from None
        except TemplateNotFound as fault:
            raise ConfigFault(f"{self._where(name, fault)}: no such template: {fault.name}") from None
        except GOES_WRONG as fault:
            raise ConfigFault(f"{self._where(name, fault)}: {_one_line(str(fault))}") from None

    def _source(self, name: str) -> tuple[str, str, None] | None:
        return (self._texts[name], name, None) if name in self._texts else None

    def _where(self, name: str, fault: BaseException) -> str:
        """The deepest line of a template that the fault passed through, as Jinja2 puts them into it."""
        frames = [
            frame for frame in traceback.extract_tb(fault.__traceback__) if frame.filename in self._texts
        ]
        return f"{self.place(frames[-1].filename)}:{frames[-1].lineno}" if frames else self.place(name)

    def place(self, name: str) -> str:
        return self._places.get(name, name)


def _known(value: object) -> object:
    return say(UNKNOWN) if value is None else value


def _one_line(words: str) -> str:
    return " ".join(words.split())
