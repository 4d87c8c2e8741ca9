"""The daemon as a script needs it: there, and not older than the script."""

from __future__ import annotations

from pathlib import Path

from sidelight import __version__
from sidelight.errors import ServiceError
from sidelight.service.client import AnswerError, Client, find_daemon

ABSENT = "Sidelight is not running. Start it with: sidelight serve"
OLDER = "the running Sidelight is older ({}) than this script ({}); stop it and start it again"


def reach_daemon() -> Client:
    """Return the running daemon.

    Raises:
        ServiceError: None runs, or one of an older version.
    """
    client = find_daemon()
    if client is None:
        raise ServiceError(ABSENT)
    if _minor(client.version) < _minor(__version__):
        raise ServiceError(OLDER.format(client.version, __version__))
    return client


def grant(client: Client, photo: Path) -> None:
    """Let the photos of a photo's folder be named.

    Raises:
        ServiceError: The folder is not there, or the daemon is of another kind.
    """
    try:
        client.request("POST", "/v1/access", {"folders": [str(photo.parent)]})
    except AnswerError as error:
        if error.status == 404:
            raise ServiceError(OLDER.format(client.version, __version__)) from error
        raise


def _minor(version: str) -> tuple[int, ...]:
    parts = version.split(".")[:2]
    return tuple(int(part) for part in parts) if all(p.isdecimal() for p in parts) else (0,)
