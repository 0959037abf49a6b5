"""What each kind of asker may see and do, and which part of the tree it is of.

Roles are ranked: who may administer may also view. A role holds in a part of the tree - districts, a state,
or all of it - and a site outside of it doesn't exist for whoever asks. Programs with an API token view,
within the scopes that the token names, and never administer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from reports.wording import later, say

Role = Literal["viewer", "district_admin", "state_admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the least to the most."""

Needs = Literal["anyone", "site", "viewer", "district_admin", "state_admin"]
"""What an address asks of whoever comes: nothing, a site's token (its handler asks for it), or a role."""

How = Literal[
    "open", "session", "API token", "single sign-on", "site token", "enrolment code", "command line"
]
"""From which kind of access something was done."""

SCOPES = {
    "read:sites": "sites, their facts, summaries and standing",
    "read:fleet": "places, circuits, contracts, alerts and what is made of many sites",
    "read:metrics": "the collector's own figures, for Prometheus",
}
"""What an API token may be for."""


ROLE_WORDS: dict[str, str] = {
    "viewer": later("viewer"),
    "district_admin": later("district admin"),
    "state_admin": later("state admin"),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever asks. ``places`` are keys of the tree, with all that is under them; None is all of it."""

    role: Role
    places: frozenset[int] | None
    who: str
    how: How
    person: int | None = None

    def sees(self, place: int | None) -> bool:
        """Whether a site in this place is there for this viewer; one without a place is for who sees all."""
        return self.places is None or (place is not None and place in self.places)

    def is_(self, role: Needs) -> bool:
        """Whether this viewer has this role, or one above it."""
        return role in ("anyone", "site") or ROLES.index(self.role) >= ROLES.index(role)


ANYBODY = Viewer("viewer", None, "anybody", "open")
"""Who asks where nobody needs to sign in: sees all, administers nothing."""


def role_words(role: str) -> str:
    """A role as a person reads it."""
    return say(ROLE_WORDS[role])
