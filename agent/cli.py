"""The command ``bandgap``: one word picks a module, which reads the rest.

Only the module of the command that was called is imported. Commands that another package of this
distribution brings (the collector's) are found by the entry point group ``bandgap.commands``, so that the
agent never imports them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from keyword import iskeyword

from agent import __version__
from reports.faults import Fault, UsageFault
from reports.settings import nearest

COMMANDS = {
    "setup": "set this gateway up: ask or be told, try each answer, measure, start the service",
    "check": "measure the line now, and hold it against a target",
    "run": "the agent: measure, keep, summarise and upload until told to stop",
    "report": "the weekly capacity report, as text, HTML, JSON or CSV",
    "packet": "the week for families, board and press: newsletter, slides, posts, press release",
    "upload": "send waiting summaries now, or show what would leave",
    "enrol": "get this site's token from the collector for a one-time code, or change it for a new one",
    "evidence": "contracted against delivered as one file, and whether the kept summaries are whole",
    "status": "what the agent is doing and when it last did it",
    "schedule": "the next tests, and what the month's will cost",
    "demo": "a year of a made-up school, to see every page before anything was measured",
    "homework-gap": "how many homes that were checked meet each household benchmark, by area",
    "targets": "the capacity targets it knows, with their sources",
    "salvage": "set a damaged store aside, and keep what can be read of it",
    "config": "check the settings, or show all of them with their reasons",
    "export": "tests, minutes, usage, outages or summaries as CSV, JSON lines or Parquet",
    "import": "take in an export, or the history of another speed test logger",
    "backup": "a whole copy of the store, made while the agent runs",
    "restore": "put a backup in the store's place; the present store is set aside",
    "doctor": "whether this gateway has all it needs, and the command that mends what it lacks",
    "support": "one file for whoever helps: journal, settings, status, versions, without secrets",
    "service": "set up, take away or show the systemd service of an installation by uv tool or pipx",
}
PLUGGED = {"collector": "the central end: take in summaries of many sites and show them"}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code: 0 done, 1 not done, 2 usage, 78 configuration."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except Fault as fault:
        _say(fault)
        return fault.exit_code
    except KeyboardInterrupt:
        print("bandgap: interrupted", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `bandgap report | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _say(fault: Fault) -> None:
    from reports import journal  # for services; a person reads stderr

    if journal.listens(os.environ):
        journal.tell("bandgap", str(fault), journal.ERROR)
    else:
        print(f"bandgap: {fault}", file=sys.stderr)


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(_help())
        return 0 if words else 2
    if words[0] in ("-V", "--version", "version"):
        print(f"bandgap {__version__}")
        return 0
    name, rest = words[0], words[1:]
    if name in COMMANDS:
        module = f"agent.commands.{name}{'_' if iskeyword(name) else ''}"
        run: Callable[[list[str]], int] = import_module(module.replace("-", "_")).main
        return run(rest)
    if name in PLUGGED:
        return _plugged(name, rest)(rest)
    raise UsageFault(f'"{name}": no such command{nearest(name, (*COMMANDS, *PLUGGED))}')


def _plugged(name: str, rest: list[str]) -> Callable[[list[str]], int]:
    from importlib.metadata import entry_points
    from shutil import which

    found = list(entry_points(group="bandgap.commands", name=name))
    if not found and (program := which(f"bandgap-{name}")):  # a distribution's package of its own
        os.execv(program, [program, *rest])  # noqa: S606  # no shell
    try:
        loaded: Callable[[list[str]], int] = found[0].load()
    except (IndexError, ImportError) as fault:
        missing = getattr(fault, "name", None)
        because = f" ({missing} is missing)" if missing else ""
        raise Fault(
            f"{name}: not installed here{because}; install it with: pip install 'bandgap[{name}]'"
        ) from None
    return loaded


def _help() -> str:
    lines = [
        "bandgap: where a school's Internet capacity stands against the recommended targets",
        "",
        "usage: bandgap COMMAND [options]     (bandgap COMMAND --help tells more)",
        "",
        *(f"  {name:<12} {words}" for name, words in {**COMMANDS, **PLUGGED}.items()),
    ]
    return "\n".join(lines)
