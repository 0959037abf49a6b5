"""What a distribution wants beside the program: man pages and a changelog, made of what is there anyway."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime

MAINTAINER = "The bandgap developers <maintainers@example.org>"


def man_page(name: str, version: str, what: str, about: str, commands: dict[str, str], more: str) -> str:
    """A page in man(7)'s own language."""
    lines = [
        f'.TH {name.upper()} 1 "" "bandgap {version}" "User Commands"',
        ".SH NAME",
        rf"{_roff(name)} \- {_roff(what)}",
        ".SH SYNOPSIS",
        rf".B {_roff(name)}",
        r".I COMMAND",
        r"[options]",
        ".SH DESCRIPTION",
        _roff(about),
        ".SH COMMANDS",
        *(f".TP\n.B {_roff(word)}\n{_roff(told)}" for word, told in commands.items()),
        ".PP",
        rf"{_roff(name)} COMMAND \-\-help tells more of each.",
        ".SH EXIT STATUS",
        "0 done, 1 not done, 2 wrong words, 78 wrong settings.",
        ".SH FILES",
        _roff(more),
    ]
    return "\n".join(lines) + "\n"


def changelog(package: str, version: str, text: str, at_s: int) -> str:
    """CHANGELOG.md's newest entries in Debian's form (deb-changelog(5))."""
    newest = text.partition("\n## ")[2].partition("\n## ")[0]
    entries = [
        re.sub(r"\s+", " ", entry.replace("`", ""))
        for entry in re.findall(r"(?ms)^- (.*?)(?=^- |^#|\Z)", newest)
    ]
    lines = "".join(_wrapped(entry) for entry in entries)
    at = format_datetime(datetime.fromtimestamp(at_s, UTC))
    return f"{package} ({version}) unstable; urgency=medium\n\n{lines}\n -- {MAINTAINER}  {at}\n"


def _wrapped(entry: str) -> str:
    lines, line = [], "  *"
    for word in entry.split():
        if len(line) + len(word) >= 78:
            lines.append(line)
            line = "   "
        line += f" {word}"
    return "\n".join([*lines, line]) + "\n"


def _roff(text: str) -> str:
    return text.replace("\\", r"\\").replace("-", r"\-").replace("'", r"\(aq")
