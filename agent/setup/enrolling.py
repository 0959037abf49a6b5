"""The site's token during set-up: kept from before, or got for a code, and in either case tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent import collector_heard, enrolment
from agent.token_file import read_token
from reports.faults import Fault
from reports.token_keeping import kept_by


def site_of(
    collector: str,
    ca_file: str | None,
    path: Path,
    code: Callable[[], str],
    *,
    wanted: str | None,
    present: str | None,
) -> tuple[str, bool]:
    """The id that the collector knows this site by, and whether the token is a new one.

    A token that holds is kept; one that is refused is replaced. ``wanted`` is the id that answers or settings
    have, ``present`` the settings' alone: theirs was heard from the collector. ``code`` asks for a code, and
    isn't called when none is needed. Raises Fault.
    """
    there = path.exists()
    if there:
        token = read_token(str(path), {})
        if collector_heard.token_holds(collector, token, ca_file):
            if present is not None and present == wanted:
                return present, False
            with kept_by(path, replace=True) as keep:  # the one way to hear whose token it is
                given = enrolment.by_token(collector, token, ca_file)
                keep(given.token)
            return _as_wanted(given.site, wanted, collector), True
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with kept_by(path, replace=there) as keep:
        given = enrolment.by_code(collector, code(), ca_file)
        keep(given.token)
    return _as_wanted(given.site, wanted, collector), True


def _as_wanted(site: str, wanted: str | None, collector: str) -> str:
    if wanted not in (None, site):
        raise Fault(
            f'{collector} knows the code or token as the site "{site}", not "{wanted}"; the token is kept, '
            "mend the site's id in the answers"
        )
    return site
