"""Packs texts into one tar.gz for its owner's eyes, with a manifest that says what each of them is."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reports.faults import Fault

FOLDER = "bandgap-support"
MANIFEST = "MANIFEST.txt"


@dataclass(frozen=True, slots=True)
class Packed:
    """One file of the bundle, with what it is."""

    name: str
    about: str
    data: bytes


def manifest(files: Sequence[Packed], now: datetime, *, samples: bool) -> str:
    """What is in the bundle, a line a file: octets, name, what it is, and its SHA-256 below."""
    lines = [
        f"Made by bandgap support at {now:%Y-%m-%d %H:%M:%S} UTC.",
        "Tokens, passwords, communities, users in addresses, mail addresses and",
        "addresses of the public Internet were taken out.",
        "Samples are in it." if samples else "No samples are in it.",
        "",
    ]
    for one in files:
        lines.append(f"{len(one.data):>9,}  {one.name}: {one.about}")
    lines += ["", *(f"{hashlib.sha256(one.data).hexdigest()}  {one.name}" for one in files)]
    return "\n".join(lines) + "\n"


def pack(path: Path, files: Sequence[Packed], manifest_text: str, now: datetime) -> None:
    """Writes the bundle whole or not at all; only its owner may read it. Raises Fault."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as bundle:
            for name, data in [(MANIFEST, manifest_text.encode()), *((one.name, one.data) for one in files)]:
                entry = tarfile.TarInfo(f"{FOLDER}/{name}")
                entry.size, entry.mode, entry.mtime = len(data), 0o600, int(now.timestamp())
                bundle.addfile(entry, io.BytesIO(data))
        draft.replace(path)
    except OSError as fault:
        raise Fault(f"{path}: can't be written: {fault.strerror}; name another with -o") from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
