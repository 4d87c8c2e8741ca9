"""What a place holds when it is added."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from sidelight.errors import CatalogError
from sidelight.paths import HOME_VARIABLE
from sidelight.service.existing import count_photos, photos_there


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two photos, a JPEG beside one, and what is no photo."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    path = tmp_path / "photos"
    (path / "day").mkdir(parents=True)
    for name in ("a.NEF", "a.jpg", "day/b.dng", "day/note.txt", "day/.hidden.dng"):
        (path / name).write_bytes(name.encode())
    return path


def test_a_pair_counts_once(folder: Path) -> None:
    assert photos_there(folder, "folder") == [folder / "a.NEF", folder / "day" / "b.dng"]
    assert count_photos(folder, "folder") == 2


def test_of_a_catalog_untouched_photos_of_this_computer(
    folder: Path, tmp_path: Path, factories: ModuleType
) -> None:
    shots = [
        factories.Shot(folder / "a.NEF"),
        factories.Shot(folder / "a.NEF", master=1),
        factories.edited(folder / "day" / "b.dng"),
        factories.Shot("C:/elsewhere/c.NEF"),
        factories.Shot(folder / "gone.NEF"),
    ]
    catalog = factories.make_lightroom(tmp_path / "main.lrcat", shots)
    assert photos_there(catalog, "lightroom") == [folder / "a.NEF"]
    assert count_photos(catalog, "lightroom") == 4


def test_a_damaged_catalog_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    catalog = tmp_path / "broken.lrcat"
    catalog.write_bytes(b"no catalog")
    for ask in (photos_there, count_photos):
        with pytest.raises(CatalogError):
            ask(catalog, "lightroom")
