"""Puts a whole file in its place or leaves the old one there: a report is read while it is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reports.faults import Fault


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields where to write; it has the name ``path`` once the block is over. Raises Fault in one line."""
    draft = path.with_name(path.name + ".part")
    try:
        yield draft
        draft.replace(path)
    except OSError as fault:
        raise Fault(f"{path}: can't be written: {fault.strerror}") from None
    finally:
        with suppress(OSError):  # its folder may be what is amiss
            draft.unlink()
