"""Preview pictures of an edit: the editor's default, the SDR twin and the gain-map JPEG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidelight.imaging.image import Image
    from sidelight.recipe import Recipe

SUFFIXES = ("_before.jpg", "_sdr.jpg", "_hdr.jpg")


def preview_stems(photos: Sequence[Path]) -> dict[Path, str]:
    """Return the beginning of each photo's preview names; no two photos share one."""
    stems: dict[Path, str] = {}
    taken: set[str] = set()
    for photo in photos:
        stem, number = photo.stem, 1
        while stem.casefold() in taken:
            number += 1
            stem = f"{photo.stem}-{number}"
        taken.add(stem.casefold())
        stems[photo] = stem
    return stems


def write_previews(
    image: Image, editor: str, recipe: Recipe, folder: Path, stem: str, *, overwrite: bool = False
) -> tuple[Path, ...]:
    """Write `STEM_before.jpg`, `STEM_sdr.jpg` and `STEM_hdr.jpg` into `folder`.

    Args:
        image: Scene-linear pixels.
        editor: Whose emulator renders; before is its zero Recipe.
        recipe: The edit.
        folder: Made if it is not there.
        stem: Beginning of the names.
        overwrite: Replace other files of these names.

    Returns:
        The files left alone because they exist and differ.

    Raises:
        OSError: The folder cannot be written to.
    """
    from sidelight.emulators import load_emulator
    from sidelight.emulators.base import render
    from sidelight.imaging.export import write_gain_map_jpeg, write_sdr_jpeg
    from sidelight.recipe import Recipe

    emulator = load_emulator(editor)
    guide = emulator.guide(image)
    headroom = recipe.hdr.headroom if recipe.hdr.enabled else 0.0
    before = render(emulator, image, Recipe(), 0.0, guide)
    sdr = render(emulator, image, recipe, 0.0, guide)
    hdr = render(emulator, image, recipe, headroom, guide) if headroom else sdr
    writers: tuple[Callable[[Path], None], ...] = (
        lambda path: write_sdr_jpeg(path, before),
        lambda path: write_sdr_jpeg(path, sdr),
        lambda path: write_gain_map_jpeg(path, sdr, hdr, headroom),
    )
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{stem}{suffix}" for suffix in SUFFIXES]
    done = [_put(path, write, overwrite) for path, write in zip(paths, writers, strict=True)]
    return tuple(path for path, put in zip(paths, done, strict=True) if not put)


def _put(path: Path, write: Callable[[Path], None], overwrite: bool) -> bool:
    """Write a file unless another one has its name; return whether it is there now."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        write(draft)
        if path.exists() and not overwrite:
            return path.is_file() and path.read_bytes() == draft.read_bytes()
        draft.replace(path)
        return True
    finally:
        draft.unlink(missing_ok=True)
