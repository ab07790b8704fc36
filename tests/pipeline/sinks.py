"""Real receivers on loopback: a mail server, and a web server for webhooks and pings."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

PASSWORD = "pass-w0rd-of-the-mail"
TOKEN = "t0ken-of-the-hook"


@dataclass
class Sinks:
    """What arrived: `mails` (subject, text), `hooks` (path, body), `pings` (paths). `alert`, `ping`: the settings."""

    alert: str = ""
    ping: str = ""
    mails: list[tuple[str, str]] = field(default_factory=list)
    hooks: list[tuple[str, str]] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)
    status: int = 200

    def overdue(self, studies: Iterable[str]) -> list[str]:
        """Whose ping has not come, as a watcher of another machine says it when the time is up."""
        return sorted(study for study in studies if f"/ping/{TOKEN}/{study}" not in self.pings)

    @property
    def texts(self) -> list[str]:
        """Every mail as one text."""
        return [f"{subject}\n{text}" for subject, text in self.mails]


class _Mail:
    def __init__(self, sinks: Sinks) -> None:
        self.sinks = sinks

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        text = mail.get_body(("plain", "html")).get_content()
        self.sinks.mails.append((str(mail["Subject"]), text))
        return "250 taken"


def _knows(server: object, session: object, envelope: object, mechanism: str, said: LoginPassword) -> AuthResult:
    return AuthResult(success=said.password == PASSWORD.encode())


@contextmanager
def listening() -> Iterator[Sinks]:
    """Both servers for as long as the block lasts."""
    sinks = Sinks()

    class Web(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sinks.hooks.append((self.path, body))
            self._answer()

        def do_GET(self) -> None:
            sinks.pings.append(self.path)
            self._answer()

        def _answer(self) -> None:
            self.send_response(sinks.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mail = Controller(
        _Mail(sinks), hostname="127.0.0.1", port=port, authenticator=_knows, auth_required=True, auth_require_tls=False
    )
    mail.start()
    try:
        sinks.alert = (
            f"mailto://night:{PASSWORD}@127.0.0.1:{port}?from=night@hospital.test&to=oncall@hospital.test&mode=insecure"
            f", json://127.0.0.1:{web.server_port}/{TOKEN}"
        )
        sinks.ping = f"http://127.0.0.1:{web.server_port}/ping/{TOKEN}/{{study}}"
        yield sinks
    finally:
        mail.stop()
        web.shutdown()
        web.server_close()
