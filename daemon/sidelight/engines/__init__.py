"""Engines: what produces a Recipe for a photo."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sidelight.errors import RecipeError

if TYPE_CHECKING:
    from sidelight.engines.base import Engine

ENGINES: dict[str, str] = {
    "auto": "sidelight.engines.auto:AutoEngine",
    "camera": "sidelight.engines.camera:CameraEngine",
}
"""Engine name to "module:Class"."""


def load_engine(name: str) -> Engine:
    """Return the engine of that name.

    Raises:
        RecipeError: There is none.
    """
    if name not in ENGINES:
        raise RecipeError(f"no engine is called {name!r}; there are: {', '.join(ENGINES)}")
    module, attribute = ENGINES[name].split(":")
    return getattr(import_module(module), attribute)()
