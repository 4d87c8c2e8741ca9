"""Edits that wait for an editor's plug-in or script to apply them."""

from __future__ import annotations

from functools import partial
from typing import Any

from msgspec import UNSET

from sidelight.service.core import Core
from sidelight.service.display import shown
from sidelight.service.named_photos import find_named
from sidelight.service.operation import Answer, Call, Operation
from sidelight.service.routes.predict import ENTRY
from sidelight.service.schema import RecipesQuery, WaitingAnswer, WaitingList
from sidelight.state.waiting import WaitingRecipe


async def list_recipes(core: Core, call: Call) -> Answer:
    """Show a page of what waits."""
    query: RecipesQuery = call.query
    chosen: dict[str, Any] = {"after": query.after, "limit": query.limit}
    if query.editor is not UNSET:
        chosen["editor"] = query.editor
    if query.photo is not UNSET:
        chosen["photo"] = (await find_named(core, [query.photo]))[0].path
    recipes = await core.threads.in_store(partial(core.waiting.list, **chosen))
    return Answer(WaitingList([_told(recipe) for recipe in recipes]))


async def remove(core: Core, call: Call) -> Answer:
    """Let a recipe wait no more: it was applied, or declined."""
    await core.threads.in_store(core.waiting.take, call.id)
    return Answer()


def _told(item: WaitingRecipe) -> WaitingAnswer:
    return WaitingAnswer(
        id=item.id,
        photo=shown(item.photo),
        editor=item.editor,
        why=shown(item.why),
        created=item.created,
        batch=item.batch,
        **{name: item.entry[name] for name in ENTRY if name in item.entry},
    )


OPERATIONS = (
    Operation(
        "GET",
        "/v1/recipes",
        list_recipes,
        "List edits that wait",
        {200: WaitingList},
        query=RecipesQuery,
        errors=("photo_path", "no_such_photo"),
    ),
    Operation(
        "DELETE",
        "/v1/recipes/{id}",
        remove,
        "Say that an edit was applied or declined",
        {204: None},
        errors=("not_found",),
    ),
)
