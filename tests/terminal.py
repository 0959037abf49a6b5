"""A person before a terminal: reads what a command says, and types."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

from tests.commands import BANDGAP

PATIENCE_S = 240.0


class Terminal:
    """A command on a real terminal of 80 columns, and the person before it."""

    def __init__(self, environ: Mapping[str, str], *words: str, command: Sequence[str] = BANDGAP) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [*command, *words],
            env={**environ, "COLUMNS": "80", "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            # What runs in a shell's background is born deaf to it, and so would be all that it starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        os.close(theirs)
        self.seen = ""

    def answer(self, question: str, words: str) -> None:
        """Waits for a question and types."""
        at = len(self.seen)
        end = time.monotonic() + PATIENCE_S
        while question not in self.seen[at:] or not self.seen.endswith(": "):
            assert time.monotonic() < end, f"no {question!r} in {self.seen[at:]}"
            assert self._hear(), f"ended before {question!r}: {self.seen}"
        os.write(self._ours, (words + "\n").encode())

    def _hear(self) -> bool:
        if not select.select([self._ours], [], [], PATIENCE_S)[0]:
            return False
        try:
            said = os.read(self._ours, 65_536).decode(errors="replace")
        except OSError:  # nobody has the other end any more
            return False
        self.seen += said
        return bool(said)

    def ended(self) -> int:
        while self._hear():
            pass
        os.close(self._ours)
        return self.process.wait(60)
