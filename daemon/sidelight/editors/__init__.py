"""Editors: from a Recipe to the files a real program reads, and back.

`EDITORS` is the list; adding one is a module, a line here and a test inheriting the contract.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from sidelight.errors import EditorError

if TYPE_CHECKING:
    from sidelight.editors.base import Editor

EDITORS: dict[str, str] = {
    "lightroom": "sidelight.editors.lightroom:Lightroom",
    "darktable": "sidelight.editors.darktable.editor:Darktable",
    "cube": "sidelight.editors.cube:Cube",
}


def load_editor(name: str) -> Editor:
    """Return the editor called `name`.

    Raises:
        EditorError: There is none of that name.
    """
    try:
        module, _, attribute = EDITORS[name].partition(":")
    except KeyError:
        known = ", ".join(EDITORS)
        raise EditorError(f"there is no editor called {name!r}; there are {known}") from None
    return cast("Editor", getattr(import_module(module), attribute)())
