"""`bandgap enrol`: gets this site's token from the collector for a one-time code, and keeps it for its owner
alone.

`--renew` changes the present token for a new one; the old one holds for another day, in which the agent is to
be started again.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.installation import find
from agent.token_file import read_token
from reports.faults import UsageFault
from reports.token_keeping import kept_by

if TYPE_CHECKING:
    from agent.config import AgentConfig
    from agent.enrolment import Given


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap enrol", description=__doc__)
    parser.add_argument("--collector", metavar="URL", help="its address (default: upload.collector)")
    parser.add_argument("--code", metavar="CODE", help="the one-time code; asked for when it is left out")
    parser.add_argument("--renew", action="store_true", help="a new token for the present one")
    parser.add_argument("--token-file", metavar="PATH", help="where it is kept (default: upload.token_file)")
    parser.add_argument("--ca-file", metavar="PATH", help="the authority of the collector's certificate")
    args = parser.parse_args(argv)
    if args.renew and args.code:
        raise UsageFault("--renew needs no code; leave out --code")
    config = find(os.environ).config
    collector = _collector(args.collector, config)
    path = Path(args.token_file or config.upload.token_file)
    with kept_by(path, replace=args.renew) as keep:
        given = _given(args, config, collector, path)
        keep(given.token)
    print(f'This is the site "{given.site}"; its token is in {path}.')
    _tell(given, collector, config)
    return 0


def _given(args: argparse.Namespace, config: AgentConfig, collector: str, path: Path) -> Given:
    from agent import enrolment  # with requests, which a mistyped command needn't wait for

    ca_file = args.ca_file or config.upload.ca_file
    if args.renew:
        return enrolment.by_token(collector, read_token(str(path), {}), ca_file)
    code = args.code or _typed()
    return enrolment.by_code(collector, code, ca_file)


def _typed() -> str:
    if sys.stdin.isatty():
        print("The site's code: ", end="", file=sys.stderr, flush=True)
    code = sys.stdin.readline().strip()
    if not code:
        raise UsageFault("no code; expected one from the list that `bandgap collector enrol --csv` wrote")
    return code


def _collector(named: str | None, config: AgentConfig) -> str:
    from agent.setting_forms import private_url

    if named is None:
        if config.upload.collector is None:
            raise UsageFault("no collector; name it in --collector, or set upload.collector in agent.toml")
        return config.upload.collector
    try:
        return private_url(named)
    except (ValueError, TypeError):
        raise UsageFault(
            f'--collector: found "{named}", expected an https:// address (http:// only on this machine: '
            "the token would travel in clear)"
        ) from None


def _tell(given: Given, collector: str, config: AgentConfig) -> None:
    """What is still to be said in agent.toml."""
    if config.site.id not in (None, given.site):
        print(f'agent.toml calls it "{config.site.id}": uploads are refused until [site] id is mended.')
    if config.upload.collector != collector:
        print(f'To send there, put into agent.toml under [upload]: collector = "{collector}"')
