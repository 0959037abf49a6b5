"""What the load is sent to: a collector on either store, with or without TLS before it, InfluxDB, VictoriaMetrics."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import select

from benchmarks.ingest.fleet import enrol
from collector.database import named
from collector.engine import engine, reading
from collector.packed import figures
from collector.tables import hours
from tests.commands import until
from tests.postgres import Cluster, cluster

COLLECTOR = (sys.executable, "-P", "-c", "import sys; from collector.cli import main; sys.exit(main())")
NO_TLS_CHECK = ssl._create_unverified_context()  # the certificate is made for the run


@dataclass
class Server:
    """A running server: where it is asked, and which processes it is."""

    url: str
    pids: list[int]
    database: str = ""
    postgres: Cluster | None = None
    front: list[int] = field(default_factory=list)

    def processor_s(self) -> float:
        """Seconds of processor time so far, of all its processes."""
        return sum(_processor_s(pid) for pid in self._all())

    def resident_mb(self) -> float:
        """Of the collector or the other store itself, without PostgreSQL and nginx: what each of its processes
        has for itself, and once what they share."""
        own_kb, shared_kb = zip(*(_resident_kb(pid) for pid in self.pids), strict=True)
        return (sum(own_kb) + max(shared_kb)) / 1024

    def _all(self) -> list[int]:
        return [*self.pids, *self.front, *(self.postgres.processes() if self.postgres else [])]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def fetched(url: str, data: bytes | None = None) -> bytes:
    with urllib.request.urlopen(url, data, timeout=60, context=NO_TLS_CHECK) as answer:
        found: bytes = answer.read()
        return found


@contextmanager
def collector(
    folder: Path, kind: str, sites: int, *, tls: bool = False, processes: int = 1
) -> Iterator[Server]:
    """A collector with so many sites and processes, on a new store of this kind."""
    with ExitStack() as stack:
        server = stack.enter_context(cluster()) if kind == "PostgreSQL" else None
        database = server.create() if server else str(folder / "collector.sqlite")
        enrol(named(database), sites)
        config, port = folder / "collector.toml", free_port()
        config.write_text(
            "[limits]\nuploads_per_site = 1000000000\nuploads_per_address = 1000000000\n"
            f"[listen]\nprocesses = {processes}\n"
        )
        words = ("serve", "--port", str(port), "--database", database, "--config", str(config))
        process = stack.enter_context(_started([*COLLECTOR, *words], folder / "collector.log"))
        url = f"http://127.0.0.1:{port}"
        until(lambda: _answers(f"{url}/healthz"), "the collector answers", 60)
        if processes > 1:
            until(lambda: len(_children(process.pid)) == processes, "all processes are there", 60)
        found = Server(url, [process.pid, *_children(process.pid)], database, server)
        if tls:
            found.url, found.front = stack.enter_context(_nginx(folder, url))
        yield found


@contextmanager
def _nginx(folder: Path, behind: str) -> Iterator[tuple[str, list[int]]]:
    """TLS 1.3 before a server, as an operator would have it: connections kept on both sides."""
    port = free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  client_body_buffer_size 512k; keepalive_requests 1000000000;
  upstream behind {{ server {behind.removeprefix("http://")}; keepalive 256; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.3;
    location / {{ proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
""")
    with _started(["nginx", "-c", str(folder / "nginx.conf")], folder / "nginx.out") as process:
        url = f"https://127.0.0.1:{port}"
        until(lambda: _answers(f"{url}/healthz"), "nginx answers", 60)
        yield url, [process.pid, *_children(process.pid)]


@contextmanager
def influxdb(folder: Path) -> Iterator[Server]:
    """InfluxDB 1.x with its time series index, which it recommends for many series."""
    port, other = free_port(), free_port()
    (folder / "influx.conf").write_text(f"""
reporting-disabled = true
bind-address = "127.0.0.1:{other}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
index-version = "tsi1"
max-series-per-database = 0
[http]
bind-address = "127.0.0.1:{port}"
log-enabled = false
[monitor]
store-enabled = false
""")
    with _started(["influxd", "-config", str(folder / "influx.conf")], folder / "influx.log") as process:
        url = f"http://127.0.0.1:{port}"
        until(lambda: _answers(f"{url}/ping"), "InfluxDB answers", 60)
        fetched(f"{url}/query", b"q=CREATE+DATABASE+bandgap")
        yield Server(url, [process.pid])


def collector_points(server: Server) -> int:
    """How many figures that aren't missing its hours hold."""
    source = engine(named(server.database))
    found = 0
    with reading(source) as connection:
        for body in connection.execution_options(yield_per=5000).scalars(select(hours.c.body)):
            found += sum(value is not None for value in figures(body))
    source.dispose()
    return found


def influxdb_points(server: Server) -> int:
    """How many points it has, by its own count."""
    asked = quote("SELECT count(*) FROM hour")
    found = json.loads(fetched(f"{server.url}/query?db=bandgap&q={asked}"))
    return sum(found["results"][0]["series"][0]["values"][0][1:])


@contextmanager
def victoria_metrics(folder: Path) -> Iterator[Server]:
    port = free_port()
    words = [
        "-storageDataPath",
        str(folder / "vm"),
        "-retentionPeriod",
        "10y",
        "-httpListenAddr",
        f"127.0.0.1:{port}",
    ]
    with _started(["victoria-metrics", *words], folder / "vm.log") as process:
        url = f"http://127.0.0.1:{port}"
        until(lambda: _answers(f"{url}/health"), "VictoriaMetrics answers", 60)
        yield Server(url, [process.pid])


def victoria_metrics_points(server: Server) -> int:
    """How many rows it took, less those that it dropped after counting them."""
    inserted = ignored = 0
    for line in fetched(f"{server.url}/metrics").decode().splitlines():
        name, _, value = line.rpartition(" ")
        if name.startswith("vm_rows_inserted_total"):
            inserted += int(float(value))
        elif name.startswith("vm_rows_ignored_total"):
            ignored += int(float(value))
    return inserted - ignored


@contextmanager
def _started(words: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out, subprocess.Popen(words, stdout=out, stderr=out) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(url: str) -> bool:
    with suppress(OSError):
        fetched(url)
        return True
    return False


def _processor_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / 100  # its own, and that of children that have ended


def _resident_kb(pid: int) -> tuple[int, int]:
    """What only this process has in memory, and what others have, too."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
    own = found["Private_Clean"] + found["Private_Dirty"]
    return own, found["Rss"] - own


def _children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(child) for child in found.stdout.split()]
