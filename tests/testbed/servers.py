"""What answers on the bed: nginx in the parts of a LibreSpeed and a speedtest-mini server, iperf3, the collector.

nginx gives ``garbage.php`` from a sparse file and takes any POST; it is none of our code, so that a fault
of our own server can't hide one of our client.
"""

from __future__ import annotations

import time
from pathlib import Path

from tests.testbed.line import SERVER, Line

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
    root {folder}/www;
    location = /empty.php {{ return 200 ""; }}
    location = /speedtest/upload.php {{ return 200 "size=500"; }}
  }}
}}
"""


def start_nginx(bed: Line, folder: Path) -> str:
    """Starts nginx at the server's place; returns its base URL."""
    files = folder / "www" / "speedtest"
    files.mkdir(parents=True)
    for pixels, octets in MINI_SIZES.items():
        _sparse(files / f"random{pixels}x{pixels}.jpg", octets)
    (files / "latency.txt").write_text("test=test\n")
    (folder / "www" / "index.html").write_text('upload_extension: "php"\n')
    _sparse(folder / "www" / "garbage.php", 1 << 30)
    for path in (folder, folder / "www", files):
        path.chmod(0o755)
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, server=SERVER))
    bed.start("server", "nginx", "-c", str(config))
    _await(bed, 80)
    return f"http://{SERVER}"


def start_iperf3(bed: Line, *ports: int) -> None:
    """iperf3 takes one client at a time: a port for each that runs at once."""
    for port in ports:
        bed.start("server", "iperf3", "-s", "-p", str(port))
        _await(bed, port)


def _sparse(path: Path, octets: int) -> None:
    with path.open("wb") as file:
        file.truncate(octets)


def _await(bed: Line, port: int) -> None:
    """Waits until something listens; the bed's own ``ss`` is asked, for a connection would be a client."""
    for _ in range(50):
        if bed.run("server", "ss", "-Hltn", f"sport = :{port}").strip():
            return
        time.sleep(0.1)  # noqa: TID251  # a bed, not the product
    raise TimeoutError(f"nothing listens on port {port}")
