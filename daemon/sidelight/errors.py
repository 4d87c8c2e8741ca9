"""Every error Sidelight raises on purpose, as one tree.

SidelightError
  PhotoError            this photo cannot be used; the sentence says why
    UnreadableError     no decoder opens it, or it is cut off
    ImplausibleError    it decodes, but not to a photograph
  RecipeError           a setting is missing, unknown or not a finite number
  LutError              a LUT file cannot be read or applied
  EditorError           an editor's sidecar cannot be read or written
  ToolError             another program is missing or failed
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


class RecipeError(SidelightError):
    """Raised when a setting is unknown or not a finite number."""


class LutError(SidelightError):
    """Raised when a LUT file cannot be read or applied."""


class EditorError(SidelightError):
    """Raised when an editor's sidecar cannot be read or written."""


class ToolError(SidelightError):
    """Raised when another program that is needed is missing or failed."""
