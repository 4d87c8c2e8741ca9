"""The plug-ins' own files: inside the installed package, or beside the source tree."""

from __future__ import annotations

from pathlib import Path

import sidelight
from sidelight.errors import SidelightError

_SUFFIXES = frozenset((".lua", ".po", ".mo"))


def lua_plugins_folder() -> Path:
    """Return the folder `lua_plugins`, in the wheel or in the checkout.

    Raises:
        SidelightError: It is in neither.
    """
    package = Path(sidelight.__file__).parent
    for folder in (package / "lua_plugins", package.parent.parent / "lua_plugins"):
        if folder.is_dir():
            return folder
    raise SidelightError(
        "this installation of Sidelight has no plug-ins in it (lua_plugins); install it again"
    )


def plug_in_files(name: str) -> dict[str, bytes]:
    """Return the files of one plug-in: path within it, with slashes, to content.

    Args:
        name: Folder below `lua_plugins`, such as `"darktable/sidelight"`.

    Raises:
        SidelightError: There is no such plug-in.
    """
    folder = lua_plugins_folder() / name
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in _SUFFIXES and path.is_file()
    }
    if not files:
        raise SidelightError(
            f"this installation of Sidelight has no plug-in {name}; install it again"
        )
    return files
