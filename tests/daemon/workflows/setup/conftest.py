"""A Lua to run what is written, plug-in files to install, and a configuration to install into."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sidelight

Tree = dict[str, bytes | None]

MAIN = b'return { installation = require "sidelight/installation" }\n'


@pytest.fixture(params=["lua5.4", "lua5.1"])
def lua(request: pytest.FixtureRequest) -> str:
    """Path of a Lua interpreter: darktable's version, and an older one."""
    found = shutil.which(request.param)
    if found is None:
        pytest.skip(f"{request.param} is not installed")
    return found


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the plug-in's files as a checkout has them; tests may change them."""
    package = tmp_path / "checkout" / "daemon" / "sidelight" / "__init__.py"
    monkeypatch.setattr(sidelight, "__file__", str(package))
    folder = tmp_path / "checkout" / "lua_plugins" / "darktable" / "sidelight"
    (folder / "locale" / "de").mkdir(parents=True)
    (folder / "sidelight.lua").write_bytes(MAIN)
    (folder / "panel.lua").write_bytes(b"return {}\n")
    (folder / "locale" / "de" / "sidelight.mo").write_bytes(b"\xde\x12\x04\x95")
    (folder / "README.md").write_bytes(b"not for darktable")
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A darktable configuration with the user's own things in it."""
    folder = tmp_path / "config"
    (folder / "lua" / "contrib").mkdir(parents=True)
    (folder / "lua" / "contrib" / "theirs.lua").write_bytes(b"return 1\n")
    (folder / "darktablerc").write_bytes(b"a=b\n")
    (folder / "luarc").write_bytes(b'require "tools/script_manager"\nreturn true')
    return folder


@pytest.fixture
def tree() -> Callable[[Path], Tree]:
    """Return what lies below a folder: name to content, None for a folder."""

    def read(folder: Path) -> Tree:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
            for path in folder.rglob("*")
        }

    return read


@pytest.fixture
def failing_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Let the n-th change of a file or folder, and all after it, fail."""
    from sidelight.workflows.setup import plain_files

    changes = 0
    limit: list[int] = []

    def guarded(real):
        def call(*arguments, **options):
            nonlocal changes
            changes += 1
            if limit and changes > limit[0]:
                raise OSError(28, "No space left on device")
            return real(*arguments, **options)

        return call

    for name in ("replace", "write_all", "create_temp"):
        monkeypatch.setattr(plain_files, name, guarded(getattr(plain_files, name)))
    for name in ("unlink", "rename", "mkdir"):
        monkeypatch.setattr(Path, name, guarded(getattr(Path, name)))

    def start(count: int) -> None:
        nonlocal changes
        changes = 0
        limit[:] = [count] if count >= 0 else []

    yield start
    limit.clear()
