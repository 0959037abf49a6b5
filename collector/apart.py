"""How a module of the collector is run in a process of its own, wherever this package lies.

A distribution's package has it in a folder that Python doesn't search by itself, and a child of its own would
not find it there.
"""

from __future__ import annotations

import sys
from pathlib import Path

HOME = str(Path(__file__).parents[1])


def module(name: str, *words: str) -> list[str]:
    """The command that runs it, with ``words`` for its arguments."""
    # -P: a folder named `collector` where the service happens to start must not win over this one.
    run = (
        f"import sys; {HOME!r} in sys.path or sys.path.insert(0, {HOME!r})\n"
        f"import runpy; runpy.run_module({name!r}, run_name='__main__', alter_sys=True)"
    )
    return [sys.executable, "-P", "-c", run, *words]
