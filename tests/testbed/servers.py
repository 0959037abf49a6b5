"""What answers on the bed: nginx in the parts of a LibreSpeed and a speedtest-mini server, iperf3 and others.

nginx gives ``garbage.php`` from a sparse file and takes any POST, with and without TLS. None of these is
our code, so that a fault of our own server can't hide one of our client.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.testbed.line import SERVER, Line

IPERF3_PORT, WEB_SPEEDTEST_PORT, IRTT_PORT, NDT7_PORT = 5201, 8080, 2112, 8081
NDT7_SERVER = "ndt7-server-go-minimal"
"""Simone Basso's, on GitHub and in no registry; built with Debian's golang-go it is one file for the PATH."""

MINI_SIZES = {
    350: 245_388,
    500: 505_544,
    750: 1_118_012,
    1000: 1_986_284,
    1500: 4_468_241,
    2000: 7_907_740,
    2500: 12_407_926,
    3000: 17_816_816,
    3500: 24_262_167,
    4000: 31_625_365,
}
"""The files of a speedtest-mini server."""

NGINX = """
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
daemon off;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  sendfile_max_chunk 512k;
  open_file_cache max=64;
  keepalive_requests 100000;
  client_max_body_size 0;
  default_type application/octet-stream;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen {server}:80 reuseport;
    listen {server}:443 ssl reuseport;
    ssl_certificate {folder}/server.pem;
    ssl_certificate_key {folder}/server.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    root {folder}/www;
    location = /empty.php {{ return 200 ""; }}
    location = /speedtest/upload.php {{ return 200 "size=500"; }}
  }}
}}
"""


def program(name: str) -> str:
    """A program that pip installed beside this Python, or one of the system."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else name


def start_nginx(bed: Line, folder: Path) -> str:
    """Starts nginx at the server's place; returns the file of its certificate, which a client may trust."""
    files = folder / "www" / "speedtest"
    files.mkdir(parents=True)
    for pixels, octets in MINI_SIZES.items():
        _sparse(files / f"random{pixels}x{pixels}.jpg", octets)
    (files / "latency.txt").write_text("test=test\n")
    (folder / "www" / "index.html").write_text('upload_extension: "php"\n')
    _sparse(folder / "www" / "garbage.php", 1 << 30)
    for path in (folder, folder / "www", files):
        path.chmod(0o755)
    certificate = folder / "server.pem"
    words = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=bandgap-bed -addext subjectAltName=IP:{SERVER}"
    subprocess.run(
        [*words.split(), "-keyout", folder / "server.key", "-out", certificate],
        check=True,
        capture_output=True,
    )
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, server=SERVER))
    bed.start("server", "nginx", "-c", str(config))
    _await(bed, 80)
    return str(certificate)


def start_iperf3(bed: Line, *more_ports: int) -> None:
    """iperf3 takes one client at a time: a port for each that runs at once."""
    for port in (IPERF3_PORT, *more_ports):
        bed.start("server", "iperf3", "-s", "-p", str(port))
        _await(bed, port)


def start_web_speedtest(bed: Line, ca_file: str) -> None:
    """web-speedtest, from PyPI: HTTP with paths of its own."""
    words = ["server", "--host", SERVER, "--port", str(WEB_SPEEDTEST_PORT), "--duration", "3", "--quiet"]
    bed.start("server", program("web-speedtest"), *words)
    _await(bed, WEB_SPEEDTEST_PORT)


def start_irtt(bed: Line, ca_file: str) -> None:
    """irtt, from Debian: round trips and losses over UDP."""
    bed.start("server", "irtt", "server", "-b", f"{SERVER}:{IRTT_PORT}")
    _await(bed, IRTT_PORT, "-Hlun")


def start_ndt7(bed: Line, ca_file: str) -> None:
    """A server for ndt7 that is none of ours, where it is on the PATH."""
    if shutil.which(NDT7_SERVER) is None:
        return
    key = str(Path(ca_file).with_suffix(".key"))
    ends = ["-endpoint-cleartext", f"{SERVER}:{NDT7_PORT}", "-endpoint-tls", f"{SERVER}:8444"]
    bed.start("server", NDT7_SERVER, *ends, "-cert", ca_file, "-key", key)
    _await(bed, NDT7_PORT)


def _sparse(path: Path, octets: int) -> None:
    with path.open("wb") as file:
        file.truncate(octets)


def _await(bed: Line, port: int, kind: str = "-Hltn") -> None:
    """Waits until something listens; the bed's own ``ss`` is asked, for a connection would be a client."""
    for _ in range(50):
        if bed.run("server", "ss", kind, f"sport = :{port}").strip():
            return
        time.sleep(0.1)  # noqa: TID251  # a bed, not the product
    raise TimeoutError(f"nothing listens on port {port}")
