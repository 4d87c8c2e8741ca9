"""Prediction → sidecars: the half of the line that writes; nothing here decodes a photo."""

from __future__ import annotations

import errno
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sidelight.editors import load_editor
from sidelight.editors.base import KEPT, Editor, Order, Outcome, Store
from sidelight.errors import SidelightError
from sidelight.recipe import PhotoInfo
from sidelight.workflows.anchored import writable
from sidelight.workflows.predict import Settings, predicted_info, predicted_recipe
from sidelight.workflows.result import Result, Status, joined, sentence
from sidelight_xmp.errors import ConflictError, NotWritableError, WriteError

NO_WAITING: Mapping[str, str] = {}

_LASTING = frozenset((errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.ELOOP, errno.ENOTDIR))
"""The file system cannot have such a name, or the way there leads over a link."""


@dataclass(frozen=True)
class Delivery:
    """How sidecars are written.

    Attributes:
        first_versions: Keeps sidecars as they were.
        batch: Name under which one undo finds everything that was asked together.
        overwrite: Replace edits that are not ours.
        dry_run: Write no sidecar.
        may_wait: A recipe whose sidecar cannot be written, because its folder is read-only,
            waits for a plug-in; else that is an error.
        inside: A folder that the sidecars must lie in when they are written, reached without a
            link.
        duplicate: darktable also gets the HDR twin, as a duplicate of the photo.
    """

    first_versions: Store
    batch: str
    overwrite: bool = False
    dry_run: bool = False
    may_wait: bool = False
    inside: Path | None = None
    duplicate: bool = False


def edits_in_place(photo: Path, settings: Settings, delivery: Delivery) -> dict[str, Result]:
    """Return what can be said without the pixels, for the editors where that is all.

    An edit to keep, no sidecar for this kind of photo, or a sidecar to leave alone.
    """
    found = ((name, _in_place(photo, name, delivery)) for name in settings.editors)
    return {name: result for name, result in found if result is not None}


def _in_place(photo: Path, name: str, delivery: Delivery) -> Result | None:
    editor = load_editor(name)
    sidecar = None
    try:
        with writable(photo, delivery.inside) as held:
            place = editor.place(held)
            if place.sidecar is None:
                return Result(photo, name, "skipped", place.reason)
            sidecar = _beside(photo, place.sidecar)
            edit = editor.edit(held, delivery.first_versions)
    except (SidelightError, OSError) as error:
        return Result(photo, name, "error", sentence(error), sidecar, retry=_may_pass(error))
    if edit.state == "theirs" and not delivery.overwrite:
        return Result(photo, name, "kept", KEPT, sidecar)
    return None


def deliver(
    photo: Path,
    predicted: Mapping[str, Any],
    settings: Settings,
    delivery: Delivery,
    *,
    held: Mapping[str, str] = NO_WAITING,
) -> list[Result]:
    """Write the sidecars of a prediction, one result for each editor, in their order.

    Args:
        photo: The file; that of the prediction, or another one of the same content.
        predicted: From `predict_photo`.
        settings: Those of the prediction, or some of its editors.
        delivery: How.
        held: Editors whose catalog holds the photo, with a sentence: their recipes wait.

    Raises:
        SidelightError: The prediction cannot be read.
    """
    info = predicted_info(predicted, photo)
    results = []
    for name in settings.editors:
        entry = predicted["editors"].get(name) or {"error": "nothing was predicted for it"}
        results.append(_deliver(info, name, entry, delivery, held.get(name)))
    return results


def _deliver(
    info: PhotoInfo, name: str, entry: Mapping[str, Any], delivery: Delivery, held: str | None
) -> Result:
    """Write one editor's sidecar; any error becomes its result."""
    started = time.perf_counter()
    if "error" in entry:
        return Result(info.path, name, "error", entry["error"])
    if held is not None:
        return _result(info.path, name, entry, "waiting", held)
    try:
        outcome = _write(info, load_editor(name), entry, delivery)
    except Exception as error:  # the other editor's sidecar is written all the same
        waits = delivery.may_wait and _is_read_only(error)
        return _result(
            info.path,
            name,
            entry if waits else {},
            "waiting" if waits else "error",
            sentence(error),
            seconds=time.perf_counter() - started,
            retry=not waits and _may_pass(error),
        )
    result = _result(
        info.path,
        name,
        entry,
        outcome.status,
        joined(outcome.reason, *entry["notes"]),
        outcome.sidecar,
        time.perf_counter() - started,
    )
    return replace(result, duplicate=outcome.duplicate)


def _write(
    info: PhotoInfo, editor: Editor, entry: Mapping[str, Any], delivery: Delivery
) -> Outcome:
    order = Order(
        first_versions=delivery.first_versions,
        batch=delivery.batch,
        overwrite=delivery.overwrite,
        dry_run=delivery.dry_run,
        mask_exposure_ev=float(entry["mask_exposure_ev"]),
        duplicate=delivery.duplicate,
    )
    recipe = predicted_recipe(entry)
    with writable(info.path, delivery.inside) as held:
        outcome = editor.write(replace(info, path=held), recipe, order)
    named = (outcome.sidecar, outcome.duplicate)
    own, twin = (None if path is None else _beside(info.path, path) for path in named)
    return replace(outcome, sidecar=own, duplicate=twin)


def _result(
    photo: Path,
    editor: str,
    entry: Mapping[str, Any],
    status: Status,
    reason: str,
    sidecar: Path | None = None,
    seconds: float = 0.0,
    retry: bool = False,
) -> Result:
    return Result(
        photo,
        editor,
        status,
        reason,
        sidecar,
        recipe=entry.get("recipe"),
        reasons=tuple(entry.get("reasons", ())),
        confidence=entry.get("confidence"),
        seconds=entry.get("seconds", 0.0) + seconds,
        retry=retry,
    )


def _beside(photo: Path, sidecar: Path) -> Path:
    """Return a sidecar as the photo is named, though it was reached through a held folder."""
    return photo.with_name(sidecar.name)


def _is_read_only(error: Exception) -> bool:
    """Whether the folder is there but cannot be written to."""
    causes = _causes(error)
    gone = any(isinstance(cause, FileNotFoundError | NotADirectoryError) for cause in causes)
    return not gone and any(isinstance(cause, NotWritableError) for cause in causes)


def _may_pass(error: Exception) -> bool:
    """Whether the same may go well later: the disk was full, a drive away, a program busy."""
    causes = _causes(error)
    if _is_read_only(error) or any(getattr(cause, "errno", None) in _LASTING for cause in causes):
        return False
    return any(isinstance(cause, WriteError | ConflictError | OSError) for cause in causes)


def _causes(error: BaseException | None) -> list[BaseException]:
    causes = []
    while error is not None and error not in causes:
        causes.append(error)
        error = error.__cause__
    return causes
