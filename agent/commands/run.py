"""`bandgap run`: the agent in the foreground, as systemd starts it."""

from __future__ import annotations

import logging
import os
import sys

from agent import paths
from agent.demo.mark import refuse_demo


def main(argv: list[str]) -> int:
    if argv:
        _refuse(argv)
    # Under systemd the journal has the time already.
    stamp = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s "
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=f"{stamp}%(levelname)s %(message)s")
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
