"""Install the plug-ins into the editors' own folders, and take them out again.

`PLUG_INS` is the list of editors that have one; adding a plug-in is a module and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import cast

from sidelight.errors import SidelightError
from sidelight.workflows.result import sentence
from sidelight.workflows.setup.plug_in import Outcome, PlugIn
from sidelight_xmp.errors import SidecarError

__all__ = ["PLUG_INS", "Outcome", "inspect", "install", "load_plug_in", "uninstall"]

PLUG_INS: dict[str, str] = {
    "darktable": "sidelight.workflows.setup.darktable:DarktablePlugIn",
    "lightroom": "sidelight.workflows.setup.lightroom:LightroomPlugIn",
}
"""Editor to "module:Class"."""


def load_plug_in(editor: str) -> PlugIn:
    """Return the plug-in of an editor that `PLUG_INS` names."""
    module, _, name = PLUG_INS[editor].partition(":")
    return cast("PlugIn", getattr(import_module(module), name)())


def inspect(editor: str, named: Path | None = None) -> Iterator[Outcome]:
    """Say of each of the editor's folders whether the plug-in is there and whole.

    Args:
        editor: One of `PLUG_INS`.
        named: The editor's configuration folder; None looks where it usually is.
    """
    plug_in = load_plug_in(editor)
    return _each(plug_in, named, plug_in.inspect)


def install(editor: str, named: Path | None = None) -> Iterator[Outcome]:
    """Install the plug-in, or bring it up to date, in each of the editor's folders.

    Arguments are those of `inspect`; trouble with one folder does not spare the next.
    """
    plug_in = load_plug_in(editor)
    return _each(plug_in, named, plug_in.install)


def uninstall(editor: str, named: Path | None = None) -> Iterator[Outcome]:
    """Take the plug-in out of each of the editor's folders; arguments are those of `inspect`."""
    plug_in = load_plug_in(editor)
    return _each(plug_in, named, plug_in.uninstall)


def _each(
    plug_in: PlugIn, named: Path | None, act: Callable[[Path | None], Outcome]
) -> Iterator[Outcome]:
    try:
        folders: list[Path | None] = [*plug_in.folders(named)] or [None]
    except SidelightError as error:
        yield Outcome(plug_in.editor, named, "error", reason=sentence(error))
        return
    for folder in folders:
        try:
            yield act(folder)
        except (SidelightError, SidecarError, OSError) as error:
            yield Outcome(plug_in.editor, folder, "error", reason=sentence(error))
