"""Puts answers into a settings file and leaves all else in it as it was: comments, order, what others wrote.

A key that is set is changed in its line; one that stands there as a comment ("# students = 420") takes that
line; any other comes after its table's header. What was made is read again and compared with what was meant,
so that a layout this can't cope with is told and never spoilt.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any

from reports.faults import ConfigFault

Answers = Mapping[str, Mapping[str, Any]]
"""Values by table and key, as TOML has them."""

_REMARK = re.compile(r"""=\s*(?:"[^"]*"|[^"#]*?)(\s+#.*)$""")


def filled(text: str, answers: Answers, where: str) -> str:
    """``text`` with the answers in it; the same text when it says them already. Raises ConfigFault."""
    meant: dict[str, Any] = tomllib.loads(text)
    lines = text.splitlines()
    for table, keys in answers.items():
        for key, value in keys.items():
            if meant.get(table, {}).get(key) == value:
                continue
            meant.setdefault(table, {})[key] = value
            _put(lines, table, key, value)
    made = "\n".join(lines) + "\n"
    try:
        found = tomllib.loads(made)
    except tomllib.TOMLDecodeError:
        found = None
    if found != meant:
        raise ConfigFault(f"{where}: laid out so that setup can't change it; change it by hand")
    return made if lines != text.splitlines() else text


def _put(lines: list[str], table: str, key: str, value: object) -> None:
    header = re.compile(rf"\[{re.escape(table)}\]\s*(#.*)?")
    begins = next((at for at, line in enumerate(lines) if header.fullmatch(line)), None)
    new = f"{key} = {written(value)}"
    if begins is None:
        lines += ["", f"[{table}]", new]
        return
    ends = next((at for at in range(begins + 1, len(lines)) if lines[at].startswith("[")), len(lines))
    for form in (rf"\s*{key}\s*=", rf"#\s?{key}\s*="):
        for at in range(begins + 1, ends):
            if re.match(form, lines[at]):
                remark = _REMARK.search(lines[at])
                lines[at] = new + (remark[1] if remark else "")
                return
    lines.insert(begins + 1, new)


def written(value: object) -> str:
    """A value as TOML has it. A JSON string is a TOML string (toml.io/en/v1.0.0#string)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(written(each) for each in value) + "]"
    return repr(value)
