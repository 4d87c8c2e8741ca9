"""Catalogs of Lightroom and darktable that are watched."""

from __future__ import annotations

from sidelight.service.core import Core
from sidelight.service.display import shown
from sidelight.service.operation import Answer, Call, Operation
from sidelight.service.problem import ProblemError
from sidelight.service.schema import CatalogAnswer, CatalogList
from sidelight.state.roots import Root


async def list_catalogs(core: Core, call: Call) -> Answer:
    """Show all catalogs."""
    roots = await core.threads.in_store(core.roots.list)
    return Answer(CatalogList([await _told(core, r) for r in roots if r.kind != "folder"]))


async def show(core: Core, call: Call) -> Answer:
    """Show one catalog."""
    root = await core.threads.in_store(core.roots.get, call.id)
    if root.kind == "folder":
        raise ProblemError("not_found", "this watched place is a folder, not a catalog")
    return Answer(await _told(core, root))


async def _told(core: Core, root: Root) -> CatalogAnswer:
    assert root.kind != "folder"
    content = core.holders.content(root.id)
    return CatalogAnswer(
        id=root.id,
        path=shown(root.path),
        kind=root.kind,
        state=root.state,
        reason=shown(root.reason),
        photos=content.photos,
        edited=content.edited,
        examples=await core.threads.in_store(core.examples.count, root.path),
    )


OPERATIONS = (
    Operation("GET", "/v1/catalogs", list_catalogs, "List watched catalogs", {200: CatalogList}),
    Operation(
        "GET",
        "/v1/catalogs/{id}",
        show,
        "Show a watched catalog",
        {200: CatalogAnswer},
        errors=("not_found",),
    ),
)
