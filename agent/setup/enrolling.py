"""The site's token during set-up: kept from before, or got for a code, and in either case tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent import collector_heard, enrolment
from agent.token_file import kept_by, read_token
from reports.faults import Fault


def site_of(
    collector: str, ca_file: str | None, path: Path, known: str | None, code: Callable[[], str]
) -> tuple[str, bool]:
    """The id that the collector knows this site by, and whether the token is a new one.

    A token that holds is kept; one that is refused is replaced. ``known`` is the id that settings or answers
    have; ``code`` asks for a code, and isn't called when none is needed. Raises Fault.
    """
    there = path.exists()
    if there:
        token = read_token(str(path), {})
        if collector_heard.token_holds(collector, token, ca_file):
            if known is not None:
                return known, False
            with kept_by(path, replace=True) as keep:  # the one way to hear whose token it is
                given = enrolment.by_token(collector, token, ca_file)
                keep(given.token)
            return given.site, True
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with kept_by(path, replace=there) as keep:
        given = enrolment.by_code(collector, code(), ca_file)
        keep(given.token)
    if known not in (None, given.site):
        raise Fault(
            f'{collector} gave the code out for the site "{given.site}", not for "{known}"; '
            "its token is kept, mend the site's id in the answers"
        )
    return given.site, True
