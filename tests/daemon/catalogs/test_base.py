"""The table of catalogs, and which kind a file is."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from sidelight.catalogs.base import CATALOGS, catalog_kind, open_catalog
from sidelight.catalogs.sqlite import Reader
from sidelight.editors import EDITORS
from sidelight.errors import CatalogError


@pytest.mark.parametrize("name", CATALOGS)
def test_every_entry_loads_and_bears_its_editors_name(name: str) -> None:
    module, _, attribute = CATALOGS[name].partition(":")
    assert getattr(import_module(module), attribute).name == name
    assert name in EDITORS


def test_kinds(tmp_path: Path, factories: ModuleType) -> None:
    lightroom = factories.make_lightroom(tmp_path / "My photos.LRCAT", [])
    darktable = factories.make_darktable(tmp_path / "library.db", [])
    assert (catalog_kind(lightroom), open_catalog(lightroom).name) == ("lightroom", "lightroom")
    assert (catalog_kind(darktable), open_catalog(darktable).name) == ("darktable", "darktable")
    assert open_catalog(tmp_path / "other.db", "darktable").name == "darktable"


def test_everything_else_is_none(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    music = tmp_path / "music" / "library.db"
    with closing(sqlite3.connect(music)) as connection:
        connection.execute("CREATE TABLE songs (id)")
    (tmp_path / "folder.lrcat").mkdir()
    (tmp_path / "library.db").write_text("no database")
    for path in (
        music,
        tmp_path,
        tmp_path / "folder.lrcat",
        tmp_path / "library.db",
        tmp_path / "gone.lrcat",
        tmp_path / "a.NEF",
    ):
        assert catalog_kind(path) is None


@pytest.mark.parametrize("seed", range(60))
def test_a_mutated_catalog_is_read_or_refused(
    tmp_path: Path, factories: ModuleType, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    if seed % 3:  # what SQLite's own check finds would never be read
        monkeypatch.setattr(Reader, "is_whole", lambda self: True)
    shots = [factories.edited(f"/p/{number}.NEF") for number in range(200)]
    make = factories.make_darktable if seed % 2 else factories.make_lightroom
    path = make(tmp_path / ("library.db" if seed % 2 else "A.lrcat"), shots)
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 5, 50])):
        at = chance.randrange(16, len(data))
        data[at : at + 4] = chance.choice([b"\xff" * 4, bytes(4), chance.randbytes(4)])
    path.write_bytes(data)
    with suppress(CatalogError), open_catalog(path).open() as catalog:
        for photo in catalog.photos():
            with suppress(CatalogError):
                catalog.settings(photo)


@pytest.mark.parametrize("module", ["sidelight.catalogs.lightroom", "sidelight.service.holders"])
def test_reading_catalogs_loads_neither_decoder_nor_learning_library(module: str) -> None:
    code = f"import {module}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"torch", "rawpy", "PIL", "rich", "numpy", "lxml"}


def test_a_name_that_is_no_catalogs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"a\.NEF is neither"):
        open_catalog(tmp_path / "a.NEF")
    with pytest.raises(CatalogError):
        open_catalog(tmp_path / "A.lrcat", "folder")
