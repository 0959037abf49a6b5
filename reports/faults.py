"""A fault is something a person can mend: one line that says what, where, and what to do.

Exit codes are the product's own four: 0 done, 1 not done (with its reason), 2 usage,
78 configuration (EX_CONFIG of sysexits.h, which systemd's RestartPreventExitStatus can name).
"""

from __future__ import annotations


class Fault(Exception):
    """Something that stops the work; its text is the one line a person reads."""

    exit_code = 1


class UsageFault(Fault):
    """The command was called with words that don't fit."""

    exit_code = 2


class ConfigFault(Fault):
    """A file of settings, a token or a store can't be used as it is."""

    exit_code = 78
