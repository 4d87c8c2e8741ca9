"""Photo → Image → Recipe → sidecar, in one straight line."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidelight.editors import load_editor
from sidelight.errors import SidelightError
from sidelight.workflows.deliver import Delivery, deliver, edits_in_place
from sidelight.workflows.photos import Photo
from sidelight.workflows.pool import in_processes, sensible_workers
from sidelight.workflows.predict import Settings, predict_image, predicted_recipe, read_image
from sidelight.workflows.preview import preview_stems, write_previews
from sidelight.workflows.result import Result, Status, joined, sentence
from sidelight.workflows.styles import write_style
from sidelight_xmp.first_versions import opened

if TYPE_CHECKING:
    from sidelight.imaging.image import Image

STYLES_OF = "darktable"
"""The editor that takes styles."""


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
        duplicate: darktable also gets the HDR twin, as a duplicate of the photo.
        dtstyle: Folder for the HDR twins as darktable's styles, or None.
        series: Photos of one series are edited alike.
        anchors: Photos that rule their series; their own edits stay.
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
    duplicate: bool = False
    dtstyle: Path | None = None
    series: bool = False
    anchors: tuple[Path, ...] = ()

    @property
    def settings(self) -> Settings:
        """What is predicted."""
        return Settings(self.editors, self.engine, self.headroom, self.strength)

    @property
    def delivery(self) -> Delivery:
        """How it is written."""
        return Delivery(
            self.first_versions,
            self.batch,
            self.overwrite,
            self.dry_run,
            duplicate=self.duplicate,
        )


def new_batch() -> str:
    """Return a name for one command: its time and a random part, so that names sort by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}"


def develop(
    photos: Sequence[Photo],
    options: Options,
    workers: int = 0,
    predicted: Callable[[Path], None] = lambda photo: None,
) -> Iterator[list[Result]]:
    """Develop photos, one list of results for each, in their order.

    Args:
        photos: From `find_photos`.
        options: How.
        workers: Processes at once; 0 chooses. One works in this process; with more, a photo
            that crashes or hangs its process fails alone.
        predicted: Called with each photo as it is predicted, where all are predicted before the
            first is written.
    """
    wanted = [photo.path for photo in photos if not photo.reason]
    stems = preview_stems(wanted)
    count = min(workers, len(wanted)) if workers else sensible_workers(len(wanted))
    calls = [(path, options, stems[path]) for path in wanted]
    if options.series and len(wanted) > 1:
        from sidelight.workflows.develop_series import develop_series

        done = develop_series(calls, count, predicted)
    elif count > 1:
        answers = in_processes(_in_process, calls, count, failed)
        done = (list(map(Result.from_plain, answer)) for answer in answers)
    else:
        done = (develop_photo(*call) for call in calls)
    for photo in photos:
        yield _refused(photo, options) if photo.reason else next(done)


def develop_photo(photo: Path, options: Options, stem: str | None = None) -> list[Result]:
    """Develop one photo for each editor asked for; an error becomes a result.

    Args:
        photo: The file.
        options: How.
        stem: Beginning of the names of previews and styles; the photo's own when None.
    """
    with opened(options.first_versions) as store:
        return _develop(photo, options, replace(options.delivery, first_versions=store), stem)


def _develop(photo: Path, options: Options, delivery: Delivery, stem: str | None) -> list[Result]:
    settings = options.settings
    results = edits_in_place(photo, settings, delivery)
    waiting = tuple(name for name in settings.editors if name not in results)
    if not (waiting or options.preview or options.dtstyle):
        return [results[name] for name in settings.editors]
    started = time.perf_counter()
    try:
        image = read_image(photo)
    except Exception as error:  # one photo's failure, foreseen or not, ends that photo only
        results |= {
            name: _error(photo, name, error, started) for name in waiting or settings.editors
        }
        return [results[name] for name in settings.editors]
    predicted: dict[str, Any] = {"editors": {}}
    if waiting:
        predicted = predict_image(image, replace(settings, editors=waiting), started)
    return write_predicted(photo, options, delivery, stem, results, predicted, lambda: image)


def write_predicted(
    photo: Path,
    options: Options,
    delivery: Delivery,
    stem: str | None,
    results: Mapping[str, Result],
    predicted: dict[str, Any],
    load: Callable[[], Image],
) -> list[Result]:
    """Write a prediction's sidecars and what goes with them; return all results in order.

    Args:
        photo: The file.
        options: How.
        delivery: How sidecars are written.
        stem: As for `develop_photo`.
        results: What is known already, by editor; the other editors are written.
        predicted: Answer of `predict_image` for these; `editors` may be empty.
        load: Returns the photo's pixels, for previews.
    """
    settings = options.settings
    results = dict(results)
    waiting = tuple(name for name in settings.editors if name not in results)
    if waiting:
        wanted = replace(settings, editors=waiting)
        results |= {item.editor: item for item in deliver(photo, predicted, wanted, delivery)}
    stem = stem or photo.stem
    if options.preview:
        first = settings.editors[0]
        preview = partial(_preview, load, options, first, stem)
        entry = partial(_entry, load, settings, predicted, first)
        results[first] = _with_extra(results[first], "preview", entry, preview)
    if options.dtstyle:
        style = partial(_style, photo, options, stem)
        entry = partial(_entry, load, settings, predicted, STYLES_OF)
        results[STYLES_OF] = _with_extra(results[STYLES_OF], "style", entry, style)
    return [results[name] for name in settings.editors]


def _entry(
    load: Callable[[], Image], settings: Settings, predicted: dict[str, Any], editor: str
) -> Mapping[str, Any]:
    """Return an editor's entry of a prediction, predicting it where it was not needed so far."""
    if editor not in predicted["editors"]:
        wanted = replace(settings, editors=(editor,))
        predicted["editors"] |= predict_image(load(), wanted)["editors"]
    entry: Mapping[str, Any] = predicted["editors"][editor]
    return entry


def _with_extra(
    result: Result,
    what: str,
    find: Callable[[], Mapping[str, Any]],
    write: Callable[[Mapping[str, Any]], str],
) -> Result:
    """Write something beside an edit; trouble is added to its result."""
    try:
        entry = find()
        if "error" in entry:
            raise SidelightError(entry["error"])
        note = write(entry)
    except Exception as error:  # the sidecar stands, whatever happens to what goes with it
        reason = joined(result.reason, f"no {what}: {sentence(error)}")
        return replace(result, status="error", reason=reason)
    return replace(result, reason=joined(result.reason, note)) if note else result


def _preview(
    load: Callable[[], Image], options: Options, editor: str, stem: str, entry: Mapping[str, Any]
) -> str:
    assert options.preview is not None
    recipe = predicted_recipe(entry)
    left = write_previews(
        load(), editor, recipe, options.preview, stem, overwrite=options.overwrite
    )
    names = ", ".join(path.name for path in left)
    return f"{names} exists; --overwrite replaces it" if names else ""


def _style(photo: Path, options: Options, stem: str, entry: Mapping[str, Any]) -> str:
    assert options.dtstyle is not None
    return write_style(
        photo,
        load_editor(STYLES_OF),
        entry["terms"],
        options.dtstyle,
        stem,
        overwrite=options.overwrite,
    )


def _error(photo: Path, editor: str, error: Exception, started: float) -> Result:
    return Result(photo, editor, "error", sentence(error), seconds=time.perf_counter() - started)


def _in_process(photo: Path, options: Options, stem: str) -> list[dict[str, Any]]:
    return [result.to_plain() for result in develop_photo(photo, options, stem)]


def failed(call: tuple[Path, Options, str], reason: str) -> list[dict[str, Any]]:
    """Return the plain results of a photo whose process died, hung or raised."""
    photo, options, _ = call
    return [Result(photo, name, "error", reason).to_plain() for name in options.editors]


def _refused(photo: Photo, options: Options) -> list[Result]:
    status: Status = "error" if photo.failed else "skipped"
    return [Result(photo.path, name, status, photo.reason) for name in options.editors]
