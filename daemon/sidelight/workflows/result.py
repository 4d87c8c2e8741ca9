"""What became of one photo in one editor, as a record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sidelight.errors import SidelightError
from sidelight_xmp.errors import SidecarError

Status = Literal["written", "kept", "skipped", "waiting", "error"]


@dataclass(frozen=True)
class Result:
    """One line of a report.

    Attributes:
        photo: The photo.
        editor: Name of the editor, empty when the photo failed before any was asked.
        status: What became of it; `"waiting"`: an editor's plug-in or script has to apply it.
        reason: One sentence, empty when there is nothing to add.
        sidecar: The editor's file, or None.
        recipe: `Recipe.to_json()`, or None when none was predicted.
        reasons: Each with `slider`, `value`, `term` and `text`.
        confidence: 0 to 1, or None.
        seconds: Time spent on this editor; decoding is counted with the first one.
        retry: Whether the error may pass by itself.
        duplicate: The file of the HDR twin, where darktable was to have one, or None.
    """

    photo: Path
    editor: str
    status: Status
    reason: str = ""
    sidecar: Path | None = None
    recipe: dict[str, Any] | None = None
    reasons: tuple[dict[str, Any], ...] = ()
    confidence: float | None = None
    seconds: float = 0.0
    retry: bool = False
    duplicate: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        sure = self.confidence
        return {
            "photo": str(self.photo),
            "editor": self.editor,
            "status": self.status,
            "reason": self.reason,
            "sidecar": _text(self.sidecar),
            "duplicate": _text(self.duplicate),
            "recipe": self.recipe,
            "reasons": list(self.reasons),
            "confidence": sure if sure is not None and math.isfinite(sure) else None,
            "seconds": round(self.seconds, 3),
        }

    def to_plain(self) -> dict[str, Any]:
        """Return JSON values from which `from_plain` makes an equal result."""
        paths = {"sidecar": _text(self.sidecar), "duplicate": _text(self.duplicate)}
        return {**vars(self), "photo": str(self.photo), **paths}

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Result:
        """Return the result that `to_plain` was asked of."""
        return cls(
            **{
                **values,
                "photo": Path(values["photo"]),
                "sidecar": _path(values["sidecar"]),
                "duplicate": _path(values["duplicate"]),
                "reasons": tuple(values["reasons"]),
            }
        )


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def joined(*sentences: str) -> str:
    """Return sentences as one, without those that are empty."""
    return "; ".join(each.rstrip(".") for each in sentences if each)


def sentence(error: BaseException) -> str:
    """Return an error as one line a photographer understands."""
    if isinstance(error, MemoryError):
        return "there is not enough memory for this photo"
    if isinstance(error, OSError) and error.strerror:
        where = f"{Path(error.filename).name}: " if isinstance(error.filename, str) else ""
        return f"{where}{error.strerror[:1].lower()}{error.strerror[1:]}"
    text = " ".join(str(error).split())
    known = isinstance(error, SidelightError | SidecarError)
    return text if known and text else f"an unexpected {type(error).__name__}: {text}"
