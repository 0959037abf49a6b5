"""`bandgap run`: the agent in the foreground, as systemd starts it."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from agent import paths
from agent.demo.mark import refuse_demo


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bandgap run",
        description=__doc__,
        epilog="SIGTERM ends it within two seconds, SIGHUP makes it read its settings again.",
    )
    parser.parse_args(argv)
    # Under systemd the journal has the time already.
    stamp = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s "
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=f"{stamp}%(levelname)s %(message)s")
    refuse_demo(paths.state_dir(os.environ, root=os.geteuid() == 0))
    from agent.daemon import serve

    return serve(os.environ)
