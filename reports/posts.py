"""How long a post is, as the networks count that limit it."""

from __future__ import annotations

LIGHT = ((0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
"""Characters that X counts once; all others count twice (twitter-text, configuration 3)."""


def post_length(text: str) -> int:
    """By X's rule, which is the strictest; addresses count in full, though X counts any as 23."""
    return sum(1 if any(low <= ord(sign) <= high for low, high in LIGHT) else 2 for sign in text)


def shortened(words: str, most: int) -> str:
    """At most so many characters by the same count, cut at a word where one ends late enough."""
    if post_length(words) <= most:
        return words
    head = words
    while post_length(head) > most - 2:
        head = head[:-1]
    whole = head.rpartition(" ")[0]
    return (whole if len(whole) > len(head) // 2 else head).rstrip(" ,.-") + "…"
