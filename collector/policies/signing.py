"""Keys and signatures of policies: Ed25519 (RFC 8032), by cryptography.

The private key signs and does nothing else; a collector needs it only while a policy is published, and it
may lie on another machine. Agents hold the public one in their settings. A key made of the site's token
would be none: a box that inspects TLS on the way to the collector sees the token.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from reports.faults import ConfigFault, Fault

PREFIX = "ed25519:"
_SEED_BYTES = 32


def new_key(path: Path) -> str:
    """Makes a private key in a file that only its owner may read; returns the public one as agents write
    it."""
    seed = os.urandom(_SEED_BYTES)
    public = _public(seed)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as fault:
        raise Fault(f"{path}: can't be made: {fault.strerror}; name another file") from None
    with os.fdopen(handle, "w") as file:
        file.write(PREFIX + base64.b64encode(seed).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return public


def sign(path: Path, text: str) -> bytes:
    """The signature of a text by the private key in a file. Raises ConfigFault."""
    key = _library().Ed25519PrivateKey.from_private_bytes(_seed(path))
    made: bytes = key.sign(text.encode())
    return made


def public_of(path: Path) -> str:
    """The public key of the private one in a file."""
    return _public(_seed(path))


def _seed(path: Path) -> bytes:
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigFault(f"{path}: others may read the key; run: chmod 600 {path}")
        text = path.read_text().strip()
        seed = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except OSError as fault:
        raise ConfigFault(f"{path}: the key can't be read: {fault.strerror}") from None
    except ValueError:
        seed = b""
    if len(seed) != _SEED_BYTES:
        raise ConfigFault(f"{path}: no key, expected what `bandgap collector policy keygen` made")
    return seed


def _public(seed: bytes) -> str:
    library = _library()
    key = library.Ed25519PrivateKey.from_private_bytes(seed).public_key()
    raw = library.serialization
    return PREFIX + base64.b64encode(key.public_bytes(raw.Encoding.Raw, raw.PublicFormat.Raw)).decode()


def _library() -> Any:
    """The module of cryptography's that has Ed25519. Raises ConfigFault where there is none."""
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise ConfigFault(
            "signing takes cryptography; install it with: pip install 'bandgap[policy]'"
        ) from None
    return SimpleNamespace(Ed25519PrivateKey=ed25519.Ed25519PrivateKey, serialization=serialization)
