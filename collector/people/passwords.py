"""Passwords, kept as argon2id hashes that cost the same to check whether the person exists or not.

Parameters are the first of RFC 9106 that a small machine can afford many of: OWASP's 19 MiB, two passes. A
hash that was made with others is made anew at the next sign-in. argon2 is loaded at the first password.
"""

from __future__ import annotations

import secrets
from functools import cache
from typing import TYPE_CHECKING

from reports.faults import Fault
from reports.wording import say

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST, MOST = 12, 256
"""Characters. Long beats strange (NIST SP 800-63B, 3.1.1); no more than a form should carry."""

MEMORY_KIB, PASSES = 19_456, 2


def checked(password: str, name: str) -> str:
    """The password, if it may be one. Raises Fault."""
    if not LEAST <= len(password) <= MOST:
        raise Fault(
            say(
                "the password has {n} characters, expected {least} to {most}",
                n=len(password),
                least=LEAST,
                most=MOST,
            )
        )
    if len(set(password)) < 5 or (name and name.casefold() in password.casefold()):
        raise Fault(
            say("the password is too easy to guess: it holds the name, or hardly more than one character")
        )
    return password


def hashed(password: str) -> str:
    return _hasher().hash(password)


def matches(password: str, kept: str | None) -> bool:
    """Whether this is the password of the hash. Without a hash the work is done all the same, for nothing."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(kept or _nobodys(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(kept)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)


@cache
def _nobodys() -> str:
    return hashed(secrets.token_urlsafe(32))
