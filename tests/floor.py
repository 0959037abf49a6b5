"""Which test files rest on a library whose version is another on Debian 12: the others needn't run twice.

A file rests on what it imports, on what that imports, and so on through our own modules, imports inside functions
too. Whoever runs `bandgap` as a process may reach everything. The libraries are those of `tests/floor.txt` and what
they rest on; what runs the tests isn't meant.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = frozenset({"agent", "reports", "tests"})
LIBRARIES = frozenset(
    {
        "psutil",
        "speedtest",
        "sqlite_utils",
        "schedule",
        "requests",
        "jinja2",
        "tabulate",
        "cryptography",
        "aiosmtpd",
        "urllib3",
        "click",
        "dateutil",
        "markupsafe",
    }
)
COMMANDS = frozenset({"tests.commands", "agent.cli"})
"""Start `bandgap`, or a command of it by name, which no import shows."""


def rests_on_libraries(file: Path) -> bool:
    """Whether a test file comes to import one of them, in its process or in one that it starts."""
    seen, ahead = {file}, [file]
    while ahead:
        one = ahead.pop()
        for module in _imported(one):
            if module.partition(".")[0] in LIBRARIES or module in COMMANDS:
                return True
            if (source := _source(module)) is not None and source not in seen:
                seen.add(source)
                ahead.append(source)
    return False


@cache
def _imported(file: Path) -> frozenset[str]:
    """Modules by their whole names."""
    return frozenset(_named(file.read_text(), file.parent))


def _named(program: str, folder: Path) -> Iterator[str]:
    """``from a import b`` may mean the module a.b. A text may be a module's name, the name of a program beside
    the file, or a program."""
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(text := node.value, str):
            if text.endswith(".py") and (beside := folder / text).is_file():
                yield ".".join(beside.relative_to(ROOT).with_suffix("").parts)
            elif "import " in text:
                with suppress(SyntaxError):
                    yield from _named(text, folder)
            else:
                yield text


@cache
def _source(module: str) -> Path | None:
    """The file of a module of ours."""
    if module.partition(".")[0] not in OURS or not module.replace(".", "").isidentifier():
        return None
    place = ROOT / module.replace(".", "/")
    return next((one for one in (place.with_suffix(".py"), place / "__init__.py") if one.is_file()), None)
