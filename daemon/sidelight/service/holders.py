"""Which photos the registered catalogs hold, kept up to date while their programs run.

A photo that a catalog holds gets no sidecar of that editor: Lightroom would report a conflict,
and darktable's database would win. What the photographer edits there is noted as an example.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sidelight.catalogs.base import CATALOGS, CatalogPhoto, OpenCatalog, open_catalog
from sidelight.catalogs.known import KnownPhotos, Standing, edit_digest, record
from sidelight.catalogs.path_key import RealPaths, path_key
from sidelight.catalogs.snapshot import Mark, mark_of, remove_stale_copies
from sidelight.errors import CatalogError, StateError
from sidelight.paths import state_folder
from sidelight.service.photo_paths import is_plain_path
from sidelight.state.examples import Example, Examples
from sidelight.state.roots import Root, RootNotFoundError, RootState, RootStore
from sidelight.state.values import to_text

_log = logging.getLogger(__name__)

SENTENCES = {
    "lightroom": ("Lightroom's catalog", "so the plug-in applies the edit"),
    "darktable": ("darktable's library", "so the script applies the edit"),
}
"""How a kind of catalog is called, and what follows for a photo in it."""

OnNew = Callable[[Root, list[Path]], None]

REST = 20
"""After a reading that took a second none begins for so many, however often it is written."""

PATIENCE = 30
"""A catalog that never rests is read after so many times `settle_s` all the same."""

LONGEST_DELAY_S = 600.0
"""Before a catalog is tried again that could not be read."""

_NOTED_AT_ONCE = 50
_BREATH_S = 0.01


@dataclass(frozen=True)
class CatalogContent:
    """What is known of one catalog.

    Attributes:
        photos: How many it holds.
        edited: How many of them somebody edited.
    """

    photos: int = 0
    edited: int = 0


class _Watched:
    """One catalog and how far it has been read.

    Attributes:
        root: The catalog's entry.
        held: Its photos, as of the last reading; None before the first.
        baseline: The same, once everybody was told of the new ones.
        read: The catalog's mark at the last successful reading.
        seen: The newest mark, and since when it stands.
        changing_since_s: When it was first seen to differ from what was read.
        not_before_s: When it may be read again.
        failures: Readings that failed in a row.
    """

    def __init__(self, root: Root, held: KnownPhotos | None) -> None:
        self.root = root
        self.held = held
        self.baseline = held
        self.read: Mark | None = None
        self.seen: Mark | None = None
        self.seen_since_s = 0.0
        self.changing_since_s: float | None = None
        self.not_before_s = 0.0
        self.failures = 0


class Holders:
    """Answers at once, for any thread, from what was last read; `poll` reads.

    Args:
        roots: Watched places, of which the catalogs count.
        examples: Where edits are noted.
        on_new: Called with the photos that came into a catalog after it was added; called again
            with them if it raises.
        settle_s: How long a catalog must rest before it is read.
        poll_s: How often an unchanged one is looked at.
        folder: Where to remember what was read; in the state folder when None.
        copies: Where private copies go; in the cache folder when None.
        clock: Monotonic, in seconds.
    """

    def __init__(
        self,
        roots: RootStore,
        examples: Examples,
        *,
        on_new: OnNew = lambda root, photos: None,
        settle_s: float = 2.0,
        poll_s: float = 60.0,
        folder: Path | None = None,
        copies: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._roots = roots
        self._examples = examples
        self._on_new = on_new
        self._settle_s = settle_s
        self._poll_s = poll_s
        self._folder = folder or state_folder() / "catalogs"
        self._copies = copies
        self._clock = clock
        self._stopped = threading.Event()
        self._reading = threading.RLock()
        self._watched: dict[int, _Watched] = {}
        remove_stale_copies(copies)
        with suppress(StateError):
            self._watch_registered()

    def holders(self, photo: Path) -> dict[str, str]:
        """Return which editors' catalogs hold a photo, each with one sentence to tell."""
        keys = {path_key(photo), path_key(_real(photo))}
        names: dict[str, list[str]] = {}
        for watched in tuple(self._watched.values()):
            held = watched.held
            if held is not None and any(key in held for key in keys):
                name = to_text(watched.root.path.name)
                names.setdefault(watched.root.kind, []).append(name)
        return {kind: _sentence(kind, names[kind]) for kind in sorted(names)}

    def content(self, root: int) -> CatalogContent:
        """Return what is known of a catalog; nothing of one that is not registered."""
        watched = self._watched.get(root)
        if watched is None or watched.held is None:
            return CatalogContent()
        return CatalogContent(*watched.held.count())

    def poll(self) -> float:
        """Read the catalogs that changed and rest now; never raises what may pass by itself.

        Returns:
            Seconds after which there may be something to do again.
        """
        try:
            with self._reading:
                roots = self._watch_registered()
                return min((self._look(root) for root in roots), default=self._poll_s)
        except StateError as error:
            _log.warning("the catalogs are looked at later: %s", error)
            return self._poll_s

    def refresh(self, root: int) -> CatalogContent:
        """Take in the photos of one catalog now, without waiting for it to rest.

        Its edits are noted by a later `poll`. Not to be called within a transaction.

        Raises:
            CatalogError: It cannot be read; the last answer stays.
            StateError: The database refuses, or no such catalog is registered.
        """
        with self._reading:
            self._watch_registered()
            watched = self._watched.get(root)
            if watched is None:
                raise RootNotFoundError("there is no such catalog")
            try:
                mark = mark_of(watched.root.path)
            except (OSError, RuntimeError) as error:
                raise CatalogError(_missing(watched.root)) from error
            self._read(watched, mark, with_edits=False)
        return self.content(root)

    def stop(self) -> None:
        """End a reading in progress and all later ones; answers go on."""
        self._stopped.set()

    def _watch_registered(self) -> list[Root]:
        """Take up new catalogs, with what an earlier run knew of them; drop removed ones."""
        roots = [root for root in self._roots.list() if root.kind in CATALOGS]
        ids = {root.id for root in roots}
        for id in self._watched.keys() - ids:
            del self._watched[id]
        with suppress(OSError):
            for file in self._folder.glob("*.known*"):
                if file.name not in {f"{id}.known" for id in ids}:
                    file.unlink(missing_ok=True)
        for root in roots:
            if root.id in self._watched:
                self._watched[root.id].root = root
            else:
                known = KnownPhotos.load(self._file(root), root.path)
                self._watched[root.id] = _Watched(root, known)
        return roots

    def _look(self, root: Root) -> float:
        """Read one catalog if it is time to; return the seconds until it may be."""
        watched = self._watched[root.id]
        if root.state == "paused" or self._stopped.is_set():
            return self._poll_s
        try:
            mark = mark_of(root.path)
        except (OSError, RuntimeError):
            self._set_state(root, "missing", _missing(root))
            watched.read = watched.seen = watched.changing_since_s = None
            return self._poll_s
        if mark == watched.read:
            self._set_state(root, "watching")
            return self._poll_s
        now_s = self._clock()
        if mark != watched.seen:
            watched.seen, watched.seen_since_s = mark, now_s
        if watched.changing_since_s is None:
            watched.changing_since_s = now_s
        rested_s = watched.seen_since_s + self._settle_s
        impatient_s = watched.changing_since_s + self._settle_s * PATIENCE
        due_s = max(min(rested_s, impatient_s), watched.not_before_s)
        if now_s < due_s:
            return due_s - now_s
        try:
            self._read(watched, mark)
        except CatalogError:
            pass  # said in the root's state
        except StateError:
            raise
        except Exception:  # one strange catalog must not keep the others from being read
            _log.exception("catalog %r was not taken in", root.path.name)
        return self._settle_s

    def _read(self, watched: _Watched, mark: Mark, *, with_edits: bool = True) -> None:
        began_s = self._clock()
        root = watched.root
        try:
            catalog = open_catalog(root.path, root.kind)
            with catalog.open(self._copies, stop=self._stopped.is_set) as opened:
                self._survey(watched, opened)
                if with_edits:
                    self._note_edits(watched, opened)
        except CatalogError as error:
            if not self._stopped.is_set():
                self._postpone(watched)
                self._set_state(root, "missing", str(error))
                _log.warning("catalog %r: %s", root.path.name, error)
            raise
        except BaseException:
            self._postpone(watched)
            raise
        ended_s = self._clock()
        watched.read = mark if with_edits else None
        watched.failures, watched.changing_since_s = 0, None
        watched.not_before_s = ended_s + max(self._settle_s, REST * (ended_s - began_s))
        self._set_state(root, "watching")

    def _postpone(self, watched: _Watched) -> None:
        watched.failures += 1
        delay_s = min(self._settle_s * 2 ** min(watched.failures, 16), LONGEST_DELAY_S)
        watched.not_before_s = self._clock() + delay_s

    def _survey(self, watched: _Watched, catalog: OpenCatalog) -> None:
        """Take in which photos there are, and tell of the new ones."""
        records: list[bytes] = []
        fresh: dict[bytes, Path] = {}
        real_paths = RealPaths()
        for photo in catalog.photos():
            key = path_key(photo.path)
            records.append(_record_of(photo, key))
            others: list[Path | str] = [*photo.companions, real_paths.of(photo.path)]
            for other in others:
                if (other_key := path_key(other)) != key:
                    records.append(record(other_key, Standing.COMPANION))
            if watched.baseline is not None and key not in watched.baseline:
                fresh[key] = photo.path
        held = KnownPhotos(records)
        if watched.held is not None:
            held.carry_notes(watched.held)
        watched.held = held  # before anybody is told: a new photo must not get a sidecar
        photos = [path for path in fresh.values() if is_here(path)]
        if photos:
            self._on_new(watched.root, photos)
        watched.baseline = held
        self._save(watched)

    def _note_edits(self, watched: _Watched, catalog: OpenCatalog) -> None:
        """Note edits that were not noted yet, in small portions."""
        held = watched.held
        if held is None:
            return
        portion: dict[bytes, Example] = {}
        try:
            for photo in catalog.photos():
                if not photo.edited:
                    continue
                key = path_key(photo.path)
                if held.is_noted(key) or held.edit(key) != _digest_of(photo):
                    continue
                portion[key] = _example(watched.root, photo, catalog)
                if len(portion) >= _NOTED_AT_ONCE:
                    self._note(held, portion)
                    # The service's other threads come first.
                    if self._stopped.wait(_BREATH_S):
                        raise CatalogError("noting the edits was stopped")
            if portion:
                self._note(held, portion)
        finally:
            self._save(watched)

    def _note(self, held: KnownPhotos, portion: dict[bytes, Example]) -> None:
        self._examples.note([example for example in portion.values() if example.settings])
        for key in portion:
            held.note(key)
        portion.clear()

    def _save(self, watched: _Watched) -> None:
        if watched.held is None:
            return
        try:
            watched.held.save(self._file(watched.root), watched.root.path)
        except OSError as error:
            # Then the next start takes what is there at that time for known.
            _log.warning("what a catalog holds could not be remembered: %s", error)

    def _set_state(self, root: Root, state: RootState, reason: str = "") -> None:
        """Note a state unless the user paused the catalog or removed it meanwhile."""
        with suppress(RootNotFoundError):
            now = self._roots.get(root.id)
            if now.state != "paused" and (now.state, now.reason) != (state, reason):
                self._roots.set_state(root.id, state, reason)

    def _file(self, root: Root) -> Path:
        return self._folder / f"{root.id}.known"


def _record_of(photo: CatalogPhoto, key: bytes) -> bytes:
    if not photo.edited:
        return record(key, Standing.UNEDITED)
    standing = Standing.COPY_EDITED if photo.virtual_copy else Standing.EDITED
    return record(key, standing, _digest_of(photo))


def _digest_of(photo: CatalogPhoto) -> bytes:
    return edit_digest(f"{photo.id} {photo.digest}")


def _example(root: Root, photo: CatalogPhoto, catalog: OpenCatalog) -> Example:
    try:
        settings = catalog.settings(photo)
    except CatalogError as error:
        _log.info("an edit in %r was left out: %s", root.path.name, error)
        settings = {}
    return Example(root.path, photo.path, root.kind, photo.edited_at, settings)


def is_here(path: Path) -> bool:
    """Whether a catalog's path is a file of this computer; servers it names are not asked."""
    with suppress(OSError, ValueError):
        return is_plain_path(os.fspath(path)) and path.is_file()
    return False


def _real(photo: Path) -> Path:
    with suppress(OSError, RuntimeError, ValueError):
        return photo.parent.resolve() / photo.name
    return photo


def _sentence(kind: str, names: Iterable[str]) -> str:
    catalog, consequence = SENTENCES[kind]
    return f"{catalog} {' and '.join(sorted(names))} holds this photo, {consequence}"


def _missing(root: Root) -> str:
    return f"the catalog {to_text(root.path.name)} is not there"
