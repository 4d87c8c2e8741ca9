"""The daemon where one runs, its database where none does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sidelight.service.client import Client
    from sidelight.state.database import Database
    from sidelight.workflows.predict import Settings


class Roots(Protocol):
    """What `watch` needs, of a daemon or of the database."""

    def list(self) -> list[dict[str, Any]]:
        """Return all roots."""

    def add(self, path: Path, settings: Settings, *, existing: bool) -> dict[str, Any]:
        """Watch a place."""

    def remove(self, id: int) -> None:
        """Watch it no more."""

    def set_paused(self, id: int, paused: bool) -> dict[str, Any]:
        """Pause it, or let it go on."""


class DaemonRoots:
    """The roots of a running daemon."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self) -> list[dict[str, Any]]:
        """Return all roots."""
        return list(self._client.request("GET", "/v1/roots")["roots"])

    def add(self, path: Path, settings: Settings, *, existing: bool) -> dict[str, Any]:
        """Watch a place.

        Raises:
            RootError: Its name cannot be sent.
            ServiceError: The daemon refuses.
        """
        _check_text(path)
        body = {"path": str(path), **settings.to_json(), "existing": existing}
        return self._client.request("POST", "/v1/roots", body)

    def remove(self, id: int) -> None:
        """Watch it no more."""
        self._client.request("DELETE", f"/v1/roots/{id}")

    def set_paused(self, id: int, paused: bool) -> dict[str, Any]:
        """Pause it, or let it go on."""
        return self._client.request("PATCH", f"/v1/roots/{id}", {"paused": paused})


def _check_text(path: Path) -> None:
    from sidelight.errors import RootError

    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise RootError(
            f"{path} has a name that is not text, which a running daemon cannot be told; "
            "stop it, add the folder, and start it again"
        ) from error


@contextmanager
def reach_roots() -> Iterator[Roots]:
    """Yield the roots of the daemon, or of the database when none runs."""
    from sidelight.service.client import find_daemon

    client = find_daemon()
    if client is not None:
        yield DaemonRoots(client)
        return
    from sidelight.service.offline import OfflineRoots

    with open_own_database() as database:
        yield OfflineRoots(database)


@contextmanager
def open_own_database() -> Iterator[Database]:
    """Yield the daemon's database, made when there is none; closed afterwards."""
    from sidelight.paths import database_file
    from sidelight.state.database import Database

    database = Database(database_file())
    try:
        yield database
    finally:
        database.close()
