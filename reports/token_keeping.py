"""Puts a token that is made once into a file that only its owner may read, on a gateway or a collector."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from reports.faults import Fault


@contextlib.contextmanager
def kept_by(path: Path, *, replace: bool) -> Iterator[Callable[[str], None]]:
    """Yields what keeps a token in a file that only its owner may read.

    The file is opened before anybody is asked for a token, and gets its name once the token is on the disk:
    neither is ever lost to the other. Raises Fault.
    """
    if path.exists() and not replace:
        raise Fault(f"{path}: exists already; remove it, or name another file in --token-file")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as fault:
        raise Fault(
            f"{path}: can't be written: {fault.strerror}; use sudo, or name another in --token-file"
        ) from None
    try:
        with os.fdopen(handle, "w") as file:

            def keep(token: str) -> None:
                file.write(token + "\n")
                file.flush()
                os.fsync(file.fileno())
                draft.replace(path)

            yield keep
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
