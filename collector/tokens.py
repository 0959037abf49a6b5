"""A site's token: made once, shown once, and kept only as its SHA-256.

256 random bits can't be guessed from a hash, so no slow password hash is needed, and looking the hash up
in an index tells an attacker nothing about a token.
"""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "bandgap_"
"""Lets people and secret scanners see what it is."""


def new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def bearer_token(header: str | None) -> str | None:
    """The token of an Authorization header (RFC 6750); None when there is none in it."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
