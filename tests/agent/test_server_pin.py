"""A pin tells an inspected connection from the server's own, as openssl and curl compute it."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from agent.engines.http import measure
from agent.engines.plan import NoMeasurement, Plan, Reading, Tally
from agent.engines.server_address import pins
from agent.engines.server_pin import pin_of
from tests.agent.speed_server import CERTIFICATE, speed_server
from tests.loopback import Answer, serving

STRANGE = "sha256//YhKJKSzoTt2b5FP18fvpHo7fJYqQCjAa3HWY3tvRMwE="


def der(pem: Path) -> bytes:
    text = pem.read_text()
    return ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE") :])


def ask(url: str, *keys: str, token: str | None = None) -> Reading:
    plan = Plan(url, None, 4.0, 8_000_000, str(CERTIFICATE), token, keys)
    return measure(plan, Tally(), lambda phase, mbps: None)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl isn't installed")
@pytest.mark.parametrize("kind", ["rsa:2048", "ec -pkeyopt ec_paramgen_curve:prime256v1", "ed25519"])
def test_the_fingerprint_is_the_one_that_openssl_tells(kind: str, tmp_path: Path) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        f"openssl req -x509 -newkey {kind} -nodes -keyout {key} -out {cert} -subj /CN=speed.example -days 9",
        shell=True,
        check=True,
        capture_output=True,
    )
    told = subprocess.run(
        f"openssl x509 -in {cert} -pubkey -noout | openssl pkey -pubin -outform der "
        "| openssl dgst -sha256 -binary | base64",
        shell=True,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert pin_of(der(cert)) == f"sha256//{told}"


def test_what_is_no_certificate_is_a_value_error() -> None:
    whole = der(CERTIFICATE)
    for broken in (b"", b"\x30", whole[:40], b"\x30\x03\x02\x01\x01"):
        with pytest.raises(ValueError, match=r"no certificate|cut short|no public key"):
            pin_of(broken)


def test_a_server_with_a_pinned_key_is_trusted_and_one_with_another_is_not() -> None:
    """The figure is kept: it is of the line and of whatever inspects."""
    key = pin_of(der(CERTIFICATE))
    with speed_server("refuses posts", tls=True, mbps=40) as url:
        assert "tls_intercepted" not in ask(url, STRANGE, key).flags
        assert "tls_intercepted" not in ask(url).flags, "nothing is pinned"
        inspected = ask(url, STRANGE)
    assert "tls_intercepted" in inspected.flags
    assert inspected.down_mbps is not None
    assert key in (inspected.detail or ""), "what was seen is told, to be compared"


def test_over_plain_http_there_is_no_key_to_look_at() -> None:
    with speed_server("refuses posts", mbps=40) as url:
        assert "tls_intercepted" not in ask(url, STRANGE).flags


def test_the_token_isnt_shown_to_a_stranger(tmp_path: Path) -> None:
    """A collector that wants it can't be measured through an inspector, and the reason is the inspector."""
    from tests.agent.tls import behind_tls

    refused = Answer(401, b"{}", {"WWW-Authenticate": "Bearer"})
    with serving(lambda n, body: refused) as server, behind_tls(server.url) as url:
        with pytest.raises(NoMeasurement) as caught:
            ask(url, STRANGE, token="secret")
        assert caught.value.reason == "tls_intercepted"
        assert "secret" not in json.dumps([headers for _, _, headers, _ in server.seen])
        with pytest.raises(NoMeasurement) as caught:
            ask(url, pin_of(der(CERTIFICATE)), token="secret")
        assert caught.value.reason == "not_enrolled"
        assert "secret" in json.dumps([headers for _, _, headers, _ in server.seen])


@pytest.mark.parametrize(
    "wrong", ["sha256//abc", "YhKJKSzoTt2b5FP18fvpHo7fJYqQCjAa3HWY3tvRMwE=", 4, "md5//AA=="]
)
def test_a_pin_is_written_as_curl_writes_it(wrong: object) -> None:
    assert pins([STRANGE]) == (STRANGE,)
    with pytest.raises(ValueError):  # noqa: PT011  # the settings make a line of it
        pins([wrong])
