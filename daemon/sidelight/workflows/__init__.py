"""Straight lines through the rest: one file each.

`HANDLERS` is the list of what the queue may hold; adding a kind of job is a module and a line here.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from sidelight.errors import SidelightError

if TYPE_CHECKING:
    from sidelight.workflows.develop_job import Handler

HANDLERS: dict[str, str] = {
    "develop": "sidelight.workflows.develop_job:DevelopJob",
}
"""Kind of job to "module:Class"."""


@cache
def load_handler(kind: str) -> Handler:
    """Return the handler of a kind of job, always the same one.

    Raises:
        SidelightError: There is none.
    """
    if kind not in HANDLERS:
        raise SidelightError(f"no job is called {kind!r}; there are: {', '.join(HANDLERS)}")
    module, _, name = HANDLERS[kind].partition(":")
    return cast("Handler", getattr(import_module(module), name)())
