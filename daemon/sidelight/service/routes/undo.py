"""Sidecars back to what they were."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import UNSET

from sidelight.errors import SidelightError
from sidelight.service.core import Core
from sidelight.service.display import shown
from sidelight.service.named_photos import find_named
from sidelight.service.operation import Answer, Call, Operation
from sidelight.service.problem import ProblemError
from sidelight.service.schema import UndoBody, UndoneAnswer, UndoneList

if TYPE_CHECKING:
    from sidelight.workflows.undo import Undone


async def undo(core: Core, call: Call) -> Answer:
    """Put sidecars back; what still waits of the same photos or batch is dropped too."""
    body: UndoBody = call.body
    if (body.photos is not UNSET) + (body.batch is not UNSET) + body.last != 1:
        raise ProblemError("bad_request", "give one of photos, batch and last")
    if body.photos is not UNSET:
        photos = [photo.path for photo in await find_named(core, body.photos)]
        await core.threads.in_store(_forget_photos, core, photos)
        undone = await core.threads.in_writer(_undo_photos, core, photos)
    else:
        batch = await core.threads.in_writer(_last_batch, core) if body.last else body.batch
        undone = [] if batch is None or batch is UNSET else await _take_back(core, batch)
    return Answer(UndoneList(undone))


async def _take_back(core: Core, batch: str) -> list[UndoneAnswer]:
    """Undo a batch; what of it is not done yet must not be written afterwards."""
    await core.cancel(batch=batch)
    await core.threads.in_store(core.waiting.remove_batch, batch)
    return await core.threads.in_writer(_undo_batch, core, batch)


def _forget_photos(core: Core, photos: list[Path]) -> None:
    with core.database.write():
        for photo in photos:
            for recipe in core.waiting.list(photo=photo):
                core.waiting.take(recipe.id)


def _undo_photos(core: Core, photos: list[Path]) -> list[UndoneAnswer]:
    from sidelight.workflows.undo import undo_photos

    return _told(undo_photos(photos, core.first_versions))


def _undo_batch(core: Core, batch: str) -> list[UndoneAnswer]:
    from sidelight.workflows.undo import undo_batch

    return _told(undo_batch(batch, core.first_versions))


def _last_batch(core: Core) -> str | None:
    from sidelight.workflows.undo import last_batch

    try:
        return last_batch(core.first_versions)
    except SidelightError as error:
        raise ProblemError("unavailable", str(error)) from error


def _told(undone: Iterable[Undone]) -> list[UndoneAnswer]:
    try:
        return [
            UndoneAnswer(shown(each.sidecar), each.status, shown(each.reason)) for each in undone
        ]
    except SidelightError as error:
        raise ProblemError("unavailable", str(error)) from error


OPERATIONS = (
    Operation(
        "POST",
        "/v1/undo",
        undo,
        "Put sidecars back as they were",
        {200: UndoneList},
        body=UndoBody,
        errors=("photo_path", "no_such_photo"),
    ),
)
