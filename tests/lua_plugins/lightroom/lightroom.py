"""The plug-in in the double of Lightroom's SDK on Lua 5.1, told what to do from a test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sidelight.workflows.setup.lua_plugins import plug_in_files
from sidelight_xmp.crs.settings import read_settings

HERE = Path(__file__).parent

NOT_DEVELOPING = {"HasSettings", "AlreadyApplied", "RawFileName", "Version"}
"""What a sidecar says besides develop settings."""


@dataclass(frozen=True)
class Outcome:
    """What a scenario came to.

    Attributes:
        events: What happened, in order, each with its `kind`.
        photos: The catalog's photos, virtual copies behind.
        steps: Names of the undo steps.
    """

    events: list[dict[str, Any]]
    photos: list[dict[str, Any]]
    steps: list[str]

    def happened(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of a kind."""
        return [event for event in self.events if event["kind"] == kind]

    @property
    def sayings(self) -> list[str]:
        """The last word of each action, the details included."""
        words = [event for event in self.events if event["kind"] in ("message", "bezel")]
        details = [event.get("more") for event in words]
        return [
            "\n".join([event["text"], *([more] if isinstance(more, str) and more else [])])
            for event, more in zip(words, details, strict=True)
        ]

    @property
    def said(self) -> str:
        """The one last word of the one action."""
        (saying,) = self.sayings
        return saying


class Lightroom:
    """A double with the plug-in as `sidelight setup` installs it for the daemon of a home."""

    def __init__(self, folder: Path, home: Path, *, can_start: bool = True) -> None:
        self.folder = folder
        self.endpoint = home / "state" / "endpoint.json"
        self.plugin = folder / "Modules" / "sidelight.lrplugin"
        (folder / "cwd").mkdir(parents=True)
        if not can_start:
            self._copy()
            return
        subprocess.run(
            [sys.executable, "-m", "sidelight", "setup", "lightroom", "--config-dir", str(folder)],
            env={**os.environ, "SIDELIGHT_HOME": str(home)}, check=True, capture_output=True,
        )  # fmt: skip

    def _copy(self) -> None:
        """Put the files there without a command that starts Sidelight."""
        self.plugin.mkdir(parents=True)
        for name, data in plug_in_files("lightroom/sidelight.lrplugin").items():
            (self.plugin / name).write_bytes(data)
        installation = f"return {{ endpoint = {self.text(self.endpoint)}, start = false }}\n"
        (self.plugin / "Installation.lua").write_text(installation, encoding="ascii")

    @staticmethod
    def text(value: object) -> str:
        """Return a path or a text as Lua's text, byte by byte."""
        return '"' + "".join(f"\\{byte:03d}" for byte in os.fsencode(str(value))) + '"'

    @staticmethod
    def press(item: str, **entered: Any) -> str:
        """Return the scenario in which a menu item is pressed; `entered` goes into its dialog."""
        values = ", ".join(f"{name} = {json.dumps(value)}" for name, value in entered.items())
        typing = f"w.entered = {{ {values} }}\n" if entered else ""
        return f"{typing}w:press('Menu{item}.lua')\n"

    @staticmethod
    def sidecar(photo: Path) -> dict[str, Any]:
        """Return the develop settings in a photo's sidecar, as Lightroom has them in a table."""
        settings = read_settings(photo.with_suffix(".xmp").read_bytes())
        wanted = {name: value for name, value in settings.items() if name not in NOT_DEVELOPING}
        if wanted.get("ToneCurvePV2012"):
            wanted["ToneCurvePV2012"] = [v for point in wanted["ToneCurvePV2012"] for v in point]
        return wanted

    def run(self, photos: Sequence[Path], scenario: str | None = None) -> Outcome:
        """Select photos and run a scenario; without one Auto HDR is pressed."""
        lua = shutil.which("lua5.1")
        if lua is None or shutil.which("curl") is None:
            pytest.skip("lua5.1 or curl is not installed")
        file = self.folder / "scenario.lua"
        added = "".join(
            f"p[#p + 1] = w.catalog:add({{ path = {self.text(photo)}, "
            f"is_raw = {str(photo.suffix != '.jpg').lower()} }})\n"
            for photo in photos
        )
        head = f"local w = ...\nlocal p = {{}}\n{added}w.catalog:select(p)\n"
        file.write_text(head + (scenario or self.press("Auto")), encoding="utf-8")
        done = subprocess.run(
            [lua, str(HERE / "scenario.lua"), str(self.plugin), str(file)],
            env={**os.environ, "LUA_PATH": f"{HERE}/?.lua;;"}, cwd=self.folder / "cwd",
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return Outcome(**json.loads(done.stdout.decode(errors="surrogateescape")))
