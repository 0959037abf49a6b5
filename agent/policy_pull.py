"""Asks the collector for the policy that is meant for this site, and keeps it if it may be believed.

It is asked for after an upload, over the same connection's rules; nobody can push one, and no port is
opened. It must be signed by the key that the site's settings name (Ed25519, RFC 8032): a box on the way
that inspects TLS sees the token, and could forge whatever rests on that. A policy that is older than the
one kept, for other sites, or with anything in it that this agent doesn't know, is refused and changes
nothing. What came of each is kept, and told by `bandgap config check`.
"""

from __future__ import annotations

import base64
import json
import os
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from agent import __version__, store
from agent.config import AgentConfig
from agent.policy import FILE
from reports.faults import ConfigFault, Fault
from reports.policy import MOST_BYTES, Policy, read_policy
from reports.shipped import chosen, shipped_targets

PATIENCE_S = (10.0, 30.0)
SERIAL, LOG = "policy_serial", "policy_log"
LINES_KEPT = 20


def pull(config: AgentConfig, token: str, state: Path, connection: sqlite3.Connection, now: datetime) -> bool:
    """Whether another policy holds from now on. Raises Fault when none can be had."""
    told = _ask(config, token)
    if told.get("document") is None:
        return False
    text, signature = str(told["document"]), str(told["signature"])
    if text == _kept(state):
        return False
    try:
        found = verified(config, text, signature, int(store.noted(connection, SERIAL) or 0))
    except Fault as fault:
        _note(connection, now, f"refused: {fault}")
        raise
    _keep(state, text)
    store.note(connection, SERIAL, str(found.policy.serial))
    _note(connection, now, f"policy {found.policy.serial} of {found.policy.issued_on} is followed")
    return True


def verified(config: AgentConfig, text: str, signature: str, newest: int) -> Policy:
    """The policy in a signed text, if this site may follow it. Raises Fault."""
    assert config.policy.key is not None
    _check(config.policy.key, text, signature)
    found = read_policy(text)
    if not found.is_for(config.site.id):
        raise Fault("the policy is for other sites")
    if found.policy.serial < newest:
        raise Fault(f"policy {found.policy.serial} is older than {newest}, which was followed here already")
    if found.targets.sets:
        chosen(found.targets.sets, shipped_targets(config.targets.folder))
    return found


def decisions(connection: sqlite3.Connection) -> list[str]:
    """What came of the last policies, oldest first."""
    return [str(line) for line in json.loads(store.noted(connection, LOG) or "[]")]


def _check(key: bytes, text: str, signature: str) -> None:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise ConfigFault(
            "a policy's signature takes cryptography; install it with: pip install 'bandgap[policy]' "
            "(Debian: apt install python3-cryptography)"
        ) from None
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(signature), text.encode())
    except (InvalidSignature, ValueError):
        raise Fault("the policy isn't signed by the key in policy.key") from None


def _ask(config: AgentConfig, token: str) -> dict[str, Any]:
    where = config.upload.collector
    headers = {"Authorization": f"Bearer {token}", "User-Agent": f"bandgap/{__version__}"}
    try:
        with requests.get(
            f"{where}/v1/policy",
            headers=headers,
            timeout=PATIENCE_S,
            allow_redirects=False,
            stream=True,
            verify=config.upload.ca_file or True,
        ) as answer:
            body = answer.raw.read(2 * MOST_BYTES, decode_content=True)
            status = answer.status_code
    except requests.RequestException:
        raise Fault(f"{where} can't be asked for a policy now") from None
    if status == 404:
        return {}  # a collector of old has none
    try:
        found = json.loads(body)
        if status != 200 or not isinstance(found, dict):
            raise ValueError(status)
    except (ValueError, RecursionError):
        raise Fault(f"{where} answered something that is no policy (HTTP {status})") from None
    return found


def _kept(state: Path) -> str | None:
    try:
        return (state / FILE).read_text()
    except (OSError, UnicodeDecodeError):
        return None


def _keep(state: Path, text: str) -> None:
    draft = state / f"{FILE}.part"
    try:
        with draft.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(state / FILE)
    except OSError as fault:
        raise Fault(f"{state / FILE}: can't be written: {fault.strerror}") from None


def _note(connection: sqlite3.Connection, now: datetime, what: str) -> None:
    """One line for each change of mind: the same refusal every hour is one."""
    lines = decisions(connection)
    if not lines or lines[-1].split(" ", 1)[1] != what:
        lines.append(f"{now.isoformat(timespec='seconds')} {what}")
        store.note(connection, LOG, json.dumps(lines[-LINES_KEPT:]))
