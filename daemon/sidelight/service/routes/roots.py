"""Watched folders and catalogs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import UNSET, UnsetType

from sidelight.errors import RootError
from sidelight.jobs.model import OPEN_STATES
from sidelight.service.core import Core
from sidelight.service.display import shown
from sidelight.service.operation import Answer, Call, Operation
from sidelight.service.photo_paths import is_plain_path
from sidelight.service.problem import ProblemError
from sidelight.service.routes.predict import wishes
from sidelight.service.schema import RootAnswer, RootBody, RootList, RootPatch
from sidelight.state.roots import Root, RootKind

PAGE = 1000
"""Jobs canceled at a time."""


async def list_roots(core: Core, call: Call) -> Answer:
    """Show all roots."""
    roots = await core.threads.in_store(core.roots.list)
    return Answer(RootList([to_answer(root) for root in roots]))


async def show(core: Core, call: Call) -> Answer:
    """Show one root."""
    return Answer(to_answer(await core.threads.in_store(core.roots.get, call.id)))


async def add(core: Core, call: Call) -> Answer:
    """Watch a place from now on, or with `existing` also what is there."""
    body: RootBody = call.body
    chosen = wishes(core, body)
    if not is_plain_path(str(Path(body.path))):
        raise ProblemError("photo_path", "name a folder or catalog by its full path")
    path, kind = await core.threads.in_files(_check_place, body.path)
    root = await core.threads.in_store(partial(core.roots.add, path, kind, **chosen))
    try:
        photos = await core.watcher.added(root, existing=body.existing)
    except BaseException:
        await core.watcher.removed(root)
        await core.threads.in_store(core.roots.remove, root.id)
        raise
    return Answer(to_answer(root, photos), 201)


async def change(core: Core, call: Call) -> Answer:
    """Pause or resume a root, or give its next photos other settings."""
    body: RootPatch = call.body
    asked = body.chosen()
    root = await core.threads.in_store(_change, core, call.id, asked, body.paused)
    await core.watcher.changed(root)
    core.wake()
    return Answer(to_answer(root))


async def remove(core: Core, call: Call) -> Answer:
    """Watch a place no more; its open jobs are canceled, its sidecars stay."""
    root = await core.threads.in_store(core.roots.get, call.id)
    await core.watcher.removed(root)
    for state in OPEN_STATES:
        while jobs := await core.threads.in_store(
            partial(core.jobs.list, state=state, root=root.id, limit=PAGE)
        ):
            await core.cancel(ids=[job.id for job in jobs])
    await core.threads.in_store(core.roots.remove, root.id)
    return Answer()


def to_answer(root: Root, photos: int | UnsetType = UNSET) -> RootAnswer:
    """Return what clients see of a root."""
    return RootAnswer(
        id=root.id,
        path=shown(root.path),
        kind=root.kind,
        editors=list(root.editors),
        engine=root.engine,
        headroom=root.headroom,
        strength=root.strength,
        state=root.state,
        reason=shown(root.reason),
        added=root.added,
        photos=photos,
    )


def _check_place(text: str) -> tuple[Path, RootKind]:
    from sidelight.workflows.watch import check_place

    path = Path(text)
    try:
        path.stat()
        return path, check_place(path)
    except RootError as error:
        raise ProblemError("unusable_place", str(error).replace(str(path), "this place")) from error
    except OSError as error:
        raise ProblemError("unusable_place", "there is no such folder or catalog") from error


def _change(core: Core, id: int, asked: dict[str, Any], paused: bool | UnsetType) -> Root:
    from sidelight.workflows.predict import Settings

    with core.database.write():
        root = core.roots.get(id)
        if asked:
            # What is left out stays; together they must make sense.
            kept = {name: getattr(root, name) for name in ("editors", "engine")}
            Settings.from_json({**kept, **asked})
            root = core.roots.update(id, **asked)
        if paused is not UNSET and paused != (root.state == "paused"):
            root = core.roots.set_state(id, "paused" if paused else "watching")
    return replace(root)


_ONE = "/v1/roots/{id}"

OPERATIONS = (
    Operation("GET", "/v1/roots", list_roots, "List watched places", {200: RootList}),
    Operation(
        "POST",
        "/v1/roots",
        add,
        "Watch a folder or catalog",
        {201: RootAnswer},
        body=RootBody,
        errors=("photo_path", "conflict", "unusable_place"),
    ),
    Operation("GET", _ONE, show, "Show a watched place", {200: RootAnswer}, errors=("not_found",)),
    Operation(
        "PATCH",
        _ONE,
        change,
        "Pause, resume or change a watched place",
        {200: RootAnswer},
        body=RootPatch,
        errors=("not_found",),
    ),
    Operation("DELETE", _ONE, remove, "Watch a place no more", {204: None}, errors=("not_found",)),
)
