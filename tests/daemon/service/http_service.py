"""A service that really listens, with real stores in a temporary folder and no dispatcher."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sidelight.config import Config
from sidelight.jobs.model import Job
from sidelight.jobs.store import JobStore
from sidelight.service.app import Server, make_app, serve
from sidelight.service.auth import Token
from sidelight.service.core import Core
from sidelight.service.holders import Holders
from sidelight.service.instance import Instance
from sidelight.service.protocol import Limits
from sidelight.service.sse import Hub
from sidelight.service.threads import Threads
from sidelight.state.database import Database
from sidelight.state.events import EventLog
from sidelight.state.examples import Examples
from sidelight.state.roots import Root, RootStore
from sidelight.state.waiting import WaitingRecipes

QUICK = Limits(head_s=1.0, idle_s=3.0, body_s=1.0, send_s=1.0, linger_s=0.3, heartbeat_s=0.3)
"""The limits of a service under test."""


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def json(self) -> Any:
        """The body, which is JSON."""
        return json.loads(self.data)

    @property
    def code(self) -> str:
        """The code of a problem."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert set(self.json) == {"type", "title", "detail", "code"}
        return self.json["code"]


@dataclass
class Told:
    """A watcher that remembers what it is told."""

    calls: list[tuple[str, int]] = field(default_factory=list)
    there: int = 0
    trouble: Exception | None = None

    async def added(self, root: Root, *, existing: bool) -> int:
        if self.trouble:
            raise self.trouble
        self.calls.append(("existing" if existing else "added", root.id))
        return self.there

    async def changed(self, root: Root) -> None:
        self.calls.append(("changed", root.id))

    async def removed(self, root: Root) -> None:
        self.calls.append(("removed", root.id))


class Service:
    """One service in a thread of its own."""

    def __init__(self, folder: Path, limits: Limits = QUICK, port: int = 0) -> None:
        self.folder = folder
        self.photos = folder / "photos"
        self.photos.mkdir(parents=True, exist_ok=True)
        self.limits = limits
        self.told = Told()
        self.awakened = 0
        self.predicting: Any = self._predict
        self.instance = Instance(folder / "state" / "daemon.lock", self.endpoint_file)
        self._wanted_port = port
        self._thread = threading.Thread(target=self._run, name="service", daemon=True)
        self._ready = threading.Event()
        self._trouble: BaseException | None = None

    @property
    def endpoint_file(self) -> Path:
        return self.folder / "state" / "endpoint.json"

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def token(self) -> str:
        return self.core.token.text

    def start(self) -> Service:
        assert self.instance.acquire()
        self._thread.start()
        assert self._ready.wait(20)
        if self._trouble:
            raise self._trouble
        self.instance.publish(self.port, self.token)
        return self

    def stop(self) -> None:
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._ending.set)
            self._thread.join(20)
        self.instance.release()
        assert not self._thread.is_alive()

    def watch(self, path: Path | None = None, kind: str = "folder", **settings: Any) -> Root:
        """Register a root."""
        wanted = {"editors": ["lightroom"], **settings}
        return self.core.roots.add(path or self.photos, kind, **wanted)  # type: ignore[arg-type]

    def call(self, coroutine: Any) -> Any:
        """Run something in the service's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    # Asking

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        """Ask as the plug-in does; a header of None is left out."""
        sent: dict[str, str | None] = {"Authorization": f"Bearer {self.token}"}
        data = body
        if body is not None and not isinstance(body, bytes):
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            given = {name: value for name, value in sent.items() if value is not None}
            connection.request(method, path, data, given)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())  # type: ignore[arg-type]
        finally:
            connection.close()

    def connect(self, timeout_s: float = 20.0) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s)

    def raw(self, data: bytes, timeout_s: float = 20.0) -> bytes:
        """Send bytes and return everything that comes back until the service closes."""
        with self.connect(timeout_s) as client:
            client.sendall(data)
            return read_all(client)

    def head(self, *lines: str, method: str = "GET", path: str = "/v1/status") -> bytes:
        """The head of a good request, with further lines."""
        given = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Authorization: Bearer {self.token}",
            *lines,
        ]
        return "\r\n".join([*given, "", ""]).encode("latin-1")

    def wait(self, done: Any, timeout_s: float = 20.0) -> None:
        """Wait until `done` returns something true."""
        ends = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < ends, "waited in vain"
            time.sleep(0.01)

    # Inside

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._trouble = error
            self._ready.set()

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._ending = asyncio.Event()
        threads = Threads()
        database = Database(self.folder / "state" / "sidelight.db")
        try:
            self.core = self._make_core(database, threads)
            self.server: Server = await serve(make_app(self.core, self.limits), self._wanted_port)
            self._ready.set()
            await self._ending.wait()
            await self.server.close(0.5)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            if others:  # what has ended needs a turn of the loop to be gone
                await asyncio.wait(others, timeout=1)
            self.left = [repr(task) for task in others if not task.done()]
        finally:
            threads.stop()
            database.close()

    def _make_core(self, database: Database, threads: Threads) -> Core:
        events = EventLog(database)
        jobs = JobStore(database, events)
        roots = RootStore(database)
        examples = Examples(database)

        async def cancel(ids: Sequence[int] | None = None, batch: str | None = None) -> list[Job]:
            return await threads.in_store(lambda: jobs.cancel(ids, batch))

        async def predict(source: Any, settings: Any, inside: Path | None = None) -> dict[str, Any]:
            return await threads.in_files(self.predicting, source, settings, inside)

        token = Token()
        return Core(
            config=Config(),
            token=token,
            database=database,
            jobs=jobs,
            events=events,
            roots=roots,
            waiting=WaitingRecipes(database),
            examples=examples,
            threads=threads,
            hub=Hub(database, events, threads.in_store, self.limits),
            watcher=self.told,
            holders=Holders(
                roots, examples, folder=self.folder / "known", copies=self.folder / "copies"
            ),
            first_versions=self.folder / "state" / "first_versions",
            predict=predict,
            cancel=cancel,
            wake=self._wake,
            rotate=lambda: self.instance.publish(self.port, token.rotate()) and None,
            workers=lambda: {"most": 1, "busy": 0},
            warnings=lambda: ["the disk is nearly full"],
            started_s=time.monotonic(),
        )

    def _wake(self) -> None:
        self.awakened += 1

    @staticmethod
    def _predict(source: Any, settings: Any, inside: Path | None) -> dict[str, Any]:
        from sidelight.workflows.predict import predict_jpeg, predict_photo

        if isinstance(source, bytes):
            return predict_jpeg(source, settings)
        return predict_photo(source, settings, inside)


def read_all(client: socket.socket) -> bytes:
    """Return what a socket gives until its other end closes."""
    received = bytearray()
    try:
        while chunk := client.recv(1 << 16):
            received += chunk
    except ConnectionError:
        pass
    return bytes(received)


def status_of(answer: bytes) -> int:
    """Return the status of raw bytes; 0 where nothing came."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0
