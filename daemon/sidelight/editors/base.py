"""What every editor offers: a place for a photo's edit, writing it, reading it back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from sidelight.recipe import PhotoInfo, Recipe
from sidelight_xmp.first_versions import FirstVersions

Status = Literal["written", "kept", "skipped"]
EditState = Literal["none", "ours", "theirs"]

Store: TypeAlias = Path | FirstVersions
"""Folder that keeps what sidecars held before, or the open store in it."""


@dataclass(frozen=True)
class Place:
    """Where an editor looks for the edit of one photo.

    Attributes:
        sidecar: The file, whether or not it exists; None when this editor reads none.
        reason: Why there is none, or what to know about it; may be empty.
    """

    sidecar: Path | None
    reason: str = ""


@dataclass(frozen=True)
class Edit:
    """What stands in a sidecar before anything is written.

    Attributes:
        state: `"none"`: no edit; `"ours"`: what was last written here by Sidelight, also where the
            editor has laid the file out anew since; `"theirs"`: an edit by the user or another
            program.
        sidecar: The file.
    """

    state: EditState
    sidecar: Path | None = None


@dataclass(frozen=True)
class Order:
    """How a sidecar is to be written.

    Attributes:
        first_versions: Keeps what a sidecar held before its first change.
        batch: Name under which one `undo` finds everything of one command.
        overwrite: Replace an edit that is not ours.
        dry_run: Do everything but write.
        mask_exposure_ev: darktable's tone equalizer: exposure of its mask, which depends on the
            picture rather than on the settings.
        duplicate: darktable: write the HDR twin, where there is one, as a duplicate of the photo.
    """

    first_versions: Store
    batch: str
    overwrite: bool = False
    dry_run: bool = False
    mask_exposure_ev: float = 0.0
    duplicate: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one photo in one editor.

    Attributes:
        status: `"written"` also when the sidecar already said the same.
        reason: One sentence, or empty when there is nothing to add.
        sidecar: The file, None when this editor takes none.
        duplicate: The file of the HDR twin, where one was asked for.
    """

    status: Status
    reason: str
    sidecar: Path | None
    duplicate: Path | None = None


@dataclass(frozen=True)
class Reading:
    """An edit read back.

    Attributes:
        recipe: As far as it goes.
        unread: Settings in the file that a Recipe cannot hold, by name.
    """

    recipe: Recipe
    unread: tuple[str, ...] = ()


class Editor(Protocol):
    """Reads and writes edits in one editor's own terms."""

    name: str
    label: str

    def place(self, photo: Path) -> Place:
        """Return where this editor looks for the edit of `photo`."""
        ...

    def sidecars(self, photo: Path) -> tuple[Path, ...]:
        """Return every file that an edit of `photo` may have been written to, its own first.

        Raises:
            EditorError: The folder cannot be read.
        """
        ...

    def edit(self, photo: Path, first_versions: Store) -> Edit:
        """Return what edit is there already.

        Raises:
            EditorError: The sidecar is damaged, hostile or a link.
        """
        ...

    def write(self, info: PhotoInfo, recipe: Recipe, order: Order) -> Outcome:
        """Merge a Recipe into the photo's sidecar; nothing else in it changes.

        Raises:
            EditorError: The sidecar cannot be read or written; it is then as it was.
        """
        ...

    def terms(
        self, info: PhotoInfo, recipe: Recipe, mask_exposure_ev: float = 0.0
    ) -> dict[str, Any]:
        """Return a Recipe in the editor's own words: plain JSON values for a plug-in or script.

        They say the same as the sidecar that `write` makes. Raises nothing.
        """
        ...

    def read(self, info: PhotoInfo) -> Reading:
        """Return the edit in the photo's sidecar; no sidecar or no edit is a zero Recipe.

        Raises:
            EditorError: The sidecar cannot be read.
        """
        ...


KEPT = "there is already an edit; --overwrite replaces it"
UNCHANGED = "already up to date"
DRY_RUN = "dry run: nothing written"
