"""What the resident agent costs a gateway, beside the daemons that an administrator knows.

    make footprint                        # ten minutes
    .venv/bin/python -m benchmarks.footprint --minutes 2

All run at the same time, at their own default cadence, each with a state folder of its own, ours with the
environment that its unit gives it. Memory is of the whole process tree at the end of each minute (the highest
is told), in MiB (2^20, as ps counts), from /proc/PID/smaps_rollup: PSS would flatter what shares an
interpreter with others, so RSS and USS are told. USS has the interpreter's own code in it (4 to 5 MiB) where
no other process runs that interpreter; here the benchmark does. Processor time and bytes written are of the tree
with the children that have ended (proc(5): /proc/PID/stat, /proc/PID/io); MB written are 10^6. Then throughput
tests are made over loopback, and what the child of each needed at most is told. Programs that aren't installed
are left out and named.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

from tests.agent.speed_server import CERTIFICATE, speed_server

BANDGAP = (sys.executable, "-P", "-c", "import sys; from agent.cli import main; sys.exit(main())")
BARS = {"RSS MiB": 20.0, "USS MiB": 12.0, "CPU %": 0.1, "written MB/h": 1.0, "test child MiB": 25.0}
SETTLE_S = 20.0
"""Starting costs once; an agent runs for months."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Watched:
    """One daemon under watch: what it had spent when the watch began, and the most it held."""

    name: str
    pid: int
    cpu_s: float = 0.0
    written: int = 0
    began_s: float = 0.0
    rss_mib: float = 0.0
    uss_mib: float = 0.0
    processes: int = 0

    def begin(self) -> None:
        self.cpu_s, self.written, self.began_s = *spent(self.pid), time.monotonic()

    def look(self) -> None:
        """Takes the memory of this moment in."""
        memory = [one for pid in tree(self.pid) if (one := memory_mib(pid))]
        self.processes = max(self.processes, len(memory))
        self.rss_mib = max(self.rss_mib, sum(rss for rss, _ in memory))
        self.uss_mib = max(self.uss_mib, sum(uss for _, uss in memory))

    def row(self) -> dict[str, object]:
        seconds = time.monotonic() - self.began_s
        cpu_s, written = spent(self.pid)
        return {
            "daemon": self.name,
            "processes": self.processes,
            "RSS MiB": round(self.rss_mib, 1),
            "USS MiB": round(self.uss_mib, 1),
            "CPU %": round((cpu_s - self.cpu_s) / seconds * 100, 3),
            "written MB/h": round((written - self.written) / seconds * 3600 / 1e6, 2),
        }


def main() -> int:
    parser = argparse.ArgumentParser(prog="footprint", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/var/tmp")))
        folder.chmod(0o755)
        commands = {name: words for name, words in daemons(folder).items() if shutil.which(words[0])}
        watched = [Watched(name, stack.enter_context(running(words))) for name, words in commands.items()]
        time.sleep(SETTLE_S)  # noqa: TID251  # a benchmark may
        for one in watched:
            one.begin()
        until = time.monotonic() + asked.minutes * 60
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 60.0))  # noqa: TID251
            for one in watched:
                one.look()
            print(f"{max(0.0, until - time.monotonic()):.0f} s left", file=sys.stderr)
        rows = [one.row() for one in watched]
        children = test_children(folder)
        absent = [words[0] for name, words in daemons(folder).items() if name not in commands]
    print(tabulate(rows, headers="keys", tablefmt="github"))
    print()
    print(tabulate(children, headers="keys", tablefmt="github"))
    print()
    print(f"{platform()}; {', '.join(versions(watched))}")
    if absent:
        print(f"not installed: {', '.join(absent)}")
    mine = rows[0]
    figures = [(bar, float(str(mine[bar])), most) for bar, most in BARS.items() if bar in mine]
    figures.append(("test child MiB", float(str(children[0]["RSS MiB"])), BARS["test child MiB"]))
    for bar, found, most in figures:
        print(f"{bar}: {found:g}, bar {most:g}: {'met' if found <= most else 'MISSED'}")
    return 0 if all(found <= most for _, found, most in figures) else 1


def daemons(folder: Path) -> dict[str, Sequence[str]]:
    """The commands in the foreground, each with files of its own under ``folder``."""
    (folder / "vnstat").mkdir(exist_ok=True)
    vnstat = folder / "vnstat.conf"
    vnstat.write_text(f'DatabaseDir "{folder}/vnstat"\nUseLogging 0\nPidFile "{folder}/vnstat.pid"\n')
    zabbix = folder / "zabbix.conf"
    zabbix.write_text(
        f"PidFile={folder}/zabbix.pid\nLogType=console\nServer=127.0.0.1\nListenIP=127.0.0.1\n"
        f"ListenPort={free_port()}\nHostname=school\nAllowRoot=1\n"
    )
    return {
        "bandgap run": ("env", *ours(folder, "agent"), *BANDGAP, "run"),
        "vnstatd": ("vnstatd", "--nodaemon", "--config", str(vnstat)),
        "prometheus-node-exporter": (
            *("prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{free_port()}"),
        ),
        "zabbix_agentd": ("zabbix_agentd", "--foreground", "--config", str(zabbix)),
        "netdata": ("netdata", "-D", "-i", "127.0.0.1", "-p", str(free_port())),
    }


def ours(folder: Path, name: str) -> tuple[str, ...]:
    """The environment of an agent with default settings and a store of its own."""
    (folder / name).mkdir(exist_ok=True)
    (folder / "agent.toml").touch()
    unit = Path(__file__).parents[1] / "systemd" / "bandgap-agent.service"
    lines = unit.read_text().splitlines()
    return (
        f"BANDGAP_STATE_DIR={folder}/{name}",
        f"BANDGAP_CONFIG={folder}/agent.toml",
        *(line.removeprefix("Environment=") for line in lines if line.startswith("Environment=")),
    )


@contextmanager
def running(words: Sequence[str]) -> Iterator[int]:
    """A daemon in a session of its own; yields its pid."""
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as started:
        try:
            yield started.pid
        finally:
            for pid in tree(started.pid):
                kill(pid)


def test_children(folder: Path) -> list[dict[str, object]]:
    """What the processes of one throughput test held at most, and how many of them are left after it."""
    port = free_port()
    collector = (
        *BANDGAP,
        *("collector", "serve", "--port", str(port), "--database", str(folder / "collector.sqlite")),
    )
    (folder / "agent.toml").write_text(f'[upload]\nca_file = "{CERTIFICATE}"\n')
    with running(collector):
        wait_for(port)
        rows = [test_child(folder, "http engine, http://", f"http://127.0.0.1:{port}")]
    with speed_server(tls=True, mbps=200) as url:
        rows.append(test_child(folder, "http engine, https://", url))
    with speed_server(mbps=200) as url:
        rows.append(test_child(folder, "speedtest-cli", url, "--engine", "speedtest-cli"))
    return rows


def test_child(folder: Path, name: str, server: str, *more: str) -> dict[str, object]:
    test = (
        *("env", *ours(folder, f"checked-{len(name)}"), *BANDGAP),
        *("check", "--scheduled", "--no-confirm", "--server", server, *more),
    )
    most_rss = most_uss = 0.0
    with subprocess.Popen(test, stderr=subprocess.PIPE, text=True, start_new_session=True) as child:
        while child.poll() is None:
            memory = [one for pid in tree(child.pid) if (one := memory_mib(pid))]
            most_rss = max(most_rss, sum(rss for rss, _ in memory))
            most_uss = max(most_uss, sum(uss for _, uss in memory))
            time.sleep(0.02)  # noqa: TID251
        left = len([pid for pid in tree(child.pid) if memory_mib(pid)])
        assert child.stderr is not None
        said = child.stderr.read().strip().splitlines()
    print(f"{name}: {said[-1] if said else 'nothing said'}", file=sys.stderr)
    return {
        "a test by": name,
        "RSS MiB": round(most_rss, 1),
        "USS MiB": round(most_uss, 1),
        "left over": left,
    }


def platform() -> str:
    """The machine, in the words of its own files."""
    processor = Path("/proc/cpuinfo").read_text().partition("model name\t: ")[2].partition("\n")[0]
    return f"{processor or os.uname().machine}, {os.cpu_count()} processors, Linux {os.uname().release}"


def versions(watched: Sequence[Watched]) -> list[str]:
    """Of Python and SQLite, and of the packages of what ran beside ours."""
    found = [f"Python {sys.version.split()[0]}", f"SQLite {sqlite3.sqlite_version}"]
    packages = {
        "vnstatd": "vnstat",
        "prometheus-node-exporter": "",
        "zabbix_agentd": "zabbix-agent",
        "netdata": "",
    }
    for one in watched[1:]:
        package = packages[one.name] or one.name
        asked = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False
        )
        found.append(f"{package} {asked.stdout or 'of unknown version'}")
    return found


def tree(root: int) -> list[int]:
    """The process and all that it started: its session, and children with sessions of their own."""
    of: dict[int, tuple[int, int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            of[int(entry.name)] = int(fields[1]), int(fields[3])
    found = {pid for pid, (_, session) in of.items() if pid == root or session == root}
    while more := {pid for pid, (parent, _) in of.items() if parent in found} - found:
        found |= more
    return sorted(found)


def memory_mib(pid: int) -> tuple[float, float] | None:
    """RSS and USS in MiB; None when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    kb = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:] if line.endswith("kB")}
    if not kb.get("Rss"):
        return None
    return kb["Rss"] / 1024, (kb["Private_Clean"] + kb["Private_Dirty"]) / 1024


def spent(root: int) -> tuple[float, int]:
    """Processor seconds and octets written by a tree so far, with the children that were reaped."""
    cpu_s, written = 0.0, 0
    for pid in tree(root):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            io = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
        except OSError:
            continue
        cpu_s += sum(int(fields[index]) for index in (11, 12, 13, 14)) / TICKS
        written += int(io["write_bytes"])
    return cpu_s, written


def free_port() -> int:
    """A free port that Zabbix takes too: it wants one below 32768, where the kernel seldom looks."""
    for port in random.sample(range(20_000, 32_000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise SystemExit("footprint: no free port between 20000 and 32000")


def wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
        except OSError:
            time.sleep(0.1)  # noqa: TID251
        else:
            return
    raise SystemExit("footprint: the collector didn't start")


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
