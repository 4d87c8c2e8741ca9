"""The list of what the queue may hold."""

from __future__ import annotations

from importlib import import_module

import pytest

from sidelight.errors import SidelightError
from sidelight.workflows import HANDLERS, load_handler


def test_every_handler_loads_and_its_work_is_importable() -> None:
    for kind in HANDLERS:
        handler = load_handler(kind)
        assert load_handler(kind) is handler
        module, _, name = handler.work.partition(":")
        assert callable(getattr(import_module(module), name))
        assert callable(handler.key) and callable(handler.before) and callable(handler.finish)


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(SidelightError, match="develop"):
        load_handler("paint")
