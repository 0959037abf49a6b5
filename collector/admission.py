"""Who sent an upload: the site of its token, remembered, and asked for anew whenever it may have changed.

What is remembered lets a request be judged without asking the database for its token. It isn't trusted: a
site's generation rises with every change of its tokens, the transaction that stores an upload compares it,
and what was judged by an older one is judged again. So a token that was revoked or renewed ends with the next
upload, and there is no time in which it still holds.
"""

from __future__ import annotations

from collector.enrolled import Admitted
from collector.problems import Problem
from collector.store import Store

MOST_REMEMBERED = 200_000
"""About 60 MB; past it the longest remembered go."""


class Admissions:
    """The sites whose tokens came lately, by the hash of the token. For the event loop's thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[bytes, Admitted] = {}

    def remembered(self, hashed: bytes) -> Admitted | None:
        return self._known.get(hashed)

    def ask(self, hashed: bytes) -> Admitted | None:
        """The site of a token as the database has it now. Blocks; any thread may call it."""
        return self._store.admitted(hashed)

    def remember(self, hashed: bytes, site: Admitted) -> None:
        if len(self._known) >= MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[hashed] = site

    def forget(self, hashed: bytes) -> None:
        self._known.pop(hashed, None)


def refusal(token: str | None) -> Problem:
    """What a request is told whose token is nobody's."""
    return Problem(
        401,
        "the token isn't one of this collector's" if token else "a site's token is needed",
        headers={"WWW-Authenticate": 'Bearer realm="bandgap"' + (', error="invalid_token"' if token else "")},
    )
