"""Runs the speedtest-cli library in a process of its own and writes what it did, a line of JSON at a time.

Started by ``speedtest_cli`` as a file, with ``python -I``; imports nothing of bandgap. The library closes
the process's standard output when it is taken down, blocks for as long as a server likes, and knows the
client's address, provider and place: none of that leaves this process.

Lines: ``{"phase": ...}`` when one begins, ``{"moved": octets}`` four times a second, ``{"done": ...}`` or
``{"error": ...}`` at the end. Seconds and octets are the library's own, ramp included.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import ssl
import sys
import threading
import time
from typing import Any
from urllib.error import HTTPError, URLError

MEMORY_BYTES = 768 << 20
"""RLIMIT_DATA: the library keeps every upload body, up to 175 MB, and each thread a stack."""

STACK_BYTES = 1 << 20
TELL_EVERY_S = 0.25

CONFIG = {
    # What speedtest.net's own configuration said for years; a mini server has none.
    "client": {"lat": "0", "lon": "0"},
    "ignore_servers": [],
    "sizes": {
        "upload": [524_288, 1_048_576, 7_340_032],
        "download": [350, 500, 750, 1000, 1500, 2000, 2500, 3000, 3500, 4000],
    },
    "counts": {"upload": 17, "download": 4},
    "threads": {"upload": 8, "download": 8},
    "length": {"upload": 10, "download": 10},
    "upload_max": 51,
}


def main(server: str | None) -> None:
    """Measures against ``server``, or against one of Ookla's list."""
    out = os.dup(1)
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    threading.stack_size(STACK_BYTES)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))

    def tell(**line: object) -> None:
        os.write(out, json.dumps(line).encode() + b"\n")

    try:
        import speedtest
    except ImportError as error:
        tell(error="engine_missing", detail=str(error))
        return
    try:
        _measure(speedtest, server, tell)
    except BaseException as error:  # noqa: BLE001  # whatever it was, the parent is told
        reason, detail = _reason(error)
        tell(error=reason, detail=detail)
    # The library's threads and its hold on descriptors 1 and 2 aren't waited for.
    os._exit(0)


def _measure(speedtest: Any, server: str | None, tell: Any) -> None:
    moved = _count_what_moves(speedtest, tell)
    tell(phase="connect")
    if server is None:
        test = speedtest.Speedtest(secure=True)
        test.get_servers([])
    else:
        test = _mini(speedtest, server)
    tell(phase="latency")
    best = test.get_best_server(test.servers if server else None)
    done: dict[str, object] = {"url": best["url"], "ping_ms": test.results.ping}
    tell(phase="download")
    moved.clear()
    began = time.monotonic()
    test.download()
    done["down_s"] = time.monotonic() - began
    tell(phase="connect")
    done["down_bytes"] = test.results.bytes_received
    done["down_limit_s"] = test.config["length"]["download"]
    done["down_full_bytes"] = test.config["counts"]["download"] * FILES_BYTES
    done["post_status"] = _post_status(test, best["url"], speedtest)
    if 200 <= int(str(done["post_status"])) < 300:
        tell(phase="upload")
        moved.clear()
        began = time.monotonic()
        test.upload(pre_allocate=False)
        done["up_s"] = time.monotonic() - began
        done["up_bytes"] = test.results.bytes_sent
        done["up_limit_s"] = test.config["length"]["upload"]
        sizes = [
            size for size in test.config["sizes"]["upload"] for _ in range(test.config["counts"]["upload"])
        ]
        done["up_full_bytes"] = sum(sizes[: test.config["upload_max"]])
    tell(done=done)


FILES_BYTES = 102_343_483
"""One set of the ten files that a server has (``random350x350.jpg`` to ``random4000x4000.jpg``)."""


def _mini(speedtest: Any, server: str) -> Any:
    """A test of a server of one's own. The library would ask speedtest.net first, whatever it is told."""

    class Mini(speedtest.Speedtest):  # type: ignore[misc]  # the library has no types
        def get_config(self) -> dict[str, Any]:
            self.config.update(json.loads(json.dumps(CONFIG)))
            self.lat_lon = (0.0, 0.0)
            return self.config  # type: ignore[no-any-return]

    test = Mini(secure=server.startswith("https:"))
    # The library says that it couldn't connect, and not why.
    test._opener.open(speedtest.build_request(server)).close()
    test.set_mini_server(server)
    return test


def _count_what_moves(speedtest: Any, tell: Any) -> list[Any]:
    """Tells four times a second what the library's threads have moved in this phase."""
    threads: list[Any] = []
    parent = os.getppid()

    class Downloader(speedtest.HTTPDownloader):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            threads.append(lambda: sum(self.result or ()))

    class UploaderData(speedtest.HTTPUploaderData):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            threads.append(lambda: sum(self.total))

    def report() -> None:
        pause = threading.Event()
        while not pause.wait(TELL_EVERY_S):
            if os.getppid() != parent:
                os._exit(1)
            tell(moved=sum(count() for count in list(threads)))

    speedtest.HTTPDownloader, speedtest.HTTPUploaderData = Downloader, UploaderData
    threading.Thread(target=report, daemon=True).start()
    return threads


def _post_status(test: Any, url: str, speedtest: Any) -> int:
    """The status of one small POST: the library itself never looks at it."""
    try:
        with test._opener.open(speedtest.build_request(url, data=b"content1=0123456789")) as response:
            return int(response.status)
    except HTTPError as error:
        return error.code
    except OSError:
        return 0


def _reason(error: BaseException) -> tuple[str, str]:
    """bandgap's reason code, out of what the library wrapped."""
    text = f"{type(error).__name__}: {error}"
    cause: object = error
    for _ in range(5):
        inner = cause.reason if isinstance(cause, URLError) and not isinstance(cause, HTTPError) else None
        inner = inner or next(
            (one for one in getattr(cause, "args", ()) if isinstance(one, BaseException)), None
        )
        if inner is None:
            break
        cause = inner
    if isinstance(cause, HTTPError):
        return ("server_error" if cause.code >= 500 else "not_a_server"), f"HTTP {cause.code}"
    for kind, reason in (
        (socket.gaierror, "dns"),
        (ssl.SSLError, "tls"),
        (ConnectionRefusedError, "refused"),
        (TimeoutError, "timeout"),
        (ConnectionError, "engine_failed"),
        (OSError, "unreachable"),
        (MemoryError, "engine_failed"),
    ):
        if isinstance(cause, kind):
            return reason, text
    if type(error).__name__ in ("InvalidSpeedtestMiniServer", "SpeedtestConfigError", "NoMatchedServers"):
        return "not_a_server", type(error).__name__
    return "engine_failed", text


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
