"""Develop settings without what says nothing: empty lists, and painted masks of many kilobytes."""

from __future__ import annotations

from typing import Any

MOST_CHARACTERS = 8192
"""How long one setting may be as text; brush strokes are longer, a curve never is."""


def compact(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings without empty values and without any that is very long."""
    return {name: value for name, value in settings.items() if _is_telling(value)}


def _is_telling(value: Any) -> bool:
    if value is None or value in ("", [], {}):
        return False
    return isinstance(value, bool | int | float) or len(repr(value)) <= MOST_CHARACTERS
