"""Problem documents (RFC 9457): what a program is told when its request can't be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemDocument:
    """The members that ours have; ``field`` is the path in the body that is wrong, where one is."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None


class Problem(Exception):
    """A request that can't be done: the status, a sentence for a person, and the field that is wrong."""

    def __init__(
        self, status: int, detail: str, *, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.field = field
        self.headers = headers

    def __str__(self) -> str:
        return f"{self.field}: {self.detail}" if self.field else self.detail


def problem_response(problem: Problem) -> Response:
    """``type`` is about:blank: the status says what kind it is, the detail all else."""
    document = ProblemDocument(
        type="about:blank",
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.detail,
        field=problem.field,
    )
    table = {key: value for key, value in msgspec.to_builtins(document).items() if value is not None}
    return Response(
        msgspec.json.encode(table),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=dict(problem.headers or {}),
    )
