"""The scripts of the editors: linted, and every module with its spec on the Lua its editor runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

LUA = {"darktable": "lua5.4", "lightroom": "lua5.1"}
"""Folder of `lua_plugins` → the Lua that its editor runs."""


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def specs(checkout: Path, editor: str) -> Path:
    return checkout / "tests" / "lua_plugins" / editor


def test_every_editor_is_tested(checkout: Path) -> None:
    folders = {path.name for path in (checkout / "lua_plugins").iterdir() if path.is_dir()}
    assert folders == set(LUA)


def test_scripts_are_linted(checkout: Path) -> None:
    done = subprocess.run(
        [program("luacheck"), "--no-color", "lua_plugins", "tests/lua_plugins"],
        cwd=checkout, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("editor", LUA)
def test_every_module_has_a_spec(checkout: Path, editor: str) -> None:
    modules = {path.stem for path in (checkout / "lua_plugins" / editor).rglob("*.lua")}
    found = specs(checkout, editor).glob("*_spec.lua")
    tested = {path.stem.removesuffix("_spec") for path in found}
    assert tested == modules


@pytest.mark.parametrize("editor", LUA)
def test_specs_pass(checkout: Path, editor: str) -> None:
    folder = specs(checkout, editor)
    # Neither folder is named on the command line, which busted hands to a shell as it is.
    sources = f"{checkout}/lua_plugins/{editor}/?.lua;{folder}/?.lua;;"
    lua = program(LUA[editor])
    done = subprocess.run(
        [program("busted"), f"--lua={lua}", "--output=TAP", "--pattern=_spec", "."],
        cwd=folder, env={**os.environ, "LUA_PATH": sources}, capture_output=True, text=True,
        errors="replace", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^ok ", done.stdout, re.MULTILINE)) >= 200, done.stdout
