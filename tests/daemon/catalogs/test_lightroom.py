"""Lightroom's catalog: the real sample, script-made ones, older, newer and hostile ones."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from sidelight.catalogs.lightroom import LightroomCatalog
from sidelight.errors import CatalogError


def run(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def test_s13_the_real_sample(shared: Path, tmp_path: Path) -> None:
    sample = shared / "data" / "lightroom" / "lr5_small_catalog.lrcat"
    before = hashlib.sha256(sample.read_bytes()).digest(), sorted(sample.parent.iterdir())
    catalog = LightroomCatalog(sample)
    photos = catalog.read()
    assert [photo.path.name for photo in photos] == [
        "_MAX7667.NEF",
        "_MAX7674.NEF",
        "_MAX3047.jpg",
        "_MAX3065.jpg",
    ]
    folder = "/Users/maxmouchet/Pictures/2013/12-01 (MO) Pre-party Phoelix"
    assert photos[0].path == Path(folder) / "_MAX7667.NEF"
    assert photos[0].edited_at == "2013-12-12T13:03:39+00:00"
    assert len(photos[0].id) == 36
    assert not any(photo.edited or photo.virtual_copy or photo.companions for photo in photos)
    with catalog.open() as opened:
        settings = opened.settings(photos[0])
        assert settings["Temperature"] == 2900
        assert "RetouchInfo" not in settings
    after = hashlib.sha256(sample.read_bytes()).digest(), sorted(sample.parent.iterdir())
    assert after == before


def test_edits_copies_and_companions(tmp_path: Path, factories: ModuleType) -> None:
    shot, edited = factories.Shot, factories.edited
    path = factories.make_lightroom(
        tmp_path / "A.lrcat",
        [
            edited("/p/a.NEF", 0.75, beside="JPG,xmp"),
            edited("/p/a.NEF", -1.0, master=1, beside="JPG,xmp"),
            shot("/p/b.dng", beside=""),
            shot("/p/no ending"),
        ],
    )
    with LightroomCatalog(path).open() as catalog:
        first, copy, plain, _ = catalog.photos()
        assert catalog.settings(first) == {"Exposure2012": 0.75}
        assert catalog.settings(copy) == {"Exposure2012": -1}
    assert first.path == copy.path == Path("/p/a.NEF")
    assert (first.virtual_copy, copy.virtual_copy) == (False, True)
    assert first.edited_at == "2023-03-08T20:26:40+00:00"
    assert first.digest != copy.digest != ""
    assert first.companions == (Path("/p/a.JPG"),)
    assert (plain.edited, plain.digest, plain.companions) == (False, "", ())
    assert (first.id, copy.id) == ("UUID-1", "UUID-2")


@pytest.mark.parametrize(
    ("text", "adjusted", "expected"),
    [
        ("s = { Exposure2012 = 0 }", 1.0, True),
        ("s = { Exposure2012 = 2 }", 0.0, False),
        ("s = { Exposure2012 = 2 }", -1.0, True),
        ("s = { Exposure2012 = 2 }", None, True),
        ("s = { Exposure2012 = 0 }", None, False),
        ("s = { rubbish", None, False),
    ],
)
def test_lightrooms_own_note_counts_and_the_settings_where_it_made_none(
    tmp_path: Path, factories: ModuleType, text: str, adjusted: float | None, expected: bool
) -> None:
    path = factories.make_lightroom(
        tmp_path / "A.lrcat", [factories.Shot("/p/a.NEF", text, adjusted)]
    )
    assert [photo.edited for photo in LightroomCatalog(path).read()] == [expected]


@pytest.mark.parametrize(
    "script",
    [
        "DROP TABLE Adobe_imageDevelopSettings",
        "ALTER TABLE Adobe_images DROP COLUMN developSettingsIDCache",
        "ALTER TABLE Adobe_imageDevelopSettings DROP COLUMN text",
        "ALTER TABLE AgLibraryFile DROP COLUMN sidecarExtensions",
        "ALTER TABLE Adobe_images DROP COLUMN touchTime",
        "ALTER TABLE Adobe_images DROP COLUMN id_global",
        "ALTER TABLE Adobe_images DROP COLUMN masterImage",
        "ALTER TABLE Adobe_imageDevelopSettings DROP COLUMN digest",
        "ALTER TABLE Adobe_imageDevelopSettings DROP COLUMN hasDevelopAdjustmentsEx",
        "UPDATE Adobe_images SET developSettingsIDCache = NULL",
        "UPDATE Adobe_imageDevelopSettings SET text = NULL",
    ],
)
def test_what_a_version_lacks_costs_information_only(
    tmp_path: Path, factories: ModuleType, script: str
) -> None:
    path = factories.make_lightroom(tmp_path / "A.lrcat", [factories.edited("/p/a.NEF")])
    run(path, script)
    with LightroomCatalog(path).open() as catalog:
        (photo,) = catalog.photos()
        assert photo.path == Path("/p/a.NEF")
        catalog.settings(photo)


@pytest.mark.parametrize(
    "table", ["AgLibraryRootFolder", "AgLibraryFolder", "AgLibraryFile", "Adobe_images"]
)
def test_without_its_photos_it_is_no_catalog(
    tmp_path: Path, factories: ModuleType, table: str
) -> None:
    path = factories.make_lightroom(tmp_path / "A.lrcat", [factories.Shot("/p/a.NEF")])
    run(path, f"ALTER TABLE {table} RENAME TO other; CREATE VIEW {table} AS SELECT * FROM other")
    with pytest.raises(CatalogError, match=table):
        LightroomCatalog(path).read()


def test_rubbish_in_rows_is_left_out(tmp_path: Path, factories: ModuleType) -> None:
    shots = [factories.edited(f"/p/{number}.NEF") for number in range(1, 11)]
    path = factories.make_lightroom(tmp_path / "A.lrcat", shots)
    run(
        path,
        """
        UPDATE AgLibraryFile SET baseName = NULL WHERE id_local = 1;
        UPDATE AgLibraryFile SET baseName = x'00ff' WHERE id_local = 2;
        UPDATE AgLibraryFile SET baseName = 'a' || char(0) || 'b' WHERE id_local = 3;
        UPDATE AgLibraryFile SET baseName = hex(zeroblob(100000)) WHERE id_local = 4;
        UPDATE Adobe_images SET rootFile = 99 WHERE id_local = 5;
        UPDATE Adobe_images SET touchTime = 1e300 WHERE id_local = 6;
        UPDATE Adobe_images SET touchTime = 'soon', id_global = x'00' WHERE id_local = 7;
        UPDATE Adobe_imageDevelopSettings SET text = x'00' WHERE id_local = 8;
        UPDATE AgLibraryFile SET sidecarExtensions = x'00', extension = 5 WHERE id_local = 9;
        UPDATE AgLibraryFile SET sidecarExtensions = '../../x,,JPG/y, xmp' WHERE id_local = 10;
        """,
    )
    with LightroomCatalog(path).open() as catalog:
        photos = list(catalog.photos())
        assert catalog.settings(photos[2]) == {}
    assert [photo.path.name for photo in photos] == ["6.NEF", "7.NEF", "8.NEF", "9", "10.NEF"]
    assert [photo.edited_at for photo in photos[:2]] == ["", ""]
    assert photos[1].id == "7"
    assert photos[4].companions == ()


def test_settings_that_cannot_be_parsed_are_an_error_of_that_photo_only(
    tmp_path: Path, factories: ModuleType
) -> None:
    shots = [factories.Shot("/p/a.NEF", "s = { a = ", 1.0), factories.edited("/p/b.NEF")]
    path = factories.make_lightroom(tmp_path / "A.lrcat", shots)
    with LightroomCatalog(path).open() as catalog:
        first, second = catalog.photos()
        with pytest.raises(CatalogError, match="line 1"):
            catalog.settings(first)
        assert catalog.settings(second) == {"Exposure2012": 0.5}


def test_a_windows_catalog_is_read_as_it_is(tmp_path: Path, factories: ModuleType) -> None:
    path = factories.make_lightroom(
        tmp_path / "A.lrcat", [factories.Shot("C:/Users/Ann/Pictures/a.NEF")]
    )
    assert [str(photo.path).replace("\\", "/") for photo in LightroomCatalog(path).read()] == [
        "C:/Users/Ann/Pictures/a.NEF"
    ]
