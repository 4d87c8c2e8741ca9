"""What an editor's script asks the helper program for: one file an action, the ACTIONS table."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidelight.service.plugin.conversation import Conversation

ACTIONS: dict[str, str] = {
    "auto": "sidelight.service.plugin.auto:run",
    "undo": "sidelight.service.plugin.undo:run",
}


def load_action(name: str) -> Callable[[Conversation], None]:
    """Return what does an action. Raises KeyError for an unknown one."""
    module, _, attribute = ACTIONS[name].partition(":")
    return cast("Callable[[Conversation], None]", getattr(import_module(module), attribute))
