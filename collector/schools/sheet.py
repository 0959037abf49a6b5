"""A table as spreadsheets save it, read into rows of text; what can't be read is told by its row.

Taken are UTF-8 with or without a byte order mark, and UTF-16 with one; commas, semicolons or tabs between
cells; LF and CRLF. Excel saves semicolons, and commas in numbers, where the machine's locale writes so:
``decimal_comma`` says that a comma may be meant. Rows count as a spreadsheet counts them: the header is row
1. Empty rows are passed over.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from reports.faults import Fault, UsageFault

MOST_BYTES = 256_000_000
SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The header's names, small and with `_` for spaces, and each row's number with its cells by those
    names."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    decimal_comma: bool
    faults: tuple[str, ...] = ()


def read_sheet(path: Path) -> Sheet:
    """Reads a file. Raises Fault when it can't be read as a table at all."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Fault(f"{path}: larger than {MOST_BYTES / 1e6:,.0f} MB; split it")
        raw = path.read_bytes()
    except OSError as fault:
        raise UsageFault(f"{path}: can't be read: {fault.strerror}") from None
    return sheet_of(_text(raw, path), path)


def sheet_of(text: str, path: Path) -> Sheet:
    """``read_sheet`` on text that was read already."""
    head = text.lstrip("\r\n").partition("\n")[0]
    separator = max(SEPARATORS, key=head.count)
    # Excel may say it in a line of its own.
    if head.strip().lower() in ("sep=;", "sep=,", "sep=\t"):
        separator, text = head.strip()[4:] or "\t", text.lstrip("\r\n").partition("\n")[2]
    rows: list[tuple[int, dict[str, str]]] = []
    columns: tuple[str, ...] = ()
    faults: list[str] = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 1):
            filled = [cell.strip() for cell in cells]
            if not any(filled):
                continue
            if not columns:
                columns = tuple(name.lower().replace(" ", "_") for name in filled)
                continue
            if len(filled) > len(columns) and any(filled[len(columns) :]):
                faults.append(f"row {number}: {len(filled)} cells, the header has {len(columns)}")
            rows.append((number, dict(zip(columns, filled, strict=False))))
    except csv.Error as fault:
        raise Fault(f"{path}: not a table after row {len(rows) + 1}: {fault}") from None
    if not columns:
        raise Fault(f"{path}: empty, expected a header and a row for each school")
    return Sheet(columns, tuple(rows), separator == ";", tuple(faults))


def _text(raw: bytes, path: Path) -> str:
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as fault:
        row = raw[: fault.start].count(b"\n") + 1
        raise Fault(f'{path}: row {row}: not UTF-8 text; save it as "CSV UTF-8"') from None
    if "\0" in text:
        raise Fault(
            f"{path}: row {text[: text.index(chr(0))].count(chr(10)) + 1}: holds a zero byte, no text"
        )
    return text
