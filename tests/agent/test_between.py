"""What answers in a server's place is told from the server: portals, filters, proxies."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from agent.engines.http import measure
from agent.engines.http_between import portal, proxy
from agent.engines.plan import NoMeasurement, Plan, Reading, Tally
from tests.agent.speed_server import speed_server
from tests.agent.tls import behind_tls
from tests.commands import until
from tests.loopback import Answer, serving

SERVER = "http://speed.example/garbage.php"

NGINX = """
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
daemon off;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_max_body_size 0;
  proxy_http_version 1.1;
  proxy_buffering off;
  proxy_request_buffering off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass {there}; add_header Via "1.1 proxy.school.example (nginx)" always; }}
  }}
}}
"""


@contextmanager
def proxy_before(there: str, folder: Path) -> Iterator[str]:
    """A proxy that answers for ``there`` and says so, as RFC 9110 has it."""
    with serving(lambda n, body: Answer()) as free:
        port = urlsplit(free.url).port
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, there=there))
    with subprocess.Popen(["nginx", "-c", str(config)], stderr=subprocess.DEVNULL) as nginx:
        until(lambda: (folder / "nginx.pid").exists(), "nginx listens")
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            nginx.terminate()


def ask(url: str, **limits: int) -> Reading:
    return measure(Plan(url, **{"max_bytes": 8_000_000, **limits}), Tally(), lambda phase, mbps: None)  # type: ignore[arg-type]


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx isn't installed")
def test_a_proxy_on_the_way_makes_the_figure_untrusted_and_is_named(tmp_path: Path) -> None:
    with speed_server(mbps=40) as url:
        assert "proxied" not in ask(url).flags
        with proxy_before(url, tmp_path) as proxied:
            reading = ask(proxied)
    assert "proxied" in reading.flags
    assert reading.down_mbps is not None, "the figure is kept"
    assert "Via: 1.1 proxy.school.example (nginx)" in (reading.detail or "")


def test_an_error_of_a_proxy_is_not_the_servers() -> None:
    """Squid answers 503 for a server that it can't reach: that one isn't busy."""
    answer = Answer(503, b"<html>", {"X-Squid-Error": "ERR_CONNECT_FAIL 110", "Content-Type": "text/html"})
    with serving(lambda n, body: answer) as server, pytest.raises(NoMeasurement) as caught:
        ask(server.url)
    assert (caught.value.reason, caught.value.detail) == ("proxy", "HTTP 503, ERR_CONNECT_FAIL 110")


def test_a_proxy_in_front_of_a_tls_server_is_the_servers_own() -> None:
    """Nobody else is in the connection, or the certificate would be another."""
    from tests.agent.speed_server import CERTIFICATE

    with speed_server("via", mbps=40) as url:
        assert "proxied" in ask(url).flags
        with behind_tls(url) as secure:
            plan = Plan(secure, max_bytes=8_000_000, ca_file=str(CERTIFICATE))
            assert "proxied" not in measure(plan, Tally(), lambda phase, mbps: None).flags


@pytest.mark.parametrize(
    "headers",
    [{"Via": "1.1 squid"}, {"Age": "0"}, {"X-Cache": "MISS from squid"}, {"Proxy-Connection": "keep-alive"}],
)
def test_each_of_a_proxys_headers_gives_it_away(headers: dict[str, str]) -> None:
    ((name, value),) = headers.items()
    assert proxy(SERVER, headers) == f"{name}: {value}"
    assert proxy(SERVER, {"Server": "nginx"}) is None
    assert proxy("https://speed.example/", headers) is None


@pytest.mark.parametrize(
    ("status", "headers", "page", "words"),
    [
        (302, {"Location": "https://login.example/x"}, b"", "it redirects to https://login.example"),
        (302, {"Location": "https://speed.example/garbage.php"}, b"", None),
        (301, {"Location": "/garbage/"}, b"", None),
        (511, {}, b"", "HTTP 511 for speed.example"),
        (200, {}, b"<html><FORM action=x><input type=password>", "a page to log in came instead of data"),
        (200, {}, b'<meta http-equiv="refresh" content="0; url=http://1.1.1.1/">', "a page to log in"),
        (200, {}, b"<html>It works!</html>", None),
        (404, {}, b"<html><form>", None),
    ],
)
def test_a_portal_redirects_elsewhere_or_gives_a_page_to_log_in(
    status: int, headers: dict[str, str], page: bytes, words: str | None
) -> None:
    found = portal(SERVER, status, headers, page)
    assert (found is None) == (words is None)
    if found and words:
        assert found.reason == "captive_portal"
        assert words in (found.detail or "")
    assert portal(SERVER.replace("http:", "https:"), status, headers, page) is None
