"""The policy that this agent follows: kept beside the store, and laid over the site's own settings.

It makes an agent quieter and never costlier. Quiet windows are added to the site's own; tests become rarer,
smaller or bound by less data, and never more; hours for large tests hold only where the site named none.
What counts as the site's own limit stands in agent.toml. Which target sets the site is held against, a
policy says freely. Kept is only what was verified (``agent/policy_pull.py``); a file that can't be read
changes nothing.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reports.faults import ConfigFault
from reports.settings import setting

if TYPE_CHECKING:
    from agent.config import AgentConfig
    from reports.policy import Policy

FILE = "policy.toml"
KEY_FORM = 'a public key as `bandgap collector policy keygen` prints it: "ed25519:..."'
_KEY_BYTES = 32


def public_key(raw: object) -> bytes:
    """The key of `"ed25519:<base64>"`. Raises ValueError."""
    if not isinstance(raw, str) or not raw.startswith("ed25519:"):
        raise ValueError(raw)
    try:
        key = base64.b64decode(raw.removeprefix("ed25519:"), validate=True)
    except binascii.Error:
        raise ValueError(raw) from None
    if len(key) != _KEY_BYTES:
        raise ValueError(raw)
    return key


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """Whether the collector's policies are followed, and the key that they must be signed with."""

    follow: bool = False
    key: bytes | None = setting(None, parse=public_key, expect=KEY_FORM)


def kept(state: Path) -> Policy | None:
    """The policy that was kept last; None when there is none, or none that can be read."""
    from reports.policy import read_policy  # few agents follow one

    try:
        return read_policy((state / FILE).read_text(), str(state / FILE))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, ConfigFault) as fault:
        import logging  # a scheduled test has no use for it

        logging.getLogger("bandgap").warning("the policy isn't followed: %s", fault)
        return None


def laid_over(config: AgentConfig, policy: Policy) -> AgentConfig:
    """The settings that hold with a policy."""
    asked, own = policy.schedule, config.schedule
    budget_gb = own.budget_gb
    if asked.budget_gb is not None:
        held = config.budget_bytes
        budget_gb = asked.budget_gb if held is None else min(asked.budget_gb, held / 1e9)
    schedule = replace(
        own,
        quiet=(*own.quiet, *(window for window in asked.quiet if window not in own.quiet)),
        full_tests=own.full_tests or asked.full_tests,
        light_test_mb=min(own.light_test_mb, asked.light_test_mb or own.light_test_mb),
        long_tests=own.long_tests and asked.long_tests is not False,
        budget_gb=budget_gb,
    )
    measure = replace(
        config.measure,
        test_every=max(config.measure.test_every, asked.test_every or config.measure.test_every),
    )
    targets = replace(config.targets, sets=policy.targets.sets or config.targets.sets)
    return replace(config, schedule=schedule, measure=measure, targets=targets)


def words(own: AgentConfig, policy: Policy) -> list[str]:
    """What a policy asks and what holds of it, a line each."""
    held, asked = laid_over(own, policy), policy.schedule
    lines = [f"policy {policy.policy.serial} of {policy.policy.issued_on} is followed:"]
    more = len(held.schedule.quiet) - len(own.schedule.quiet)
    if asked.quiet:
        lines.append(f"  schedule.quiet: {more} more beside {len(own.schedule.quiet)} of the site's own")
    if asked.full_tests:
        lines.append(
            "  schedule.full_tests: " + ("the site's own hold" if own.schedule.full_tests else "the policy's")
        )
    for name, want, have in (
        ("measure.test_every, s", asked.test_every, held.measure.test_every),
        ("schedule.light_test_mb", asked.light_test_mb, held.schedule.light_test_mb),
        ("schedule.budget_gb", asked.budget_gb, held.schedule.budget_gb),
        ("schedule.long_tests", asked.long_tests, held.schedule.long_tests),
    ):
        if want is not None:
            limit = "" if want == have else f", {_figure(want)} was asked; the site's own limit holds"
            lines.append(f"  {name}: {_figure(have)}{limit}")
    if policy.targets.sets:
        lines.append(f"  targets.sets: {', '.join(policy.targets.sets)}")
    return (
        lines
        if len(lines) > 1
        else [f"policy {policy.policy.serial} of {policy.policy.issued_on} asks nothing"]
    )


def _figure(value: float | bool | None) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else f"{value:g}"
