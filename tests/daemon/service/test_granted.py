"""Folders that a client opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.service import granted
from sidelight.service.granted import Granted


def test_folders_are_remembered_once_the_last_one_at_the_end() -> None:
    folders = Granted()
    folders.add([Path("/a"), Path("/b")])
    folders.add([Path("/a")])
    assert folders.list() == [Path("/b"), Path("/a")]


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(granted, "MOST", 2)
    folders = Granted()
    folders.add([Path("/a"), Path("/b"), Path("/c")])
    assert folders.list() == [Path("/b"), Path("/c")]
