"""darktable's library: script-made ones, and a real one while the real program runs."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from sidelight.catalogs.darktable import MOST_PARAMS_BYTES, DarktableCatalog
from sidelight.errors import CatalogError


def run(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def test_edits_and_duplicates(tmp_path: Path, factories: ModuleType) -> None:
    path = factories.make_darktable(
        tmp_path / "library.db",
        [
            factories.Shot("/p/a.NEF"),
            factories.edited("/p/a.NEF", version=1),
            factories.edited("/q/b.dng"),
        ],
    )
    with DarktableCatalog(path).open() as catalog:
        plain, duplicate, edited = catalog.photos()
        settings = catalog.settings(edited)
    assert plain.path == duplicate.path == Path("/p/a.NEF")
    assert (plain.virtual_copy, duplicate.virtual_copy) == (False, True)
    assert (plain.edited, plain.digest) == (False, "")
    assert (edited.path, edited.id, edited.edited) == (Path("/q/b.dng"), "3", True)
    assert edited.edited_at == "2026-11-21T03:02:14+00:00"
    assert edited.digest == (b"C" * 16).hex()
    # num 3 is beyond history_end, num 2 replaces num 1.
    assert settings == {
        "iop_order_version": 2,
        "operations": [
            {
                "operation": operation,
                "modversion": 6,
                "enabled": True,
                "params": params,
                "blendop_version": 11,
                "blendop_params": "00",
                "multi_priority": 0,
                "multi_name": "",
            }
            for operation, params in (("rawprepare", "01"), ("exposure", "03"))
        ],
    }


@pytest.mark.parametrize(
    ("basic", "auto", "current", "end", "expected"),
    [
        ("x'01'", "NULL", "x'01'", 5, False),
        ("NULL", "x'02'", "x'02'", 5, False),
        ("x'01'", "x'02'", "x'02'", 5, False),
        ("x'01'", "x'02'", "x'03'", 5, True),
        ("NULL", "x'02'", "x'03'", 5, True),
        ("NULL", "x'02'", "x'03'", 0, False),
        ("NULL", "NULL", "NULL", 5, False),
        ("1", "'a'", "2.5", 5, False),
    ],
)
def test_darktables_own_hashes_tell_an_edit(
    tmp_path: Path,
    factories: ModuleType,
    basic: str,
    auto: str,
    current: str,
    end: int,
    expected: bool,
) -> None:
    path = factories.make_darktable(tmp_path / "library.db", [factories.Shot("/p/a.NEF")])
    run(
        path,
        f"UPDATE history_hash SET basic_hash = {basic}, auto_hash = {auto}, "
        f"current_hash = {current}; UPDATE images SET history_end = {end}",
    )
    assert [photo.edited for photo in DarktableCatalog(path).read()] == [expected]


@pytest.mark.parametrize(
    "script",
    [
        "DROP TABLE history_hash",
        "DROP TABLE history",
        "DROP TABLE module_order",
        "ALTER TABLE images DROP COLUMN change_timestamp",
        "ALTER TABLE images DROP COLUMN history_end",
        "ALTER TABLE images DROP COLUMN version",
        "ALTER TABLE history DROP COLUMN blendop_params",
        "ALTER TABLE history DROP COLUMN multi_name",
        "ALTER TABLE history DROP COLUMN op_params",
        "ALTER TABLE module_order DROP COLUMN iop_list",
    ],
)
def test_what_a_version_lacks_costs_information_only(
    tmp_path: Path, factories: ModuleType, script: str
) -> None:
    path = factories.make_darktable(tmp_path / "library.db", [factories.edited("/p/a.NEF")])
    run(path, script)
    with DarktableCatalog(path).open() as catalog:
        (photo,) = catalog.photos()
        assert photo.path == Path("/p/a.NEF")
        catalog.settings(photo)


@pytest.mark.parametrize("table", ["images", "film_rolls"])
def test_without_its_photos_it_is_no_library(
    tmp_path: Path, factories: ModuleType, table: str
) -> None:
    path = factories.make_darktable(tmp_path / "library.db", [factories.Shot("/p/a.NEF")])
    run(path, f"ALTER TABLE {table} RENAME TO other; CREATE VIEW {table} AS SELECT * FROM other")
    with pytest.raises(CatalogError, match=table):
        DarktableCatalog(path).read()


def test_rubbish_in_rows_is_left_out(tmp_path: Path, factories: ModuleType) -> None:
    shots = [factories.edited(f"/p/{number}.NEF") for number in range(1, 8)]
    path = factories.make_darktable(tmp_path / "library.db", shots)
    run(
        path,
        f"""
        UPDATE images SET filename = NULL WHERE id = 1;
        UPDATE images SET filename = x'00ff' WHERE id = 2;
        UPDATE images SET filename = 'a' || char(0) WHERE id = 3;
        UPDATE images SET film_id = 99 WHERE id = 4;
        UPDATE images SET change_timestamp = 9000000000000000000 WHERE id = 5;
        UPDATE history SET op_params = 'text' WHERE imgid = 5;
        UPDATE history SET op_params = zeroblob({MOST_PARAMS_BYTES + 1}) WHERE imgid = 6;
        UPDATE history SET multi_priority = 'x', blendop_version = 1.5, num = num + 0.5
            WHERE imgid = 7 AND num = 0;
        """,
    )
    with DarktableCatalog(path).open() as catalog:
        photos = list(catalog.photos())
        entries = [len(catalog.settings(photo).get("operations", [])) for photo in photos]
    assert [photo.path.name for photo in photos] == ["5.NEF", "6.NEF", "7.NEF"]
    assert photos[0].edited_at == ""
    assert entries == [0, 0, 1]


def test_a_history_of_many_entries_is_read_up_to_a_limit(
    tmp_path: Path, factories: ModuleType
) -> None:
    path = factories.make_darktable(tmp_path / "library.db", [factories.edited("/p/a.NEF")])
    run(
        path,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) "
        "INSERT INTO history SELECT 1, 0, 6, 'exposure', x'00', 1, x'00', 11, i, '' FROM n",
    )
    with DarktableCatalog(path).open() as catalog:
        (photo,) = catalog.photos()
        assert len(catalog.settings(photo)["operations"]) <= 2000


@dataclass
class Program:
    """A real darktable without a screen, with a library of its own."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def library(self) -> Path:
        return self.folder / "config" / "library.db"

    def wait_for(self, name: str, timeout_s: float = 90.0) -> str:
        """Wait for a file that its script writes, and return the text."""
        file = self.folder / name
        ends = time.monotonic() + timeout_s
        while not file.exists():
            assert self.process.poll() is None, (self.folder / "log.txt").read_text()
            assert time.monotonic() < ends, (self.folder / "log.txt").read_text()
            time.sleep(0.1)
        return file.read_text()


SCRIPT = """
local dt = require "darktable"
local place = os.getenv("PLACE")
local function say(name, text)
  local file = io.open(place .. "/" .. name .. ".new", "w")
  file:write(text); file:close()
  os.rename(place .. "/" .. name .. ".new", place .. "/" .. name)
end
local function wait(name)
  for _ = 1, 1200 do
    local file = io.open(place .. "/" .. name)
    if file then file:close(); return end
    dt.control.sleep(100)
  end
end
dt.control.dispatch(function()
  dt.control.sleep(1500)
  dt.database.import(place .. "/photos")
  for _ = 1, 300 do
    if #dt.database >= 2 then break end
    dt.control.sleep(100)
  end
  local style = nil
  local edited = dt.database[1]
  dt.styles.import(place .. "/warm.dtstyle")
  for _, one in ipairs(dt.styles) do if one.name == "warm" then style = one end end
  if style then edited:apply_style(style) end
  edited:duplicate()
  dt.control.sleep(1000)
  say("imported", edited.filename)
  wait("quit")
  dt.gui.action("global/quit", 0, "", "", 1)
end)
"""

STYLE = """<?xml version="1.0" encoding="UTF-8"?>
<darktable_style version="1.0"><info><name>warm</name><description></description></info><style>
<plugin><num>0</num><module>6</module><operation>exposure</operation>
<op_params>00000000000080b90000803f00004842000080c000000000</op_params><enabled>1</enabled>
<blendop_params>gz14eJxjYIAACQYYOOHEgAYY0QVwggZ7CB6pfNoAAE8gGQg=</blendop_params>
<blendop_version>11</blendop_version><multi_priority>0</multi_priority><multi_name></multi_name>
</plugin></style></darktable_style>
"""


@pytest.fixture(scope="module")
def darktable(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Program]:
    """darktable with two photos imported, one of them edited and duplicated, still running."""
    for name in ("darktable", "xvfb-run", "dbus-run-session"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
    folder = tmp_path_factory.mktemp("darktable")
    for name in ("config", "cache", "home", "photos"):
        (folder / name).mkdir()
    (folder / "runtime").mkdir(mode=0o700)
    for number in (0, 1):
        shutil.copy(shared / "data" / "pairs" / f"bracket_fish_a_{number}.jpg", folder / "photos")
    (folder / "config" / "luarc").write_text(SCRIPT)
    (folder / "warm.dtstyle").write_text(STYLE)
    process = subprocess.Popen(
        [
            *("xvfb-run", "-a", "-s", "-screen 0 1400x900x24", "dbus-run-session", "--"),
            *("darktable", "--disable-opencl", "--library", str(folder / "config" / "library.db")),
            *("--configdir", str(folder / "config"), "--cachedir", str(folder / "cache")),
        ],
        env={
            **os.environ,
            "HOME": str(folder / "home"),
            "XDG_RUNTIME_DIR": str(folder / "runtime"),
            "LC_ALL": "C.UTF-8",
            "NO_AT_BRIDGE": "1",
            "GDK_BACKEND": "x11",
            "PLACE": str(folder),
        },
        stdout=(folder / "log.txt").open("wb"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    program = Program(folder, process)
    try:
        program.wait_for("imported")
        yield program
    finally:
        (folder / "quit").touch()
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
        if process.poll() is None:
            os.killpg(process.pid, 9)
            process.wait(15)


def _state(library: Path) -> tuple[str, list[str]]:
    names = sorted(path.name for path in library.parent.iterdir())
    return hashlib.sha256(library.read_bytes()).hexdigest(), names


def _check(program: Program) -> None:
    name = (program.folder / "imported").read_text()
    with DarktableCatalog(program.library).open() as catalog:
        found = list(catalog.photos())
        by_name = {photo.path.name: photo for photo in found if not photo.virtual_copy}
        settings = catalog.settings(by_name[name])
    assert set(by_name) == {"bracket_fish_a_0.jpg", "bracket_fish_a_1.jpg"}
    assert all(photo.path.parent == program.folder / "photos" for photo in found)
    edited = by_name.pop(name)
    assert edited.edited
    exposure = {one["operation"]: one for one in settings["operations"]}["exposure"]
    assert (exposure["modversion"], exposure["enabled"]) == (6, True)
    assert exposure["params"] == "00000000000080b90000803f00004842000080c000000000"
    made = datetime.fromisoformat(edited.edited_at)
    assert abs((datetime.now(UTC) - made).total_seconds()) < 600
    (untouched,) = by_name.values()
    assert not untouched.edited
    (duplicate,) = [photo for photo in found if photo.virtual_copy]
    assert duplicate.path == edited.path


@pytest.mark.slow
@pytest.mark.darktable
def test_s13_the_library_of_a_running_darktable(darktable: Program) -> None:
    before = _state(darktable.library)
    _check(darktable)
    assert _state(darktable.library) == before
    assert darktable.process.poll() is None


@pytest.mark.slow
@pytest.mark.darktable
def test_s13_the_library_after_darktable_ended(darktable: Program) -> None:
    (darktable.folder / "quit").touch()
    darktable.process.wait(60)
    before = _state(darktable.library)
    _check(darktable)
    assert _state(darktable.library) == before
