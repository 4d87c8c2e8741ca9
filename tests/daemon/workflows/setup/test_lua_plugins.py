"""The plug-ins' files are found in the wheel and beside the source tree."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import sidelight
from sidelight.errors import SidelightError
from sidelight.workflows.setup.lua_plugins import lua_plugins_folder, plug_in_files


def test_this_checkouts_plug_in_has_its_main_script(checkout: Path) -> None:
    assert lua_plugins_folder() == checkout / "lua_plugins"
    files = plug_in_files("darktable/sidelight")
    assert (
        files["sidelight.lua"]
        == (checkout / "lua_plugins/darktable/sidelight/sidelight.lua").read_bytes()
    )
    assert "installation.lua" not in files and "installed.json" not in files


def test_only_what_an_editor_loads(plug_in: Path) -> None:
    assert set(plug_in_files("darktable/sidelight")) == {
        "sidelight.lua",
        "panel.lua",
        "locale/de/sidelight.mo",
    }


def test_in_a_wheel_they_lie_in_the_package(plug_in: Path) -> None:
    package = Path(sidelight.__file__).parent
    shutil.move(plug_in.parents[1], package / "lua_plugins")
    assert lua_plugins_folder() == package / "lua_plugins"
    assert "sidelight.lua" in plug_in_files("darktable/sidelight")


def test_what_is_missing_is_said(plug_in: Path) -> None:
    with pytest.raises(SidelightError, match="no plug-in darktable/nothing"):
        plug_in_files("darktable/nothing")
    shutil.rmtree(plug_in.parents[1])
    with pytest.raises(SidelightError, match="install it again"):
        plug_in_files("darktable/sidelight")
