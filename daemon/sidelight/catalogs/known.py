"""Which photos a catalog held when it was last read: 25 bytes each, in memory and on disk."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from enum import IntEnum
from hashlib import blake2b
from pathlib import Path

from sidelight.catalogs.path_key import KEY_BYTES, path_key
from sidelight.paths import make_private

_MAGIC = b"sidelight known photos 1\n"
_NOTED = 0x80
_DIGEST_BYTES = 8
_RECORD = KEY_BYTES + 1 + _DIGEST_BYTES
_BINARY = getattr(os, "O_BINARY", 0)


class Standing(IntEnum):
    """What a file is to a catalog; the smaller one counts where several apply."""

    EDITED = 0
    COPY_EDITED = 1
    UNEDITED = 2
    COMPANION = 3


class KnownPhotos:
    """The files of one catalog; looked up by many threads, noted by one.

    Args:
        records: As `record` makes them, in any order; of one file the smallest counts.
    """

    def __init__(self, records: Iterable[bytes] = ()) -> None:
        self._data = bytearray()
        last = b""
        for one in sorted(records):
            if one[:KEY_BYTES] != last:
                last = one[:KEY_BYTES]
                self._data += one

    def __len__(self) -> int:
        return len(self._data) // _RECORD

    def __contains__(self, key: bytes) -> bool:
        return self._find(key) is not None

    def edit(self, key: bytes) -> bytes:
        """Return what `record` was told of a file's edit; empty for no file or no edit."""
        at = self._find(key)
        if at is None or self._standing(at) > Standing.COPY_EDITED:
            return b""
        return bytes(self._data[at + KEY_BYTES + 1 : at + _RECORD])

    def is_noted(self, key: bytes) -> bool:
        """Whether a file's edit was noted."""
        at = self._find(key)
        return at is not None and bool(self._data[at + KEY_BYTES] & _NOTED)

    def note(self, key: bytes) -> None:
        """Remember that a file's edit was noted."""
        at = self._find(key)
        if at is not None:
            self._data[at + KEY_BYTES] |= _NOTED

    def carry_notes(self, old: KnownPhotos) -> None:
        """Take over which edits were noted, as far as they are the same."""
        for at in range(0, len(self._data), _RECORD):
            key = bytes(self._data[at : at + KEY_BYTES])
            edit = self.edit(key)
            if edit and edit == old.edit(key) and old.is_noted(key):
                self._data[at + KEY_BYTES] |= _NOTED

    def count(self) -> tuple[int, int]:
        """Return how many photos there are, without what merely belongs to one, and edited ones."""
        standings = [self._standing(at) for at in range(0, len(self._data), _RECORD)]
        edited = sum(one <= Standing.COPY_EDITED for one in standings)
        return sum(one < Standing.COMPANION for one in standings), edited

    def save(self, file: Path, catalog: Path) -> None:
        """Write to a private file, the old one or the new one at every moment.

        Raises:
            OSError: It cannot be written.
        """
        make_private(file.parent)
        new = file.with_name(f"{file.name}.new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _BINARY, 0o600)
        with os.fdopen(descriptor, "wb") as writing:
            writing.write(_MAGIC + path_key(catalog) + _checksum(self._data) + self._data)
            writing.flush()
            os.fsync(writing.fileno())
        new.replace(file)

    @classmethod
    def load(cls, file: Path, catalog: Path) -> KnownPhotos | None:
        """Return what `save` wrote, None if there is nothing or it is not of this catalog."""
        data = b""
        with suppress(OSError):
            data = file.read_bytes()
        head = _MAGIC + path_key(catalog)
        start = len(head) + KEY_BYTES
        body = data[start:]
        if not data.startswith(head) or data[len(head) : start] != _checksum(body):
            return None
        known = cls()
        known._data = bytearray(body)
        return known

    def _standing(self, at: int) -> int:
        return self._data[at + KEY_BYTES] & ~_NOTED

    def _find(self, key: bytes) -> int | None:
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            at = middle * _RECORD
            found = self._data[at : at + KEY_BYTES]
            if found == key:
                return at
            if found < key:
                low = middle + 1
            else:
                high = middle
        return None


def record(key: bytes, standing: Standing, edit: bytes = bytes(_DIGEST_BYTES)) -> bytes:
    """Return what is remembered of one file; `edit` as `edit_digest` returns it."""
    return key + bytes([standing]) + edit


def edit_digest(text: str) -> bytes:
    """Return eight bytes that change when an edit does."""
    return blake2b(
        text.encode("utf-8", "surrogateescape"), digest_size=_DIGEST_BYTES, usedforsecurity=False
    ).digest()


def _checksum(data: bytes | bytearray) -> bytes:
    return blake2b(data, digest_size=KEY_BYTES, usedforsecurity=False).digest()
