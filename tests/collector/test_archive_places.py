"""An archive in an object store: S3's protocol, from a server of its own on loopback, and fsspec's own memory."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import Engine

from collector.archive.shelf import Shelf
from collector.cli import main
from collector.engine import engine
from tests.collector.archived import FLEET, everything, filled, in_order, move_all
from tests.collector.conftest import migrated


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty bucket; botocore finds its server and its key where it always looks for them."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    import s3fs  # reads the environment

    s3fs.S3FileSystem.clear_instance_cache()
    name = f"schools-{secrets.token_hex(8)}"  # a server of this process remembers those of others
    s3fs.S3FileSystem().mkdir(name)
    yield f"s3://{name}/hours"
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    database = migrated(tmp_path)
    made_engine = engine(database)
    filled(made_engine)
    yield made_engine
    made_engine.dispose()


def test_hours_go_to_s3_and_are_found_there(store: Engine, bucket: str) -> None:
    """The same parts under the same names, and nothing of what was written on the way."""
    before = everything(store, None)
    shelf = Shelf(bucket)
    moved = move_all(store, shelf)
    assert everything(store, None) == []
    assert everything(store, Shelf(bucket)) == before
    there = shelf.filesystem.find(shelf.root.partition("/")[0])
    assert there == [one.stored.part.path for one in moved if one.stored]


def test_roll_ups_read_s3(
    store: Engine, bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """DuckDB reads through fsspec, so it needs no extension of its own and nothing from the network."""
    words = [
        "rollup",
        "--database",
        str(tmp_path / "collector.sqlite"),
        "--of",
        "2026-W36",
        "--format",
        "csv",
    ]
    assert main(words) == 0
    before = capsys.readouterr().out
    move_all(store, Shelf(bucket))
    assert main([*words, "--archive", bucket]) == 0
    assert capsys.readouterr().out == before
    assert before.count("\r\n") == FLEET.sites + 1


def test_any_store_that_fsspec_knows_will_do(store: Engine) -> None:
    before = everything(store, None)
    shelf = Shelf("memory://hours")
    move_all(store, shelf)
    assert everything(store, shelf) == before == in_order(before)
    assert shelf.parts(date(1970, 1, 1), date(9999, 1, 1))
