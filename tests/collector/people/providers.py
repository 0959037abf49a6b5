"""Real OpenID providers in processes of their own, and a browser that signs in at them.

``oidc-provider-mock`` (PyPI) is a whole provider that lets anybody in. ``oidc-provider`` (npm) is a certified one,
which insists on PKCE; it takes Node.js, and is used where ``tests/system_packages.sh`` could install it.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from tests.commands import ROOT

MODULES = ROOT / "tests/.node"
SECRET = "hardly-a-secret-but-long-enough-for-it"  # made up

_MOCK = """
import json, os, sys, threading
from oidc_provider_mock import User, run_server_in_thread
accounts = json.loads(sys.stdin.read())["accounts"]
users = [User(sub=sub, claims=claims) for sub, claims in accounts.items()]
with run_server_in_thread(user_claims=users, require_nonce=True) as server:
    print(f"http://localhost:{server.server_port}", flush=True)
    threading.Event().wait()
"""

Accounts = Mapping[str, Mapping[str, Any]]
"""Claims by subject."""


def installed() -> list[str]:
    """The providers that can be run here."""
    node = shutil.which("node") and (MODULES / "node_modules/oidc-provider").is_dir()
    return ["oidc-provider-mock", *(["oidc-provider"] if node else [])]


@contextmanager
def provider(name: str, accounts: Accounts) -> Iterator[str]:
    """A running provider; yields its issuer."""
    client = {
        "client_id": "bandgap",
        "client_secret": SECRET,
        "application_type": "native",  # so that the port of a loopback address may be any (RFC 8252, 7.3)
        "redirect_uris": ["http://127.0.0.1/sign-in/lakes/back"],
    }
    script = str(Path(__file__).with_name("provider.mjs"))
    words = ["node", script, str(MODULES)] if name == "oidc-provider" else [sys.executable, "-c", _MOCK]
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1", "PYTHONWARNINGS": "ignore"},
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps({"clients": [client], "accounts": accounts}))
            process.stdin.close()
            issuer = process.stdout.readline().strip()
            assert issuer.startswith("http"), "the provider doesn't start"
            yield issuer
        finally:
            process.kill()


def sign_in_there(session: requests.Session, address: str, subject: str, back: str) -> str:
    """Goes through a provider's pages as this subject; returns the address it sends the browser back to."""
    answer = session.get(address, timeout=30, allow_redirects=False)
    for _ in range(12):
        if answer.is_redirect:
            address = urljoin(address, answer.headers["Location"])
            if address.startswith(back):
                return address
            answer = session.get(address, timeout=30, allow_redirects=False)
        else:
            assert answer.status_code == 200, answer.text
            address, fields = _form(address, answer.text, subject)
            answer = session.post(address, data=fields, timeout=30, allow_redirects=False)
    raise AssertionError(f"the provider never sends back: {address}")


def _form(address: str, page: str, subject: str) -> tuple[str, dict[str, str]]:
    action = re.search(r'<form[^>]* action="([^"]*)"', page)
    fields = dict.fromkeys(re.findall(r'<input[^>]* name="(\w+)"', page), "x")
    for tag in re.findall(r"<input[^>]*>", page):
        if (name := re.search(r'name="(\w+)"', tag)) and (value := re.search(r'value="([^"]*)"', tag)):
            fields[name[1]] = html.unescape(value[1])
    fields |= {asked: subject for asked in ("sub", "login") if asked in fields}
    return urljoin(address, html.unescape(action[1])) if action else address, fields
