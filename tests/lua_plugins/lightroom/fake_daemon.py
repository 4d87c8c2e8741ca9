"""A server in Sidelight's place that answers wrongly, and remembers what it was told."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

TOKEN = "token-of-the-fake"


@dataclass
class FakeDaemon:
    """What it answers to a prediction, and what it heard.

    Attributes:
        port: Where it listens.
        key: What its proof is made with; another than `TOKEN` makes it a stranger.
        api: Versions it says it speaks.
        status: Of a prediction's answer.
        body: Of a prediction's answer.
        delay_s: How long a prediction takes.
        heard: Method, path and headers of each request, as text.
    """

    port: int = 0
    key: str = TOKEN
    api: list[int] = field(default_factory=lambda: [1])
    status: int = 200
    body: bytes = b"{}"
    delay_s: float = 0.0
    heard: list[str] = field(default_factory=list)

    def publish(self, file: Path) -> None:
        """Write an endpoint.json that names it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        endpoint = {"url": f"http://127.0.0.1:{self.port}", "token": TOKEN}
        file.write_text(json.dumps(endpoint), encoding="utf-8")


@contextlib.contextmanager
def running() -> Iterator[FakeDaemon]:
    """Run one until the block ends."""
    fake = FakeDaemon()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._hear()
            (nonce,) = parse_qs(urlsplit(self.path).query)["nonce"]
            proof = hmac.new(fake.key.encode(), nonce.encode(), hashlib.sha256).hexdigest()
            hello = {"api": fake.api, "version": "9.9", "proof": proof}
            self._answer(200, json.dumps(hello).encode())

        def do_POST(self) -> None:
            self._hear()
            self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/access":
                self._answer(204, b"")
                return
            time.sleep(fake.delay_s)
            self._answer(fake.status, fake.body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

        def _hear(self) -> None:
            fake.heard.append(f"{self.command} {self.path}\n{self.headers}")

        def _answer(self, status: int, body: bytes) -> None:
            with contextlib.suppress(OSError):
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
