"""How long a post is, as the networks count that limit it."""

from __future__ import annotations

LIGHT = ((0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
"""Characters that X counts once; all others count twice (twitter-text, configuration 3)."""


def post_length(text: str) -> int:
    """By X's rule, which is the strictest; addresses count in full, though X counts any as 23."""
    return sum(1 if any(low <= ord(sign) <= high for low, high in LIGHT) else 2 for sign in text)
