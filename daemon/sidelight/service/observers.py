"""Hints that something changed in a folder, from the operating system by way of watchdog.

Hints may come late, twice or not at all; only a scan tells what is there. On Linux watchdog's
reader of inotify is used below its observer, whose queues have no limit and whose subfolders go
unwatched without a word when the system's limit is reached.
"""

from __future__ import annotations

import errno
import itertools
import logging
import os
import sys
import threading
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sidelight.workflows.pairs import is_ignored, is_photo_name

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent
    from watchdog.observers.inotify_c import InotifyEvent, InotifyFD

EXHAUSTED = frozenset((errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.ENOMEM))
"""What the system answers when it watches no more folders."""

_log = logging.getLogger(__name__)


class Sink(Protocol):
    """Who is told, in a thread of the hints; to be answered at once."""

    def changed(self, folder: str, *, deep: bool) -> None:
        """A photo came or changed in a folder; `deep`: the folder itself came, went or moved."""

    def overflowed(self) -> None:
        """Hints were lost."""


class Hints(Protocol):
    """Where hints come from."""

    def watch(self, folder: str, sink: Sink, *, is_root: bool = False) -> None:
        """Tell of changes in a folder from now on; of a root first, then of each in it.

        Raises:
            OSError: With an error in `EXHAUSTED` when no more folders can be watched.
        """

    def unwatch(self, top: str) -> None:
        """Tell no more of a folder and all in it."""

    def keep(self, top: str, folders: Collection[str]) -> None:
        """Tell no more of folders below `top` but these."""

    def close(self) -> None:
        """Tell of nothing any more."""


def open_hints() -> Hints:
    """Return the hints of this system; those that refuse every folder where there are none."""
    try:
        return Inotify() if sys.platform == "linux" else Observed()
    except (OSError, ImportError) as error:
        _log.warning("this system does not tell of changes: %s", error)
        return Refused(error.errno or errno.EMFILE if isinstance(error, OSError) else errno.EMFILE)


class Refused:
    """Hints that never come."""

    def __init__(self, errno: int = errno.EMFILE) -> None:
        self._errno = errno

    def watch(self, folder: str, sink: Sink, *, is_root: bool = False) -> None:
        """Refuse a folder, as a system does that is at its limit."""
        raise OSError(self._errno, os.strerror(self._errno))

    def unwatch(self, top: str) -> None:
        """Do nothing."""

    def keep(self, top: str, folders: Collection[str]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class _Watch(NamedTuple):
    folder: str
    sink: Sink
    callback: int
    is_root: bool


class Inotify:
    """One watch for each folder; opening, reading and deleting files are not subscribed to.

    Raises:
        OSError: The user has no inotify instance left.
    """

    def __init__(self) -> None:
        from watchdog.observers.inotify_c import InotifyConstants, InotifyFD

        self._constants = InotifyConstants
        self._reader: InotifyFD = InotifyFD()
        self._lock = threading.Lock()
        self._watches: dict[int, _Watch] = {}
        self._numbers: dict[str, int] = {}
        self._callbacks = itertools.count(1)
        self._reader.start()

    def watch(self, folder: str, sink: Sink, *, is_root: bool = False) -> None:
        """Watch one folder. Watching it again is cheap, and right after it was made anew."""
        if not self._reader.is_alive():  # nobody would ever hear of anything
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        callback: Any = next(self._callbacks)
        number = self._reader.add_callback(os.fsencode(folder), self._mask(is_root), self, callback)
        stale: list[tuple[Any, Any]] = []
        with self._lock:
            before = self._watches.get(number)
            if before is not None:
                stale.append((number, before.callback))
                if before.folder != folder and self._numbers.get(before.folder) == number:
                    del self._numbers[before.folder]  # it was moved here
            stale += self._forget(self._numbers.get(folder, number), unless=number)
            self._watches[number] = _Watch(folder, sink, callback, is_root)
            self._numbers[folder] = number
            if number < 0:  # watchdog takes a folder that may not be read for a watched one
                stale += self._forget(number)
        self._reader.remove_callbacks(stale)

    def unwatch(self, top: str) -> None:
        """Tell no more of a folder and all in it."""
        self.keep(top, ())

    def keep(self, top: str, folders: Collection[str]) -> None:
        """Tell no more of folders below `top` but these."""
        inside = os.path.join(top, "")  # noqa: PTH118
        stale: list[tuple[Any, Any]] = []
        with self._lock:
            for folder, number in tuple(self._numbers.items()):
                if (folder == top or folder.startswith(inside)) and folder not in folders:
                    stale += self._forget(number)
        self._reader.remove_callbacks(stale)

    def close(self) -> None:
        """Give all watches back."""
        with self._lock:
            self._watches.clear()
            self._numbers.clear()
        self._reader.stop()
        if self._reader.is_alive():
            self._reader.join(5.0)

    def on_event(self, event: InotifyEvent) -> None:
        """Pass on what concerns a photo or a folder; called by watchdog."""
        known = self._constants
        watch = self._watches.get(event.wd)
        if watch is None:
            return
        if event.mask & (known.IN_DELETE_SELF | known.IN_MOVE_SELF | known.IN_UNMOUNT):
            watch.sink.changed(watch.folder, deep=True)
            return
        name = os.fsdecode(event.name)
        if event.mask & known.IN_ISDIR:
            if not is_ignored(name):
                watch.sink.changed(os.path.join(watch.folder, name), deep=True)  # noqa: PTH118
        elif not event.mask & known.IN_MOVED_FROM and is_photo_name(name):
            watch.sink.changed(watch.folder, deep=False)

    def on_watch_deleted(self, wd: int) -> None:
        """Forget a folder that is gone; called by watchdog."""
        with self._lock:
            watch = self._watches.get(wd)
            self._forget(wd)
        if watch is not None and watch.is_root:
            watch.sink.changed(watch.folder, deep=True)

    def on_queue_overflow(self) -> None:
        """Tell everybody; called by watchdog, once for each of its callbacks or for all."""
        with self._lock:
            sinks = {id(watch.sink): watch.sink for watch in self._watches.values()}
        for sink in sinks.values():
            sink.overflowed()

    def __len__(self) -> int:
        return len(self._numbers)

    def _mask(self, is_root: bool) -> Any:
        known = self._constants
        mask = known.IN_CREATE | known.IN_CLOSE_WRITE | known.IN_MOVE | known.IN_ONLYDIR
        mask |= getattr(known, "IN_EXCL_UNLINK", 0)
        if is_root:  # which may be a link, unlike what is found inside
            return mask | known.IN_DELETE_SELF | known.IN_MOVE_SELF
        return mask | known.IN_DONT_FOLLOW

    def _forget(self, number: int, unless: int | None = None) -> list[tuple[Any, Any]]:
        """Drop a watch from the tables; return what watchdog has to remove."""
        if number == unless:
            return []
        watch = self._watches.pop(number, None)
        if watch is None:
            return []
        if self._numbers.get(watch.folder) == number:
            del self._numbers[watch.folder]
        return [(number, watch.callback)]


class Observed:
    """One watch for each root, as FSEvents and ReadDirectoryChangesW have it."""

    def __init__(self) -> None:
        from watchdog.observers import Observer

        self._observer: Any = Observer()
        self._observer.start()
        self._roots: dict[str, Any] = {}

    def watch(self, folder: str, sink: Sink, *, is_root: bool = False) -> None:
        """Watch a root; the folders in it are watched with it."""
        if not is_root:
            return
        self.unwatch(folder)
        self._roots[folder] = self._observer.schedule(
            _handler(sink), folder, recursive=True, event_filter=_filter()
        )

    def unwatch(self, top: str) -> None:
        """Tell no more of a root."""
        watch = self._roots.pop(top, None)
        if watch is not None:
            try:
                self._observer.unschedule(watch)
            except (KeyError, OSError, RuntimeError) as error:
                _log.debug("a folder was not watched any more: %s", error)

    def keep(self, top: str, folders: Collection[str]) -> None:
        """Do nothing: the system keeps track of folders itself."""

    def close(self) -> None:
        """Stop watchdog's threads."""
        self._roots.clear()
        self._observer.stop()
        self._observer.join(5.0)


def _filter() -> list[type[FileSystemEvent]]:
    from watchdog import events

    return [
        events.DirCreatedEvent,
        events.DirDeletedEvent,
        events.DirMovedEvent,
        events.FileClosedEvent,
        events.FileCreatedEvent,
        events.FileModifiedEvent,
        events.FileMovedEvent,
    ]


def _handler(sink: Sink) -> Any:
    from watchdog.events import FileSystemEventHandler

    class Handler(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            paths: list[Any] = [event.src_path, event.dest_path]
            for path in map(os.fsdecode, filter(None, paths)):
                folder, name = os.path.split(path)
                if event.is_directory and event.event_type != "modified":
                    sink.changed(path, deep=True)
                elif not event.is_directory and is_photo_name(name):
                    sink.changed(folder, deep=False)

    return Handler()
