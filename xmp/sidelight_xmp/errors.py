"""Every error this package raises on purpose; each message is one sentence.

SidecarError
  DamagedSidecarError     cut off, empty or not XMP: left alone
  HostileSidecarError     a document type, an entity or beyond the size limits: left alone
  UnsafeSidecarError      a link or not a plain file: left alone
  NoSidecarError          this kind of photo has no sidecar in that editor
  ForeignSidecarError     the sidecar of that name belongs to another photo
  InvalidValueError       a value cannot be written
    TableError            an RGB table cannot be read or written
  ConflictError           another program keeps changing the sidecar
  WriteError              the file system refused
    DiskFullError
    NotWritableError
    StoreError            our own record of earlier versions cannot be used
  UndoError               the earlier version cannot be put back
"""

from __future__ import annotations

from pathlib import Path


class SidecarError(Exception):
    """Base of all errors of this package.

    `path` is the sidecar concerned, where it is known.
    """

    def __init__(self, message: str, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path


class DamagedSidecarError(SidecarError):
    """Raised when a sidecar is cut off, empty or not XMP."""


class HostileSidecarError(SidecarError):
    """Raised when a sidecar declares entities or is beyond the size limits."""


class UnsafeSidecarError(SidecarError):
    """Raised when the sidecar's name is taken by a link or by something that is not a file."""


class NoSidecarError(SidecarError):
    """Raised when the editor reads no sidecar of this kind of photo."""


class ForeignSidecarError(SidecarError):
    """Raised when the sidecar belongs to another photo of the same name."""


class InvalidValueError(SidecarError):
    """Raised when a value cannot be written: out of range, not finite, wrong type."""


class TableError(InvalidValueError):
    """Raised when an RGB table is not one that Adobe's programs accept."""


class ConflictError(SidecarError):
    """Raised when another program changed the sidecar at every attempt to write it."""


class WriteError(SidecarError):
    """Raised when the file system refuses; the old sidecar is intact."""


class DiskFullError(WriteError):
    """Raised when the disk or the quota is full."""


class NotWritableError(WriteError):
    """Raised when the folder or the medium cannot be written to."""


class StoreError(WriteError):
    """Raised when the record of earlier versions cannot be used; nothing was changed."""


class UndoError(SidecarError):
    """Raised when the earlier version cannot be put back without losing something."""
