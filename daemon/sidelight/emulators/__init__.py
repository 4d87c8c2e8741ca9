"""Emulators: what an editor makes of a photo and a Recipe."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sidelight.errors import EditorError

if TYPE_CHECKING:
    from sidelight.emulators.base import Emulator

EMULATORS: dict[str, str] = {
    "lightroom": "sidelight.emulators.lightroom:users_emulator",
    "darktable": "sidelight.emulators.darktable:DarktableEmulator",
}
"""Editor name to "module:Class", or a function that makes one."""


def load_emulator(editor: str) -> Emulator:
    """Return the emulator of an editor.

    Raises:
        EditorError: There is no emulator of that name.
    """
    if editor not in EMULATORS:
        raise EditorError(f"no emulator for {editor!r}; there are {', '.join(EMULATORS)}")
    module, name = EMULATORS[editor].split(":")
    return getattr(import_module(module), name)()
