"""Every error Sidelight raises on purpose, as one tree.

SidelightError
  PhotoError            this photo cannot be used; the sentence says why
    UnreadableError     no decoder opens it, or it is cut off
    ImplausibleError    it decodes, but not to a photograph
    PhotoPathError      it is not there, or not where Sidelight may look
  RecipeError           a setting is missing, unknown or not a finite number
  LutError              a LUT file cannot be read or applied
  EditorError           an editor's sidecar cannot be read or written
  ToolError             another program is missing or failed
  StateError            the daemon's own database cannot be used
    NewerStateError     it was written by a newer Sidelight
    BusyStateError      another process holds it
  CatalogError          an editor's catalog cannot be read
  RootError             a folder or catalog cannot be watched
  WorkerError           the process that worked on a photo did not finish
    WorkerTimeoutError  it took too long
    WorkerDiedError     it crashed, or was killed
  ServiceError          the daemon is not running, or answered with an error
"""

from __future__ import annotations


class SidelightError(Exception):
    """Base of all errors; the message is one sentence a photographer understands."""


class PhotoError(SidelightError):
    """Raised when a photo cannot be used at all."""


class UnreadableError(PhotoError):
    """Raised when no decoder opens the file or the file is cut off."""


class ImplausibleError(PhotoError):
    """Raised when a file decodes to something that is not a photograph."""


class PhotoPathError(PhotoError):
    """Raised when a path names no photo that Sidelight may open.

    One sentence for what is missing and what is forbidden, so that nobody learns which it is.
    """

    SENTENCE = "there is no such photo in the folders and catalogs that Sidelight watches"

    def __init__(self) -> None:
        super().__init__(self.SENTENCE)


class RecipeError(SidelightError):
    """Raised when a setting is unknown or not a finite number."""


class LutError(SidelightError):
    """Raised when a LUT file cannot be read or applied."""


class EditorError(SidelightError):
    """Raised when an editor's sidecar cannot be read or written."""


class ToolError(SidelightError):
    """Raised when another program that is needed is missing or failed."""


class StateError(SidelightError):
    """Raised when the daemon's own database cannot be read or written."""


class NewerStateError(StateError):
    """Raised when the database was written by a newer Sidelight."""


class BusyStateError(StateError):
    """Raised when another process holds the database for too long."""


class CatalogError(SidelightError):
    """Raised when an editor's catalog cannot be read."""


class RootError(SidelightError):
    """Raised when a folder or catalog cannot be watched."""


class WorkerError(SidelightError):
    """Raised when the process that worked on a photo did not finish."""


class WorkerTimeoutError(WorkerError):
    """Raised when the process that worked on a photo took too long."""


class WorkerDiedError(WorkerError):
    """Raised when the process that worked on a photo crashed or was killed."""


class ServiceError(SidelightError):
    """Raised when the daemon is not running, cannot be trusted or answers with an error."""
