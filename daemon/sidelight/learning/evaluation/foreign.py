"""What other programs made: their sidecars, rendered, and their finished pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sidelight.errors import SidelightError
from sidelight.imaging import read_photo
from sidelight.learning.evaluation.methods import Answer, Rendition, Subject
from sidelight.learning.evaluation.references import find_render
from sidelight.learning.evaluation.rendering import (
    PROXY_PX,
    render_recipe,
    render_sidecars,
)
from sidelight.learning.evaluation.sidecars import SidecarEdit, find_sidecar, read_edit


class Sidecars:
    """A folder of sidecars, of any program that writes Lightroom's or darktable's.

    Raises:
        SidelightError: There is no such folder.
    """

    learns = False

    def __init__(self, folder: Path, editor: str) -> None:
        _check(folder)
        self.name = f"xmp:{folder.name}"
        self.label = f"{folder.name} (XMP)"
        self.sentence = (
            f"The sidecars in {folder.name}: those of darktable rendered by darktable-cli, those "
            "of Lightroom by Sidelight's emulation of Lightroom, which is not calibrated."
        )
        self._folder, self._editor = folder, editor

    def render(self, subjects: Sequence[Subject]) -> list[Answer]:
        """Return what each photo's sidecar makes of it."""
        answers: list[Answer] = [""] * len(subjects)
        waiting: list[tuple[int, SidecarEdit]] = []
        for index, subject in enumerate(subjects):
            try:
                edit = self._edit(subject)
                if edit.editor == "darktable":
                    waiting.append((index, edit))
                else:
                    answers[index] = _emulated(subject, edit, self._own(edit))
            except SidelightError as error:
                answers[index] = str(error)
        renders = render_sidecars([(subjects[i].case.photo, edit.data) for i, edit in waiting])
        for (index, edit), found in zip(waiting, renders, strict=True):
            if isinstance(found, str):
                answers[index] = found
                continue
            note = f"darktable: {found[1][0]}" if found[1] else ""
            recipe = edit.recipe if self._own(edit) else None
            answers[index] = Rendition(found[0], recipe=recipe, note=note)
        return answers

    def _edit(self, subject: Subject) -> SidecarEdit:
        found = find_sidecar(subject.case.photo, self._folder, self._editor)
        if found is None:
            raise SidelightError(f"{self._folder.name} holds no edited sidecar of it")
        return read_edit(found[1], found[0], subject.image.info)

    def _own(self, edit: SidecarEdit) -> bool:
        """Whether its Recipe is the whole edit, in terms of the run's editor."""
        return edit.editor == self._editor and not edit.unread


def _emulated(subject: Subject, edit: SidecarEdit, own: bool) -> Rendition:
    hdr = None
    if subject.wants_hdr and edit.recipe.hdr.enabled:
        hdr = render_recipe("lightroom", subject.image, edit.recipe, subject.headroom)
    return Rendition(
        render_recipe("lightroom", subject.image, edit.recipe),
        hdr,
        edit.recipe if own else None,
        f"not rendered: {', '.join(edit.unread)}" if edit.unread else "",
    )


class Renders:
    """A folder of finished pictures, named as the photos.

    Raises:
        SidelightError: There is no such folder.
    """

    learns = False

    def __init__(self, folder: Path, editor: str) -> None:
        _check(folder)
        self.name = f"renders:{folder.name}"
        self.label = f"{folder.name} (renders)"
        self.sentence = f"The finished SDR pictures (JPEG, TIFF, PNG) in {folder.name}."
        self._folder = folder

    def render(self, subjects: Sequence[Subject]) -> list[Answer]:
        """Return the picture of each photo."""
        return [self._read(subject.case.photo) for subject in subjects]

    def _read(self, photo: Path) -> Answer:
        path = find_render(photo, self._folder)
        if path is None:
            return f"{self._folder.name} holds no picture of it"
        try:
            return Rendition(read_photo(path, PROXY_PX).rgb)
        except SidelightError as error:
            return str(error)


def _check(folder: Path) -> None:
    if not folder.is_dir():
        raise SidelightError(f"there is no folder {folder}")
