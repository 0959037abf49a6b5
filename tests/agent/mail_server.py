"""Mail servers on loopback: aiosmtpd with TLS and passwords, and ones that hang up, fall silent or never end."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

USER, PASSWORD = "bandgap", "correct horse battery"


@dataclass(slots=True)
class Box:
    """What a server took, and what it is told to answer: by recipient, and to the message as a whole."""

    answers: dict[str, str] = field(default_factory=dict)
    data_answer: str = "250 OK"
    envelopes: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)

    @property
    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(content, policy=default) for _, _, content in self.envelopes]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data_answer.startswith("250"):
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
            self.options.append(list(envelope.mail_options))
        return self.data_answer


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate for localhost that vouches for itself, and its key."""

    path: Path
    key: Path

    @property
    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.path, self.key)
        return made


def certificate(folder: Path, name: str = "localhost") -> Certificate:
    """Made by openssl, as an administrator would."""
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"),
            *("-keyout", str(made.key), "-out", str(made.path)),
        ],
        check=True,
        capture_output=True,
    )
    return made


@contextmanager
def mail_server(
    box: Box,
    *,
    starttls: Certificate | None = None,
    tls: Certificate | None = None,
    password: bool = False,
    **more: Any,
) -> Iterator[int]:
    """aiosmtpd on a free port, which it yields."""
    pytest.importorskip("aiosmtpd", reason="aiosmtpd isn't installed")
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult, LoginPassword

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (
            USER.encode(),
            PASSWORD.encode(),
        )
        return AuthResult(success=good, handled=False)

    if password:
        # aiosmtpd does not know that a connection is TLS from its first octet on, and warns.
        more |= {"authenticator": check, "auth_required": True, "auth_require_tls": starttls is not None}
    if password and tls:
        warnings.filterwarnings("ignore", "Requiring AUTH", UserWarning)
    if starttls:
        more |= {"tls_context": starttls.context, "require_starttls": True}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        ssl_context=tls.context if tls else None,
        server_hostname="mail.test",
        **more,
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@contextmanager
def bad_server(fault: str) -> Iterator[int]:
    """A server that goes as far as it is told: `silent`, `cut` in the middle of the data, or `hangs` after it."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    talk(connection)

    def talk(connection: socket.socket) -> None:
        if fault == "silent":
            ended.wait(10)
            return
        lines = connection.makefile("rb")
        connection.sendall(b"220 mail.test\r\n")
        while line := lines.readline():
            if not line.upper().startswith(b"DATA"):
                connection.sendall(b"250 OK\r\n")
                continue
            connection.sendall(b"354 go on\r\n")
            if fault == "cut":
                lines.readline()
                # Closing with unread data resets the connection: the client's writes fail.
                return
            while lines.readline() != b".\r\n":
                pass
            ended.wait(10)
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
