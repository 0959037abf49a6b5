"""`bandgap config`: checks the settings, or shows all of them with their reasons."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from agent import installation, paths, policy, shipped, store
from agent.config import AgentConfig, load
from agent.engines.table import ENGINES
from agent.snmp import credentials
from agent.token_file import read_token
from reports.faults import ConfigFault
from reports.settings import nearest
from reports.shipped import chosen, shipped_targets


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap config", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="check|show")
    check = actions.add_parser("check", help="read the settings as the agent would, and say what is wrong")
    check.add_argument("file", nargs="?", help="a settings file (default: the one in force)")
    actions.add_parser("show", help="print the commented settings file with every key and its default")
    args = parser.parse_args(argv)
    if args.action == "show":
        print(shipped.commented_settings(), end="")
        return 0
    return _check(args.file)


def _check(file: str | None) -> int:
    if file is not None:
        config = load(Path(file), zone=paths.local_zone(os.environ))
    else:
        installation.find(os.environ)
        root = os.geteuid() == 0
        config = load(paths.config_path(os.environ, root=root), zone=paths.local_zone(os.environ))
    chosen(config.targets.sets, shipped_targets(config.targets.folder))
    for engine in config.measure.engines:
        if engine not in ENGINES:
            raise ConfigFault(
                f'{config.path}: [measure] engines: no engine "{engine}"{nearest(engine, ENGINES)}'
            )
    if config.upload.collector is not None:
        read_token(config.upload.token_file, os.environ)
    if config.snmp.address is not None:
        credentials.folder(config.snmp.credentials, os.environ)
    print(f"{config.path}: ok" if config.path else "no settings file; the defaults hold")
    if config.policy.follow:
        _tell_policy(config)
    if config.missing_for_a_verdict:
        print(config.missing_for_a_verdict)
    if config.upload.collector is None:
        print("No upload.collector is set: summaries are kept here and go nowhere.")
    return 0


def _tell_policy(config: AgentConfig) -> None:
    """What the policy asks that was kept here, what holds of it, and what came of the last ones."""
    state = paths.state_dir(os.environ, root=os.geteuid() == 0)
    found = policy.kept(state)
    if found is None or not found.is_for(config.site.id):
        print("policy: none was received yet")
    else:
        print("\n".join(policy.words(config, found)))
    if (state / store.FILE).exists():
        from agent.policy_pull import decisions

        connection = store.open_store(state, read_only=True)
        for line in decisions(connection)[-5:]:
            print(f"  {line}")
        connection.close()
