"""Photo → Image → Recipe → sidecar, in one straight line."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sidelight.editors import load_editor
from sidelight.editors.base import KEPT, Order
from sidelight.errors import SidelightError
from sidelight.workflows.photos import Photo
from sidelight.workflows.pool import in_processes, sensible_workers
from sidelight.workflows.preview import preview_stems, write_previews
from sidelight.workflows.result import Result, Status, sentence

if TYPE_CHECKING:
    from sidelight.editors.base import Editor
    from sidelight.engines.base import Prediction, Reason
    from sidelight.imaging.image import Image
    from sidelight.recipe import Recipe

PROXY_PX = 1024
"""Long edge of the pixels that engines and emulators see."""


@dataclass(frozen=True)
class Options:
    """How photos are developed.

    Attributes:
        editors: Names of the editors that get a sidecar.
        engine: Name of what predicts.
        headroom: Stops above SDR white, 0 to 4.
        strength: 0 to 1.
        overwrite: Replace edits that are not ours.
        dry_run: Predict, write no sidecar.
        preview: Folder for preview pictures, or None.
        first_versions: Folder that keeps sidecars as they were.
        batch: Name under which one undo finds everything of this command.
    """

    editors: tuple[str, ...]
    first_versions: Path
    batch: str
    engine: str = "auto"
    headroom: float = 2.3
    strength: float = 1.0
    overwrite: bool = False
    dry_run: bool = False
    preview: Path | None = None


def new_batch() -> str:
    """Return a name for one command: its time and a random part, so that names sort by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}"


def develop(photos: Sequence[Photo], options: Options, workers: int = 0) -> Iterator[list[Result]]:
    """Develop photos, one list of results for each, in their order.

    Args:
        photos: From `find_photos`.
        options: How.
        workers: Processes at once; 0 chooses. One works in this process; with more, a photo
            that crashes or hangs its process fails alone.
    """
    wanted = [photo.path for photo in photos if not photo.reason]
    stems = preview_stems(wanted)
    count = min(workers, len(wanted)) if workers else sensible_workers(len(wanted))
    calls = [(path, options, stems[path]) for path in wanted]
    if count > 1:
        done = in_processes(develop_photo, calls, count, _failed)
    else:
        done = (develop_photo(*call) for call in calls)
    for photo in photos:
        yield _refused(photo, options) if photo.reason else next(done)


def develop_photo(photo: Path, options: Options, stem: str | None = None) -> list[Result]:
    """Develop one photo for each editor asked for; an error becomes a result.

    Args:
        photo: The file.
        options: How.
        stem: Beginning of the names of preview pictures; the photo's own when None.
    """
    results: dict[str, Result] = {}
    recipes: dict[str, Recipe] = {}
    waiting: list[Editor] = []
    for name in options.editors:
        editor = load_editor(name)
        early = _before_decoding(editor, photo, options)
        if early is None:
            waiting.append(editor)
        else:
            results[name] = early
    if not (waiting or options.preview):
        return [results[name] for name in options.editors]
    started = time.perf_counter()
    try:
        image = _read(photo)
    except Exception as error:  # one photo's failure, foreseen or not, ends that photo only
        names = [editor.name for editor in waiting] or options.editors
        results |= {name: _error(photo, name, error, started) for name in names}
        return [results[name] for name in options.editors]
    for editor in waiting:
        results[editor.name] = _predict_and_write(image, editor, options, recipes, started)
        started = time.perf_counter()
    if options.preview:
        first = options.editors[0]
        results[first] = _preview(results[first], image, options, recipes, stem or photo.stem)
    return [results[name] for name in options.editors]


def _read(photo: Path) -> Image:
    from sidelight.imaging import read_photo

    return read_photo(photo, size_px=PROXY_PX)


def _before_decoding(editor: Editor, photo: Path, options: Options) -> Result | None:
    """Return what can be said without the pixels: no sidecar, an edit to keep, a damaged one."""
    sidecar = None
    try:
        place = editor.place(photo)
        if place.sidecar is None:
            return Result(photo, editor.name, "skipped", place.reason)
        sidecar = place.sidecar
        edit = editor.edit(photo, options.first_versions)
    except (SidelightError, OSError) as error:
        return Result(photo, editor.name, "error", sentence(error), sidecar)
    if edit.state == "theirs" and not options.overwrite:
        return Result(photo, editor.name, "kept", KEPT, edit.sidecar)
    return None


def _predict_and_write(
    image: Image, editor: Editor, options: Options, recipes: dict[str, Recipe], started: float
) -> Result:
    """Predict for one editor and write its sidecar; the Recipe is put into `recipes`."""
    try:
        prediction = _predict(image, editor.name, options)
        recipes[editor.name] = prediction.recipe
        order = Order(
            first_versions=options.first_versions,
            batch=options.batch,
            overwrite=options.overwrite,
            dry_run=options.dry_run,
            mask_exposure_ev=mask_exposure_ev(image, prediction.recipe, editor.name),
        )
        outcome = editor.write(image.info, prediction.recipe, order)
    except Exception as error:  # the other editor's sidecar is written all the same
        return _error(image.info.path, editor.name, error, started)
    return Result(
        photo=image.info.path,
        editor=editor.name,
        status=outcome.status,
        reason=_joined(outcome.reason, *prediction.notes),
        sidecar=outcome.sidecar,
        recipe=prediction.recipe.to_json(),
        reasons=tuple(_reason(item) for item in prediction.reasons),
        confidence=float(prediction.confidence),
        seconds=time.perf_counter() - started,
    )


def _predict(image: Image, editor: str, options: Options) -> Prediction:
    from sidelight.engines import load_engine

    engine = load_engine(options.engine)
    return engine.predict(image, editor, options.headroom, options.strength)


def _preview(
    result: Result, image: Image, options: Options, recipes: dict[str, Recipe], stem: str
) -> Result:
    """Write the previews of the first editor's edit; trouble is added to its result."""
    assert options.preview is not None
    try:
        recipe = recipes.get(result.editor)
        if recipe is None:
            recipe = _predict(image, result.editor, options).recipe
        left = write_previews(
            image, result.editor, recipe, options.preview, stem, overwrite=options.overwrite
        )
    except Exception as error:  # the sidecar stands, whatever happens to a picture of it
        reason = _joined(result.reason, f"no preview: {sentence(error)}")
        return replace(result, status="error", reason=reason)
    if not left:
        return result
    names = ", ".join(path.name for path in left)
    return replace(
        result, reason=_joined(result.reason, f"{names} exists; --overwrite replaces it")
    )


def mask_exposure_ev(image: Image, recipe: Recipe, editor: str) -> float:
    """Return the exposure of darktable's tone-equalizer mask for a photo, 0 where none is used."""
    if editor != "darktable" or not (recipe.highlights or recipe.shadows):
        return 0.0
    from sidelight.emulators import load_emulator
    from sidelight.emulators.guide import exposure_boost

    guide = load_emulator(editor).guide(image)
    return exposure_boost(guide, recipe.exposure_ev)


def _reason(reason: Reason) -> dict[str, str | float]:
    return {
        "slider": reason.slider,
        "value": float(reason.value),
        "term": reason.term,
        "text": reason.text,
    }


def _joined(*parts: str) -> str:
    return "; ".join(part.rstrip(".") for part in parts if part)


def _error(photo: Path, editor: str, error: Exception, started: float) -> Result:
    return Result(photo, editor, "error", sentence(error), seconds=time.perf_counter() - started)


def _failed(call: tuple[Path, Options, str], reason: str) -> list[Result]:
    photo, options, _ = call
    return [Result(photo, name, "error", reason) for name in options.editors]


def _refused(photo: Photo, options: Options) -> list[Result]:
    status: Status = "error" if photo.failed else "skipped"
    return [Result(photo.path, name, status, photo.reason) for name in options.editors]
