"""Forget everything: what Sidelight keeps about photos, and nothing that is beside them."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sidelight import paths
from sidelight.errors import SidelightError
from sidelight.workflows.result import sentence


@dataclass(frozen=True)
class Part:
    """Something that is kept.

    Attributes:
        name: What it is, for people.
        paths: Files and folders, those that exist.
    """

    name: str
    paths: tuple[Path, ...]

    @property
    def files(self) -> int:
        """Number of files."""
        return sum(1 for _ in _files(self.paths))

    @property
    def size_bytes(self) -> int:
        """Total size."""
        return sum(path.lstat().st_size for path in _files(self.paths))


@dataclass(frozen=True)
class Purged:
    """What became of one part; `reason` says why it could not be removed."""

    name: str
    files: int
    bytes: int
    status: Literal["removed", "kept", "error"]
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "name": self.name,
            "files": self.files,
            "bytes": self.bytes,
            "status": self.status,
            "reason": self.reason,
        }


DATABASE = "jobs, watched folders, known photos, waiting recipes, examples, calibration"
LOG = "log"
CACHE = "cache"
FIRST_VERSIONS = "first versions, by which `undo` puts sidecars back"


def parts() -> tuple[Part, ...]:
    """Return all that is kept; the last part is what `undo` needs."""
    log = _existing(paths.log_folder(), paths.endpoint_file())
    first_versions = _existing(paths.first_versions_folder())
    apart = {*log, *first_versions, paths.lock_file()}
    # The database with its journals, copies made before an update, what was moved aside as
    # damaged, what was read from catalogs: all that is not named otherwise.
    rest = [path for path in _listed(paths.state_folder()) if path not in apart]
    return (
        Part(DATABASE, tuple(sorted(rest))),
        Part(LOG, log),
        Part(CACHE, tuple(sorted(_listed(paths.cache_folder())))),
        Part(FIRST_VERSIONS, first_versions),
    )


def purge(wanted: tuple[Part, ...]) -> Iterator[Purged]:
    """Remove parts; trouble with one does not spare the next.

    Raises:
        SidelightError: A daemon is running; nothing was removed.
    """
    with _no_daemon():
        for part in wanted:
            files, size = part.files, part.size_bytes
            try:
                for path in part.paths:
                    _remove(path)
            except OSError as error:
                yield Purged(part.name, files, size, "error", sentence(error))
            else:
                yield Purged(part.name, files, size, "removed")


@contextmanager
def _no_daemon() -> Iterator[None]:
    """Keep a daemon from starting meanwhile; refuse when one runs."""
    from filelock import FileLock, Timeout

    state = paths.state_folder()
    if not state.exists():
        yield
        return
    try:
        with FileLock(paths.lock_file(), timeout=0, mode=0o600):
            yield
    except Timeout as error:
        raise SidelightError(
            "the daemon is running and uses what would be removed; stop it first "
            f"(Ctrl-C where it runs{_or_by_number()}), then purge again"
        ) from error


def _or_by_number() -> str:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        endpoint = json.loads(paths.endpoint_file().read_text(encoding="utf-8"))
        return f", or end process {int(endpoint['pid'])}"
    return ""


def _existing(*candidates: Path) -> tuple[Path, ...]:
    return tuple(path for path in candidates if path.exists() or path.is_symlink())


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _files(named: tuple[Path, ...]) -> Iterator[Path]:
    for path in named:
        if path.is_dir() and not path.is_symlink():
            yield from _files(tuple(_listed(path)))
        else:
            yield path


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
