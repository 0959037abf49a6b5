"""Settings on trial: a draft beside the file in force, with which commands are run that a person could type.

What happens is told in lines that stay, so that it reads the same over a slow line and to a screen reader.
The draft is gone at the end, however that comes, or it has taken the file's place.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from agent.children import COMMAND
from reports.faults import Fault

TELL_EVERY_S = 5.0


class Trial:
    """A draft of settings, and what it takes to use them."""

    def __init__(self, draft: Path, place: Path, environ: Mapping[str, str]) -> None:
        self._draft, self._place = draft, place
        self._environ = {**environ, "BANDGAP_CONFIG": str(draft), "NO_COLOR": "1"}

    def run(self, *words: str, limit_s: float, telling: str = "") -> tuple[int, str, str]:
        """Exit code, result and errors of a command; ``telling`` is said now and then with the seconds."""
        process = subprocess.Popen(
            [*COMMAND, *words],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        passed_s = 0.0
        try:
            while passed_s < limit_s:
                try:
                    out, errors = process.communicate(timeout=TELL_EVERY_S)
                except subprocess.TimeoutExpired:
                    passed_s += TELL_EVERY_S
                    if telling:
                        print(f"  {telling}, {passed_s:.0f} s", flush=True)
                else:
                    return process.returncode, out, errors.replace(str(self._draft), str(self._place))
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        return 1, "", f"bandgap {words[0]}: took longer than {limit_s:.0f} s\n"

    def accept(self) -> None:
        """The draft takes the file's place, whole."""
        os.replace(self._draft, self._place)
        self._environ["BANDGAP_CONFIG"] = str(self._place)


@contextlib.contextmanager
def on_trial(place: Path, text: str, environ: Mapping[str, str]) -> Iterator[Trial]:
    """Settings on trial. Raises Fault when they couldn't be written."""
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        _write(draft, text, place)
        yield Trial(draft, place, environ)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def _write(draft: Path, text: str, place: Path) -> None:
    try:
        place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o644
        with draft.open("w") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        raise Fault(f"{place}: can't be written: {fault.strerror}; use sudo") from None
