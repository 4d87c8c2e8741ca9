"""Routes: one file for each noun, and its name in this list."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidelight.service.operation import Operation

ROUTES = (
    "hello",
    "access",
    "predict",
    "jobs",
    "events",
    "roots",
    "undo",
    "catalogs",
    "recipes",
    "status",
    "token",
    "openapi",
)
"""Modules of this package; each declares `OPERATIONS`."""


@cache
def load_operations() -> tuple[Operation, ...]:
    """Return every operation of every route, in the order of the list."""
    modules = (import_module(f"{__name__}.{name}") for name in ROUTES)
    return tuple(operation for module in modules for operation in module.OPERATIONS)
