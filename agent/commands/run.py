"""`bandgap run`: the agent in the foreground, as systemd starts it."""

from __future__ import annotations

import os

from agent import paths
from agent.demo.mark import refuse_demo
from reports import log_entries


def main(argv: list[str]) -> int:
    if argv:
        _refuse(argv)
    log_entries.begin("bandgap-agent", os.environ)
    refuse_demo(paths.state_dir(os.environ, root=os.geteuid() == 0))
    from agent.daemon import serve

    return serve(os.environ)


def _refuse(argv: list[str]) -> None:
    """Tells what `--help` asks for, or that there are no options; argparse stays out of an agent's memory."""
    import argparse

    parser = argparse.ArgumentParser(
        prog="bandgap run",
        description=__doc__,
        epilog="SIGTERM ends it within two seconds, SIGHUP makes it read its settings again.",
    )
    parser.parse_args(argv)
