"""A machine with a real systemd as PID 1, booted in a second and thrown away: systemd-nspawn over an overlay.

The Debian below the overlay is made once by mmdebstrap and kept outside the repository (``$BANDGAP_TEST_CACHE``,
else ``~/.cache/bandgap-tests``). A machine has a network namespace of its own with one wire to another
namespace, its *far end*; only apt uses the network of the machine that tests. That one may itself be a
container without systemd: ``--register=no`` and ``--keep-unit`` ask nothing of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from tests import commands

CACHE = Path(os.environ.get("BANDGAP_TEST_CACHE") or Path.home() / ".cache/bandgap-tests")
INCLUDED = "apt,systemd,systemd-sysv,dbus,ca-certificates,iproute2"
DEBIANS = ("bookworm", "trixie")
UBUNTUS = ("jammy", "noble")
UBUNTU_ARCHIVE = "http://archive.ubuntu.com/ubuntu"
LISTS_S = 12 * 3600.0
"""How old apt's lists may be: older ones name files that are no longer there."""
HERE, THERE = "10.73.0.2", "10.73.0.1"
"""The machine's own address, and that of its far end."""
BOOT_S = STOP_S = 120.0
_number = count()


def missing() -> str | None:
    """Why no machine can be booted here, or None."""
    if os.geteuid() != 0:
        return "booting a machine takes root"
    lacks = [one for one in ("systemd-nspawn", "mmdebstrap", "nsenter", "ip") if shutil.which(one) is None]
    if lacks:
        return f"{', '.join(lacks)} missing"
    with tempfile.TemporaryDirectory() as folder:
        done = _run("unshare", "--mount", "mount", "-t", "tmpfs", "none", folder, check=False)
    return "this container may not mount" if done.returncode else None


def ubuntu_missing() -> str | None:
    """Why no Ubuntu can be had here, or None."""
    if all((CACHE / suite).is_dir() for suite in UBUNTUS):
        return None
    try:
        with urllib.request.urlopen(f"{UBUNTU_ARCHIVE}/dists/{UBUNTUS[-1]}/Release", timeout=10):
            return None
    except OSError:
        return f"{UBUNTU_ARCHIVE} isn't in reach"


def rootfs(suite: str, arch: str = "", included: str = INCLUDED) -> Path:
    """A Debian or Ubuntu with systemd and nothing of ours, from the cache; apt's lists in it are of today.

    Nothing ``included`` is what an image for containers has.
    """
    place = CACHE / "-".join(filter(None, (suite, arch, "" if included else "slim")))
    with _by_one_alone(place):
        if not place.is_dir():
            with tempfile.TemporaryDirectory(dir=CACHE) as folder:
                made = Path(folder) / "root"
                words = ["mmdebstrap", "--variant=minbase", "--mode=root"]
                words += [f"--include={included}"] if included else []
                words += [f"--architectures={arch}"] if arch else []
                # Debian has no keyring of Ubuntu's; nothing but these tests runs on what is made here.
                source = (
                    [f"deb [trusted=yes] {UBUNTU_ARCHIVE} {suite} main universe"] if suite in UBUNTUS else []
                )
                _run(*words, suite, str(made), *source)
                made.rename(place)
        _renew_lists(place)
    return place


def furnished(suite: str, packages: Sequence[str]) -> Path:
    """The same with packages of the distribution, from the cache too: for tests that are not about installing."""
    base = rootfs(suite)
    digest = hashlib.sha256(" ".join(sorted(packages)).encode()).hexdigest()[:12]
    place = CACHE / f"{suite}-{digest}"
    with _by_one_alone(place):
        if not place.is_dir():
            with tempfile.TemporaryDirectory(dir=CACHE) as folder:
                made = Path(folder) / "root"
                _run("cp", "--archive", "--reflink=auto", str(base), str(made))
                words = ("apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages)
                _run("chroot", str(made), *words)
                made.rename(place)
    return place


@contextmanager
def _by_one_alone(place: Path) -> Iterator[None]:
    """Whoever else wants the same place of the cache, in another process, waits and finds it made."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f".{place.name}.lock").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield


def _renew_lists(place: Path) -> None:
    lists = place / "var/lib/apt/lists"
    mark = lists / "bandgap-fetched"
    if not mark.exists() or time.time() - mark.stat().st_mtime > LISTS_S:  # noqa: TID251
        _share_names(place)
        _run("chroot", str(place), "apt-get", "update", "-qq")
        mark.touch()


def _share_names(root: Path) -> None:
    """This machine's name servers, also where systemd-resolved has put a link to a file of its own."""
    place = root / "etc/resolv.conf"
    place.unlink(missing_ok=True)
    shutil.copyfile("/etc/resolv.conf", place)


def until(done: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Looks seldom: each look is a program that starts inside, and others wait for the processor."""
    commands.until(done, what, seconds, pause_s=0.3)


class Machine:
    """One machine. Its disk and its wire outlive a boot, as those of a real one do."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.name = f"bandgap{os.getpid()}n{next(_number)}"
        self._folder = folder
        self.disk = folder / "disk"
        self.network, self._far_end = f"{self.name}i", f"{self.name}o"
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._cgroups: list[Path] = []
        for each in ("up", "work", "disk"):
            (folder / each).mkdir()
        layers = f"lowerdir={root},upperdir={folder}/up,workdir={folder}/work"
        _run("mount", "-t", "overlay", "overlay", "-o", layers, str(self.disk))
        name = (self.disk / "etc/hostname").read_text().strip()
        # As Debian's installer writes it: sudo looks its own machine up, and would wait for a name server.
        (self.disk / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {name}\n::1 localhost\n")
        self._lay_the_wire()
        self._archives = self.disk / "var/cache/apt/archives"
        _copy_packages(CACHE / "archives", self._archives)

    def boot(self, within_s: float = BOOT_S) -> float:
        """Boots and returns how long it took until systemd had no job left, in seconds."""
        began_s = time.monotonic()
        self._own_cgroups()
        with (self._folder / "console.log").open("ab") as console:
            self._nspawn = subprocess.Popen(
                [
                    *(
                        "systemd-nspawn",
                        "--quiet",
                        f"--directory={self.disk}",
                        f"--machine={self.name}",
                        "--boot",
                    ),
                    *("--register=no", "--keep-unit", f"--network-namespace-path=/run/netns/{self.network}"),
                    # Its own: nspawn's would be a mount, which a package of time zones can't replace.
                    *("--console=pipe", "--timezone=off"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                preexec_fn=self._enter_cgroups,  # one thread
                start_new_session=True,
            )
        until(self._up, f"{self.name} is up", within_s)
        took_s = time.monotonic() - began_s
        # nspawn mounts the controllers of cgroup v1 for reading, and systemd then holds nobody to its limits.
        groups = "memory pids cpu cpuacct blkio"
        self.run(
            "sh", "-c", f"for c in {groups}; do mount -o remount,bind,rw /sys/fs/cgroup/$c; done 2>&-; :"
        )
        self.run("systemctl", "daemon-reexec")
        return took_s

    def run(self, *words: str, check: bool = True, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """One command inside."""
        return _run("nsenter", "-t", str(self._leader()), "-a", "--", *words, check=check, seconds=seconds)

    def apt(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """apt-get inside, with the network of the machine that tests, and nobody to ask."""
        quiet = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "--no-install-recommends", "-y")
        keep = ("-o", "Dpkg::Options::=--force-confold", "-o", "APT::Keep-Downloaded-Packages=true")
        quick = ("-o", "Dpkg::Options::=--force-unsafe-io")
        return self.online(*quiet, *keep, *quick, *words, check=check)

    def online(
        self, *words: str, check: bool = True, seconds: float = 600
    ) -> subprocess.CompletedProcess[str]:
        """One command inside, with the network of the machine that tests."""
        _share_names(self.disk)
        enter = ("nsenter", "-t", str(self._leader()), "-m", "-u", "-i", "-p", "-C", "--")
        return _run(*enter, *words, check=check, seconds=seconds)

    def show(self, unit: str, key: str) -> str:
        return self.run("systemctl", "show", "-p", key, "--value", unit).stdout.strip()

    def shut_down(self) -> None:
        """As the command does: every service ends as it likes."""
        assert self._nspawn is not None
        os.kill(self._leader(), signal.SIGRTMIN + 4)
        self._nspawn.wait(STOP_S)
        self._nspawn = None

    def cut_power(self) -> None:
        """Nothing gets to end."""
        assert self._nspawn is not None
        with suppress(ProcessLookupError, StopIteration):
            os.kill(self._leader(), signal.SIGKILL)
        self._nspawn.kill()
        self._nspawn.wait(STOP_S)
        self._nspawn = None

    def discard(self) -> None:
        if self._nspawn is not None:
            self.cut_power()
        _copy_packages(self._archives, CACHE / "archives")
        for name in (self.network, self._far_end):
            _run("ip", "netns", "del", name, check=False)
        _run("umount", "--lazy", str(self.disk), check=False)
        for group in self._cgroups:
            for place in sorted(group.rglob("*/"), reverse=True):
                with suppress(OSError):
                    place.rmdir()
            with suppress(OSError):
                group.rmdir()

    def _up(self) -> bool:
        assert self._nspawn is not None
        assert self._nspawn.poll() is None, (self._folder / "console.log").read_text()[-2000:]
        try:
            said = self.run("systemctl", "is-system-running", check=False, seconds=30).stdout.strip()
        except StopIteration:
            return False
        return said in ("running", "degraded")

    def _leader(self) -> int:
        """The machine's PID 1: the one below nspawn that is the first of its own namespace."""
        assert self._nspawn is not None
        below = [self._nspawn.pid]
        for pid in below:
            with suppress(OSError):
                for children in Path(f"/proc/{pid}/task").glob("*/children"):
                    below += [int(one) for one in children.read_text().split() if len(below) < 20]
        return next(pid for pid in below[1:] if _number_inside(pid) == "1")

    def _lay_the_wire(self) -> None:
        wire = self.name[-8:]
        for name in (self.network, self._far_end):
            _run("ip", "netns", "add", name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
        _run(
            "ip",
            "-n",
            self.network,
            *f"link add eth0 type veth peer name {wire} netns {self._far_end}".split(),
        )
        for name, end, address in ((self.network, "eth0", HERE), (self._far_end, wire, THERE)):
            _run("ip", "-n", name, "address", "add", f"{address}/24", "dev", end)
            _run("ip", "-n", name, "link", "set", end, "up")
        _run("ip", "-n", self.network, "route", "add", "default", "via", THERE)

    def _own_cgroups(self) -> None:
        """Of each hierarchy one: else the machine's slices would stay behind in this machine's own."""
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, names, own = line.split(":", 2)
            hierarchy = Path("/sys/fs/cgroup") / (names.removeprefix("name=") or "unified")
            if (hierarchy / "cgroup.procs").exists():
                group = Path(f"{hierarchy}{own}") / self.name
                with suppress(OSError):
                    group.mkdir(exist_ok=True)
                    self._cgroups.append(group)

    def _enter_cgroups(self) -> None:
        for group in self._cgroups:
            with suppress(OSError):
                (group / "cgroup.procs").write_text("0")


@contextmanager
def machine(root: Path) -> Iterator[Machine]:
    """A machine over ``root`` that isn't booted yet; nothing of it is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="bandgap-machine-") as folder:
        made = Machine(Path(folder), root)
        try:
            yield made
        finally:
            made.discard()


def _copy_packages(source: Path, into: Path) -> None:
    """What apt has fetched, from the cache into a machine and back, so that nothing is fetched twice."""
    into.mkdir(parents=True, exist_ok=True)
    for package in source.glob("*.deb"):
        if not (into / package.name).exists():
            with tempfile.NamedTemporaryFile(dir=into, prefix=".", delete=False) as made:
                shutil.copyfile(package, made.name)
            os.chmod(made.name, 0o644)
            os.replace(made.name, into / package.name)


def _number_inside(pid: int) -> str:
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return ""
    numbers = next(line for line in told.splitlines() if line.startswith("NSpid")).split()[1:]
    return numbers[-1] if len(numbers) > 1 else ""


def _run(*words: str, check: bool = True, seconds: float = 600) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False)
    assert not check or done.returncode == 0, f"{' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done
