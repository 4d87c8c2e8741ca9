"""What a plug-in of ours can do to an editor's configuration, and what is said of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

Status = Literal[
    "installed", "updated", "unchanged", "removed", "absent", "outdated", "damaged", "error"
]


@dataclass(frozen=True)
class Outcome:
    """What became of the plug-in in one folder, or how it stands there.

    Attributes:
        editor: Name of the editor.
        folder: The editor's configuration folder; None when it has none here.
        status: What was done, or found. `"outdated"` works but is not what this Sidelight would
            install; `"damaged"` does not work.
        version: The Sidelight that installed it, empty when it is not there.
        reason: One sentence, empty when there is nothing to add.
        notes: What the user has to know or do besides, one sentence each.
    """

    editor: str
    folder: Path | None
    status: Status
    version: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "editor": self.editor,
            "folder": None if self.folder is None else str(self.folder),
            "status": self.status,
            "version": self.version,
            "reason": self.reason,
            "notes": list(self.notes),
        }


class PlugIn(ABC):
    """One editor's plug-in; the functions of the package call it for each folder.

    All but `folders` get one configuration folder, or None when the editor has none here.
    """

    editor: ClassVar[str]

    @abstractmethod
    def folders(self, named: Path | None) -> list[Path]:
        """Return the editor's configuration folders: the one that is named, or all usual ones.

        Raises:
            SidelightError: The one that is named does not exist.
        """

    @abstractmethod
    def inspect(self, config: Path | None) -> Outcome:
        """Return how the plug-in stands there; nothing is changed."""

    @abstractmethod
    def install(self, config: Path | None) -> Outcome:
        """Install it, or bring it up to date; a second time nothing is changed.

        Raises:
            SidelightError: It cannot be installed there; says why.
            SidecarError: A file in the way is a link, or no file.
            OSError: The file system refuses.
        """

    @abstractmethod
    def uninstall(self, config: Path | None) -> Outcome:
        """Take out what `install` brought, and nothing else; raises what `install` does."""
