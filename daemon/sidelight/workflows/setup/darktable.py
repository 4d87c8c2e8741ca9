"""The Lua plug-in for darktable: `CONFIG/lua/sidelight/`, loaded by a block in `CONFIG/luarc`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from sidelight import __version__
from sidelight.errors import SidelightError
from sidelight.paths import make_private
from sidelight.workflows.result import joined
from sidelight.workflows.setup.darktable_folders import find_folders, sandbox_of, usual_folders
from sidelight.workflows.setup.lua_plugins import plug_in_files
from sidelight.workflows.setup.lua_string import lua_string
from sidelight.workflows.setup.luarc import Luarc, without_block
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

INSTALLATION = "installation.lua"
"""What the plug-in is told: a Lua file that returns `version`, `command` and `jobs`."""

_JOBS = "jobs"
_NOT_FOUND = "darktable's configuration folder was not found"
_NEXT_START = "darktable loads it at its next start"
_STILL_RUNNING = "a darktable that is running keeps it until it is closed"
_FLEETING = (
    "this Sidelight lies in a cache, and the plug-in stops working when that is emptied; "
    "install Sidelight for good, then run this again"
)
_SANDBOX = (
    "this darktable comes from {}, whose sandbox does not let it start programs of the system: the "
    "plug-in cannot reach Sidelight there; `sidelight auto` and watched folders write sidecars for "
    "it all the same"
)


class DarktablePlugIn(PlugIn):
    """Installs `lua_plugins/darktable/sidelight`."""

    editor: ClassVar[str] = "darktable"

    def folders(self, named: Path | None) -> list[Path]:
        """Return darktable's configuration folders, as `find_folders` does."""
        return find_folders(named)

    def inspect(self, config: Path | None) -> Outcome:
        """Compare what is there with what `install` would bring."""
        if config is None:
            return Outcome(self.editor, None, "absent", reason=_NOT_FOUND)
        folder = _folder(config)
        manifest = read_manifest(folder)
        is_loaded = Luarc.read(config / "luarc").loads_us
        if manifest is None:
            if not is_loaded:
                reason = "`sidelight setup darktable` installs it"
                return Outcome(self.editor, config, "absent", reason=reason)
            reason = _cure("luarc loads it, but what was installed is not there any more", "mends")
            return Outcome(self.editor, config, "damaged", reason=reason)
        missing, changed = differing(folder, manifest.files)
        problem = joined(
            f"missing: {', '.join(missing)}" if missing else "",
            "" if is_loaded else "luarc does not load it",
            _lost_program(manifest),
        )
        age = _age(manifest, config)
        status: Status = "damaged" if problem else "outdated" if age else "installed"
        reason = _cure(problem, "mends") if problem else _cure(age, "updates") if age else ""
        notes = (f"changed by somebody: {', '.join(changed)}",) if changed else ()
        return Outcome(
            self.editor, config, status, manifest.version, reason, notes + _sandbox_notes(config)
        )

    def install(self, config: Path | None) -> Outcome:
        """Copy the files, tell them how to start this Sidelight, and let luarc load them."""
        if config is None:
            usual = ", ".join(str(folder) for folder, _ in usual_folders())
            raise SidelightError(
                f"{_NOT_FOUND} (looked for {usual}); start darktable once, "
                "or name the folder with --config-dir"
            )
        made = _not_there(config)
        files = _files(config)
        folder = _folder(config)
        luarc = Luarc.read(config / "luarc")
        with_block = luarc.with_block()  # what refuses does so before anything is written
        old = read_manifest(folder)
        _make_folders(config)
        changes = install_files(folder, files, old)
        made = tuple(dict.fromkeys((*(old.made if old else ()), *made)))
        manifest = Manifest(__version__, own_command(), digests(files), made)
        is_changed = changes.count > 0
        is_changed |= _write_manifest(folder, manifest)
        is_changed |= luarc.write(with_block)
        status: Status = "unchanged"
        if is_changed:
            status = "updated" if old else "installed"
        notes = (*changes.notes, *([_NEXT_START] if is_changed else []), *_sandbox_notes(config))
        notes += (_FLEETING,) if is_fleeting() else ()
        return Outcome(self.editor, config, status, __version__, notes=notes)

    def uninstall(self, config: Path | None) -> Outcome:
        """Take the block out of luarc, then our files, then the folders that only we needed."""
        if config is None:
            return Outcome(self.editor, None, "absent", reason=_NOT_FOUND)
        folder = _folder(config)
        remove_stale_temps(config)
        manifest = read_manifest(folder)
        made = manifest.made if manifest else ()
        was_loaded, notes = _take_out(Luarc.read(config / "luarc"), made)
        changes = remove_files(folder, _files(config), manifest)
        _clear(folder / _JOBS)
        (folder / MANIFEST).unlink(missing_ok=True)
        if folder.is_dir() and not remove_if_empty(folder):
            notes += (f"{folder} holds files that are not ours, so it stays",)
        for name in ("lua", "config"):
            if name in made:
                remove_if_empty(_PLACES[name](config))
        if not (was_loaded or changes.count or manifest):
            return Outcome(self.editor, config, "absent", notes=notes)
        notes = (*changes.notes, *notes, _STILL_RUNNING)
        version = manifest.version if manifest else ""
        return Outcome(self.editor, config, "removed", version, notes=notes)


_PLACES = {
    "config": lambda config: config,
    "lua": lambda config: config / "lua",
    "luarc": lambda config: config / "luarc",
}
"""What `install` may have to make besides the plug-in's own folder, by its name in the manifest."""


def _folder(config: Path) -> Path:
    """Return the plug-in's folder; refuse one that somebody keeps elsewhere.

    Raises:
        SidelightError: It is a link.
    """
    folder = config / "lua" / "sidelight"
    for path in (folder, folder / _JOBS):
        if path.is_symlink():
            raise SidelightError(f"{path} is a link to another folder, so it was left alone")
    return folder


def _files(config: Path) -> dict[str, bytes]:
    """Return all files that belong into the plug-in's folder, the manifest apart."""
    command = ", ".join(map(lua_string, own_command()))
    installation = (
        "-- Written by `sidelight setup darktable`.\n"
        "return {\n"
        f"  version = {lua_string(__version__)},\n"
        f"  command = {{ {command} }},\n"
        f"  jobs = {lua_string(str(_folder(config) / _JOBS))},\n"
        "}\n"
    )
    return plug_in_files("darktable/sidelight") | {INSTALLATION: installation.encode("ascii")}


def _not_there(config: Path) -> tuple[str, ...]:
    return tuple(name for name, place in _PLACES.items() if not os.path.lexists(place(config)))


def _make_folders(config: Path) -> None:
    if not config.exists():
        make_private(config)
    folder = _folder(config)
    folder.mkdir(parents=True, exist_ok=True)
    make_private(folder / _JOBS)
    remove_stale_temps(config)


def _write_manifest(folder: Path, manifest: Manifest) -> bool:
    path = folder / MANIFEST
    found, data = read_snapshot(path), manifest.to_bytes()
    if found is not None and found.data == data:
        return False
    write_file(path, data, found)
    return True


def _take_out(luarc: Luarc, made: tuple[str, ...]) -> tuple[bool, tuple[str, ...]]:
    """Take our block out of luarc; return whether it was there, and what to say."""
    if luarc.is_link:
        hint = "luarc is a link to another file, so it was left alone; take our line out of it"
        return False, (hint,) if luarc.loads_us else ()
    rest = without_block(luarc.data)
    if rest == luarc.data:
        return False, ()
    if "luarc" in made and not rest:
        luarc.remove()
    else:
        luarc.write(rest)
    return True, ()


def _clear(jobs: Path) -> None:
    """Remove the folder in which the plug-in and Sidelight talk, and the plain files in it."""
    if not jobs.is_dir():
        return
    for path in jobs.iterdir():
        if path.is_file() and not path.is_symlink():
            path.unlink()
    remove_if_empty(jobs)


def _cure(problem: str, verb: str) -> str:
    return f"{problem}; `sidelight setup darktable` {verb} it"


def _lost_program(manifest: Manifest) -> str:
    program = manifest.command[0] if manifest.command else "the program"
    return "" if Path(program).is_file() else f"{program} is gone, by which it starts Sidelight"


def _age(manifest: Manifest, config: Path) -> str:
    if manifest.version != __version__:
        return f"version {manifest.version} is installed, this is {__version__}"
    if manifest.command != own_command():
        return f"it starts another Sidelight ({manifest.command[0]})"
    if manifest.files != digests(_files(config)):
        return "its files are not those of this version"
    return ""


def _sandbox_notes(config: Path) -> tuple[str, ...]:
    sandbox = sandbox_of(config)
    return (_SANDBOX.format(sandbox),) if sandbox else ()
