"""The list of plug-ins; trouble in one folder does not spare the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.errors import SidelightError
from sidelight.workflows import setup
from sidelight.workflows.setup import PLUG_INS, Outcome, inspect, install, load_plug_in, uninstall
from sidelight.workflows.setup.plug_in import PlugIn


@pytest.mark.parametrize("editor", PLUG_INS)
def test_every_plug_in_loads_and_knows_its_editor(editor: str) -> None:
    plug_in = load_plug_in(editor)
    assert isinstance(plug_in, PlugIn)
    assert plug_in.editor == editor


@pytest.mark.parametrize("editor", PLUG_INS)
def test_a_named_folder_that_is_not_there_is_an_error(editor: str, tmp_path: Path) -> None:
    for act in (inspect, install, uninstall):
        (outcome,) = act(editor, tmp_path / "nowhere")
        assert outcome.status == "error"
        assert "there is no folder" in outcome.reason


class Fake(PlugIn):
    """A plug-in with three folders, of which one refuses."""

    editor = "fake"

    def folders(self, named: Path | None) -> list[Path]:
        return [] if named else [Path("a"), Path("b"), Path("c")]

    def inspect(self, config: Path | None) -> Outcome:
        return Outcome("fake", config, "absent")

    def install(self, config: Path | None) -> Outcome:
        if config == Path("a"):
            raise SidelightError("it does not want to")
        if config == Path("b"):
            raise PermissionError(13, "Permission denied", "b/luarc")
        return Outcome("fake", config, "installed")

    uninstall = inspect


def test_each_folder_has_its_own_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLUG_INS, "fake", "fake:Fake")
    monkeypatch.setattr(setup, "load_plug_in", lambda editor: Fake())
    assert [(one.status, one.reason) for one in install("fake")] == [
        ("error", "it does not want to"),
        ("error", "luarc: permission denied"),
        ("installed", ""),
    ]
    assert [one.folder for one in inspect("fake", Path("x"))] == [None]
