"""The plug-in for Lightroom Classic: `Modules/sidelight.lrplugin` in Adobe's own folder."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
from pathlib import Path
from typing import ClassVar

from sidelight import __version__, paths
from sidelight.errors import SidelightError
from sidelight.workflows.setup.lua_plugins import plug_in_files
from sidelight.workflows.setup.lua_string import lua_string
from sidelight.workflows.setup.own_command import is_fleeting, own_command
from sidelight.workflows.setup.plain_files import (
    MANIFEST,
    Manifest,
    differing,
    digests,
    install_files,
    read_manifest,
    remove_files,
    remove_if_empty,
    write_file,
)
from sidelight.workflows.setup.plug_in import Outcome, PlugIn, Status
from sidelight_xmp.files import read_snapshot, remove_stale_temps

INSTALLATION = "Installation.lua"
"""What the plug-in is told: a Lua file that returns `version`, `endpoint`, `log` and `start`."""

_SOURCE = "lightroom/sidelight.lrplugin"
_MODULES = "Modules"
_MADE = ("Lightroom", _MODULES)
_NOT_FOUND = "Lightroom's folder was not found"
_NEXT_START = "Lightroom loads it at its next start; its commands are in File > Plug-in Extras"
_STILL_RUNNING = "a Lightroom that is running keeps it until it is closed"
_UNCHECKED = (
    "the plug-in was tested against a double of Lightroom's interface, not in Lightroom itself; "
    "its Self-check says on one photo whether Lightroom takes every setting"
)
_FLEETING = (
    "this Sidelight lies in a cache, and the plug-in cannot start it when that is emptied; "
    "install Sidelight for good, then run this again"
)
_MEANS_SOMETHING_TO_CMD = frozenset('%^&|<>"!()\n')


class LightroomPlugIn(PlugIn):
    """Installs `lua_plugins/lightroom/sidelight.lrplugin`."""

    editor: ClassVar[str] = "lightroom"

    def folders(self, named: Path | None) -> list[Path]:
        """Return the folder `Adobe/Lightroom` that is named, or the user's if there is one."""
        if named is not None:
            if not named.is_dir():
                raise SidelightError(f"there is no folder {named}")
            return [Path(os.path.abspath(named))]  # noqa: PTH100  a link keeps its name
        usual = usual_folder()
        return [usual] if usual is not None and usual.parent.is_dir() else []

    def inspect(self, config: Path | None) -> Outcome:
        """Compare what is there with what `install` would bring."""
        if config is None:
            return Outcome(self.editor, None, "absent", reason=_NOT_FOUND)
        folder = _folder(config)
        manifest = read_manifest(folder)
        if manifest is None:
            reason = "`sidelight setup lightroom` installs it"
            return Outcome(self.editor, config, "absent", reason=reason)
        missing, changed = differing(folder, manifest.files)
        notes = (f"changed by somebody: {', '.join(changed)}",) if changed else ()
        status: Status = "installed"
        reason = ""
        if missing:
            status, reason = "damaged", f"missing: {', '.join(missing)}"
        elif age := _age(manifest):
            status, reason = "outdated", age
        if reason:
            reason += "; `sidelight setup lightroom` brings it up to date"
        return Outcome(self.editor, config, status, manifest.version, reason, notes)

    def install(self, config: Path | None) -> Outcome:
        """Copy the files and tell them where this Sidelight answers and how it is started."""
        if config is None:
            usual = usual_folder()
            looked = f" (looked for {usual})" if usual else ", which does not run on this system"
            raise SidelightError(f"{_NOT_FOUND}{looked}; name the folder with --config-dir")
        folder = _folder(config)
        files = _files()
        old = read_manifest(folder)
        places = (config, config / _MODULES)
        made = tuple(
            name for name, path in zip(_MADE, places, strict=True) if not os.path.lexists(path)
        )
        folder.mkdir(parents=True, exist_ok=True)
        changes = install_files(folder, files, old)
        made = tuple(dict.fromkeys((*(old.made if old else ()), *made)))
        manifest = Manifest(__version__, own_command(), digests(files), made)
        is_changed = _write_manifest(folder, manifest) or changes.count > 0
        status: Status = "unchanged"
        if is_changed:
            status = "updated" if old else "installed"
        notes = (*changes.notes, *((_NEXT_START, _UNCHECKED) if is_changed else ()))
        notes += (_FLEETING,) if is_fleeting() else ()
        return Outcome(self.editor, config, status, __version__, notes=notes)

    def uninstall(self, config: Path | None) -> Outcome:
        """Take our files out, then the folders that only we needed."""
        if config is None:
            return Outcome(self.editor, None, "absent", reason=_NOT_FOUND)
        folder = _folder(config)
        manifest = read_manifest(folder)
        changes = remove_files(folder, _files(), manifest)
        (folder / MANIFEST).unlink(missing_ok=True)
        notes = changes.notes
        if folder.is_dir() and not remove_if_empty(folder):
            notes += (f"{folder} holds files that are not ours, so it stays",)
        made = manifest.made if manifest else ()
        for name, path in ((_MODULES, config / _MODULES), ("Lightroom", config)):
            if name in made:
                remove_if_empty(path)
        if not (changes.count or manifest):
            return Outcome(self.editor, config, "absent", notes=notes)
        version = manifest.version if manifest else ""
        return Outcome(self.editor, config, "removed", version, notes=(*notes, _STILL_RUNNING))


def usual_folder() -> Path | None:
    """Return Adobe's folder for Lightroom; None on a system for which there is no Lightroom."""
    system = platform.system()
    if system == "Darwin":
        return Path.home() / "Library" / "Application Support" / "Adobe" / "Lightroom"
    if system == "Windows":
        roaming = os.environ.get("APPDATA")
        return (
            (Path(roaming) if roaming else Path.home() / "AppData" / "Roaming")
            / "Adobe"
            / "Lightroom"
        )
    return None


def start_command(words: tuple[str, ...]) -> str | None:
    """Return the command line by which a shell starts a program and returns at once.

    Args:
        words: The program and its arguments.

    Returns:
        None where `cmd.exe` would take a character for something else.
    """
    home = os.environ.get(paths.HOME_VARIABLE)
    if platform.system() == "Windows":
        line = subprocess.list2cmdline(words)
        is_safe = not home and not _MEANS_SOMETHING_TO_CMD & set("".join(words))
        return f'start "" /b {line}' if is_safe else None
    if home:
        words = ("env", f"{paths.HOME_VARIABLE}={os.path.abspath(home)}", *words)  # noqa: PTH100
    return f"{shlex.join(words)} < /dev/null > /dev/null 2>&1 &"


def _folder(config: Path) -> Path:
    """Return the plug-in's folder; refuse one that somebody keeps elsewhere.

    Raises:
        SidelightError: It is a link.
    """
    folder = config / _MODULES / "sidelight.lrplugin"
    if folder.is_symlink():
        raise SidelightError(f"{folder} is a link to another folder, so it was left alone")
    remove_stale_temps(folder)
    return folder


def _files() -> dict[str, bytes]:
    """Return all files that belong into the plug-in's folder, the manifest apart."""
    start = start_command((*own_command(), "serve"))
    installation = (
        "-- Written by `sidelight setup lightroom`.\n"
        "return {\n"
        f"  version = {lua_string(__version__)},\n"
        f"  endpoint = {lua_string(os.path.abspath(paths.endpoint_file()))},\n"  # noqa: PTH100
        f"  log = {lua_string(os.path.abspath(paths.log_folder()))},\n"  # noqa: PTH100
        f"  start = {'false' if start is None else lua_string(start)},\n"
        "}\n"
    )
    return plug_in_files(_SOURCE) | {INSTALLATION: installation.encode("ascii")}


def _write_manifest(folder: Path, manifest: Manifest) -> bool:
    path = folder / MANIFEST
    found, data = read_snapshot(path), manifest.to_bytes()
    if found is not None and found.data == data:
        return False
    write_file(path, data, found)
    return True


def _age(manifest: Manifest) -> str:
    if manifest.version != __version__:
        return f"version {manifest.version} is installed, this is {__version__}"
    if manifest.command != own_command():
        return f"it starts another Sidelight ({manifest.command[0]})"
    if manifest.files != digests(_files()):
        return "its files are not those of this version"
    return ""
