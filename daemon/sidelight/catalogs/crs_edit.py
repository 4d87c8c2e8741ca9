"""Whether develop settings, as Lightroom's catalog spells them, are somebody's work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LOCAL = (
    "MaskGroupBasedCorrections",
    "GradientBasedCorrections",
    "CircularGradientBasedCorrections",
    "PaintBasedCorrections",
)


def is_edit(settings: Mapping[str, Any]) -> bool:
    """Whether tone or color differ from what Lightroom gives every photo.

    Args:
        settings: As `parse_lua_table` returns them.
    """
    from sidelight_xmp.crs.fields import FIELDS, LEGACY_FIELDS, Kind
    from sidelight_xmp.crs.settings import has_edit

    if any(settings.get(name) for name in _LOCAL):
        return True
    typed: dict[str, Any] = {}
    for name, field in (FIELDS | LEGACY_FIELDS).items():
        value = settings.get(name)
        if field.kind is Kind.CURVE:
            points = _points(value)
            if points:
                typed[name] = points
        elif isinstance(value, str if field.kind is Kind.TEXT else bool | int | float):
            typed[name] = value
    return has_edit(typed)


def _points(value: Any) -> tuple[tuple[Any, Any], ...]:
    """Return a curve as pairs: the catalog lists it as x, y, x, y."""
    if not isinstance(value, list) or len(value) % 2:
        return ()
    return tuple(zip(value[::2], value[1::2], strict=True))
