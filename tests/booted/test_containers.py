"""The collector in containers, as docs/Containerfile and docs/collector-compose.yaml have it: built, read, and run.

A part of `make booted`, where buildah and docker-compose are. What takes a registry or a container runtime isn't seen
here: the image below is Debian's by mmdebstrap, PostgreSQL is Debian's own instead of its image, and both are in one
network namespace instead of a network of compose's. buildah builds and runs by chroot, which asks for no runtime.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent import clock, store
from reports.periods import hour_of
from tests.booted.machine import missing, rootfs, until
from tests.booted.packages import package
from tests.commands import ROOT, bandgap, environment
from tests.faults.gateway import mean
from tests.postgres import FOLDERS

LACKS = [one for one in ("buildah", "docker-compose") if shutil.which(one) is None]
pytestmark = [
    pytest.mark.skipif("BANDGAP_BOOTED" not in os.environ, reason="make booted runs it"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.skipif(bool(LACKS), reason=f"{', '.join(LACKS)} missing"),
    pytest.mark.skipif(not FOLDERS, reason="PostgreSQL missing"),
    pytest.mark.timeout(1800),
]
COMPOSE = ROOT / "docs/collector-compose.yaml"
PASSWORD = "a-password-of-our-own"
SITE = "north-elementary"
BASE = "docker.io/library/debian:trixie-slim"
IMAGE = "localhost/bandgap-collector"


def run(*words: str | Path, check: bool = True, environ: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        list(map(str, words)),
        cwd="/",
        env=environ,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert not check or done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def compose() -> Mapping[str, Any]:
    """The file as docker-compose reads it; a word that it doesn't know is a fault."""
    environ = {**os.environ, "BANDGAP_DATABASE_PASSWORD": PASSWORD}
    found: dict[str, Any] = yaml.safe_load(run("docker-compose", "-f", COMPOSE, "config", environ=environ))
    return found


@dataclass
class Containers:
    """What buildah has, in a folder of its own, and the network that what it runs is in."""

    folder: Path
    network: str
    name: str = ""

    @property
    def buildah(self) -> tuple[str, ...]:
        places = ("--root", str(self.folder / "images"), "--runroot", str(self.folder / "running"))
        return ("buildah", *places, "--storage-driver", "vfs")

    @property
    def within(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.network)

    def words(self, service: Mapping[str, Any], *command: str) -> list[str]:
        """What runs a command in the container as compose would: its environment, and its files."""
        said = [f"--env={name}={value}" for name, value in service["environment"].items()]
        for volume in service["volumes"]:
            source, target, *mode = _volume(volume)
            said.append(f"--volume={self.folder / Path(source).name}:{target}:{':'.join(mode)}")
        return [*self.within, *self.buildah, "run", "--isolation=chroot", *said, self.name, "--", *command]


def _volume(told: str | Mapping[str, Any]) -> Sequence[str]:
    """Compose of old writes a volume as a text, a newer one as an object."""
    if isinstance(told, str):
        return told.split(":")
    return [told["source"], told["target"], "ro" if told.get("read_only") else "rw"]


@pytest.fixture(scope="module")
def containers() -> Iterator[Containers]:
    """The image as `podman build -f docs/Containerfile` makes it of what `make deb` built, and a container of it."""
    name = f"bandgap{os.getpid()}c"
    run("ip", "netns", "add", name)
    run("ip", "-n", name, "link", "set", "lo", "up")
    with tempfile.TemporaryDirectory(prefix="bandgap-containers-") as folder:
        made = Containers(Path(folder), name)
        try:
            _import(rootfs("trixie", included=""), made)
            (Path(folder) / "context/dist").mkdir(parents=True)
            shutil.copy(package("collector"), Path(folder) / "context/dist")
            words = ("build", "--isolation=chroot", "--pull-never", "-t", IMAGE, "-f")
            run(*made.buildah, *words, ROOT / "docs/Containerfile", Path(folder) / "context")
            made.name = run(
                *made.buildah, "from", "--pull-never", "--add-host=database:127.0.0.1", IMAGE
            ).strip()
            yield made
        finally:
            run(*made.buildah, "rm", "--all", check=False)
            run("ip", "netns", "del", name)


def _import(root: Path, into: Containers) -> None:
    """A folder as the image that Containerfile begins with."""
    archive = into.folder / "root.tar"
    run("tar", "-C", root, "--exclude=./dev/*", "--exclude=./var/lib/apt/lists/*", "-cf", archive, ".")
    empty = run(*into.buildah, "from", "scratch").strip()
    run(*into.buildah, "add", empty, archive, "/")
    run(*into.buildah, "config", "--env=PATH=/usr/sbin:/usr/bin:/sbin:/bin", empty)
    run(*into.buildah, "commit", "--rm", empty, BASE)
    archive.unlink()


@contextmanager
def database(made: Containers, service: Mapping[str, Any]) -> Iterator[None]:
    """PostgreSQL as the service's environment describes it, asked over TCP and with the password."""
    said = service["environment"]
    user, place = said["POSTGRES_USER"], made.folder / "postgres"
    place.mkdir()
    (place / "password").write_text(said["POSTGRES_PASSWORD"])
    run("chown", "-R", "postgres:", place)
    made.folder.chmod(0o755)
    environ = {"PATH": f"{FOLDERS[-1]}:{os.environ['PATH']}", "PGHOST": str(place)}
    as_postgres = ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups")
    init = ("initdb", "-D", place / "data", "-U", user, "--no-sync", "--encoding=UTF8")
    run(*as_postgres, *init, "--auth=scram-sha-256", f"--pwfile={place}/password", environ=environ)
    words = ("postgres", "-D", str(place / "data"), "-k", str(place), "-c", "listen_addresses=127.0.0.1")
    server = subprocess.Popen(
        [*made.within, *as_postgres, *words],
        env=environ,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        kind, *healthy = service["healthcheck"]["test"]
        assert kind == "CMD"
        until(lambda: succeeds(healthy, environ), "the database is healthy")
        environ["PGPASSWORD"] = said["POSTGRES_PASSWORD"]
        run("createdb", "-U", user, said["POSTGRES_DB"], environ=environ)
        yield
    finally:
        server.terminate()
        server.wait(60)


def succeeds(words: Sequence[str], environ: Mapping[str, str] | None = None) -> bool:
    return subprocess.run(words, env=environ, capture_output=True, check=False).returncode == 0


def test_compose_reads_the_file(compose: Mapping[str, Any]) -> None:
    """Loopback alone, a collector that waits for a healthy database, and both back after the power was cut."""
    services = compose["services"]
    assert set(services) == {"database", "collector"}
    assert services["collector"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "127.0.0.1" in json.dumps(services["collector"]["ports"])
    assert "ports" not in services["database"]
    assert {one["restart"] for one in services.values()} == {"unless-stopped"}
    assert Path(services["collector"]["build"]["context"]) == ROOT
    assert services["collector"]["build"]["dockerfile"] == "docs/Containerfile"


def test_compose_without_a_password_says_so() -> None:
    environ = {name: value for name, value in os.environ.items() if name != "BANDGAP_DATABASE_PASSWORD"}
    words = ["docker-compose", "-f", str(COMPOSE), "config"]
    done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "a password of your own" in done.stderr


def test_the_image_runs_as_the_collectors_user_and_not_as_root(
    containers: Containers, compose: Mapping[str, Any]
) -> None:
    (containers.folder / "collector.toml").write_text("")
    service = compose["services"]["collector"]
    assert run(*containers.words(service, "id", "-un")).strip() == "bandgap-collector"
    about = config(containers)
    assert about["Entrypoint"] == ["/usr/bin/bandgap-collector"]
    assert set(about["Volumes"]) == {"/var/lib/bandgap-collector"}
    assert run(*containers.words(service, "stat", "-c", "%U", *about["Volumes"])) == "bandgap-collector\n"


def config(containers: Containers) -> Mapping[str, Any]:
    found = json.loads(run(*containers.buildah, "inspect", "--type", "image", IMAGE))
    about: dict[str, Any] = found["OCIv1"]["config"]
    return about


def test_a_summary_is_sent_and_kept(
    containers: Containers, compose: Mapping[str, Any], tmp_path: Path
) -> None:
    """From the settings that the compose file names to a row in PostgreSQL, which outlives the collector."""
    services = compose["services"]
    settings = [line[1:].strip() for line in COMPOSE.read_text().splitlines() if line.startswith("#     ")]
    (containers.folder / "collector.toml").write_text("\n".join(settings))
    about = config(containers)
    with database(containers, services["database"]):
        for _ in range(2):  # the second time everything is there already
            with collector(containers, services["collector"], [*about["Entrypoint"], *about["Cmd"]]):
                if not (tmp_path / "token").exists():
                    enrol = ("bandgap-collector", "enrol", SITE, "--name", "North Elementary")
                    token = run(*containers.words(services["collector"], *enrol)).strip()
                    send(tmp_path, token, containers.within)
                said = run(*containers.words(services["collector"], "bandgap-collector", "sites"))
                assert SITE in said
                assert "never" not in said


@contextmanager
def collector(made: Containers, service: Mapping[str, Any], command: Sequence[str]) -> Iterator[None]:
    """The service's own command, until it is told to stop, which it does well."""
    with (made.folder / "collector.log").open("w+b") as log:
        process = subprocess.Popen(made.words(service, *command), stdout=log, stderr=log)
        try:
            ask = (*made.within, "curl", "--silent", "--fail", "http://127.0.0.1:8642/healthz")

            def answers() -> bool:
                assert process.poll() is None, (made.folder / "collector.log").read_text()[-3000:]
                return succeeds(ask)

            until(answers, "the collector answers")
            yield
        finally:
            for one in run("ip", "netns", "pids", made.network).split():
                if "bandgap-collector" in Path(f"/proc/{one}/cmdline").read_text():
                    os.kill(int(one), 15)
            process.wait(60)


def send(folder: Path, token: str, within: Sequence[str]) -> None:
    """An agent with an hour behind it."""
    settings = (
        f'[site]\nid = "{SITE}"\nname = "North Elementary"\nstudents = 600\nstaff = 60\n'
        "[contract]\ndown_mbps = 500\nup_mbps = 500\n"
        f'[upload]\ncollector = "http://127.0.0.1:8642"\ntoken_file = "{folder / "token"}"\n'
    )
    environ = environment(folder, settings)
    (folder / "token").write_text(token)
    (folder / "token").chmod(0o600)
    (folder / "state").mkdir()
    connection = store.open_store(folder / "state")
    began = hour_of(clock.now()).starts_at - timedelta(hours=1)
    store.write_minutes(connection, [mean(began + timedelta(minutes=5 * n)) for n in range(12)])
    connection.close()
    done = bandgap(environ, "upload", within=within)
    assert done.returncode == 0, done.stdout + done.stderr
