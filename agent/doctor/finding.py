"""What one check found: pass, warn or fail, in words, and the command that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """``mend`` is a command, or what a person is to do; None where nothing is to be mended."""

    verdict: Verdict
    words: str
    mend: str | None = None


def good(words: str) -> Finding:
    return Finding("pass", words)


def doubtful(words: str, mend: str | None = None) -> Finding:
    return Finding("warn", words, mend)


def bad(words: str, mend: str | None = None) -> Finding:
    return Finding("fail", words, mend)
