"""A real darktable with its window on a virtual display, told what to do from a test."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

DRIVER = Path(__file__).with_name("driver.lua")
PROGRAMS = ("darktable", "Xvfb", "dbus-run-session", "xdotool")
SIZE = "1400x900x24"
STARTS_S = (20.0, 40.0, 60.0)
"""How long each attempt to start may take."""

STUCK_S = 4.0
"""Without any work it is stuck for good."""


@contextlib.contextmanager
def virtual_display(folder: Path) -> Iterator[str]:
    """Yield the name of a display of its own, such as `:7`."""
    read, write = os.pipe()
    with (folder / "xvfb.txt").open("wb") as log:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", SIZE, "-nolisten", "tcp"],
            pass_fds=(write,), stdout=log, stderr=log,
        )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as numbers:
            yield f":{numbers.readline().strip()}"
    finally:
        server.terminate()
        server.wait(15)


@dataclass
class Darktable:
    """A running darktable.

    Attributes:
        folder: Its home, configuration, driver and log.
        display: Where its window is.
        environment: Further variables, which programs it starts see too.
        command: What to start, without arguments.
        settings: Of darktable, by its own names.
        shortcuts: Key with modifiers, as in `"h;ctrl"`, to what it does.
    """

    folder: Path
    display: str
    environment: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = ("dbus-run-session", "--", "darktable")
    settings: Mapping[str, str] = field(default_factory=dict)
    shortcuts: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    asked: int = 0

    @property
    def config(self) -> Path:
        """darktable's configuration folder."""
        return self.folder / "config"

    @property
    def log(self) -> str:
        """What it printed."""
        return (self.folder / "log.txt").read_text(encoding="utf-8", errors="replace")

    def prepare(self) -> Darktable:
        """Make a fresh configuration, as after the installation."""
        for name in ("home", "config", "cache", "driver", "run"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "run").chmod(0o700)
        for file, values in (("darktablerc", self.settings), ("shortcutsrc", self.shortcuts)):
            text = "".join(f"{name}={value}\n" for name, value in values.items())
            (self.config / file).write_text(text, encoding="utf-8")
        return self

    def start(self) -> Darktable:
        """Start it and wait until its scripts run.

        darktable 4.2.1 at times waits for itself before it has read any script, with or without
        ours; it is then started once more.
        """
        for patience_s in STARTS_S:
            self._launch()
            if self._is_ready(patience_s):
                break
            self.kill()
        else:
            raise AssertionError(f"darktable does not start\n{self.log}")
        self.lua("dt.control.sleep(1200)")  # the window is drawn, the lighttable entered
        self._xdotool("mousemove", "1390", "890")  # a photo below the pointer would be meant
        return self

    def press(self, keys: str) -> None:
        """Press keys, such as `"ctrl+h"`, on the keyboard of its display."""
        self._xdotool("key", keys)

    def _xdotool(self, *words: str) -> None:
        environment = {**os.environ, "DISPLAY": self.display}
        subprocess.run(["xdotool", *words], env=environment, check=True, timeout=20)

    def _is_ready(self, patience_s: float) -> bool:
        assert self.process is not None
        worked_s, began = -1.0, time.monotonic()
        last = began
        while self.process.poll() is None and time.monotonic() - began < patience_s:
            if (self.folder / "driver" / "ready").exists():
                return True
            if (now_s := self._worked_s()) > worked_s:
                worked_s, last = now_s, time.monotonic()
            elif time.monotonic() - last > STUCK_S:
                return False
            time.sleep(0.05)
        return False

    def _worked_s(self) -> float:
        """Return the processor time of all that was started."""
        assert self.process is not None
        total_s = 0.0
        with contextlib.suppress(psutil.Error):
            first = psutil.Process(self.process.pid)
            for each in (first, *first.children(recursive=True)):
                total_s += sum(each.cpu_times()[:2])
        return total_s

    def _launch(self) -> None:
        luarc = self.config / "luarc"
        known = luarc.read_text(encoding="utf-8") if luarc.exists() else ""
        if DRIVER.name not in known:
            shutil.copy(DRIVER, self.folder / DRIVER.name)
            luarc.write_text(f'{known}\ndofile("{self.folder / DRIVER.name}")\n', encoding="utf-8")
        for old in (self.folder / "driver").iterdir():
            old.unlink()
        self.asked = 0
        config, cache = self.config, self.folder / "cache"
        words = [
            *self.command, "--configdir", str(config), "--cachedir", str(cache), "--library",
            str(config / "library.db"), "--disable-opencl", "-d", "lua", "-t", "2",
        ]  # fmt: skip
        environment = {
            **os.environ,
            "DISPLAY": self.display, "LC_ALL": "C.UTF-8", "NO_AT_BRIDGE": "1",
            "GDK_BACKEND": "x11", "HOME": str(self.folder / "home"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "SIDELIGHT_DRIVER": str(self.folder / "driver"),
            **self.environment,
        }  # fmt: skip
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                words, env=environment, stdout=log, stderr=log, cwd=self.folder,
                start_new_session=True,
            )  # fmt: skip

    def lua(self, chunk: str, timeout_s: float = 60.0) -> Any:
        """Run a chunk in darktable and return what it returned."""
        self.asked += 1
        path = self.folder / "driver" / f"{self.asked}.lua"
        part = path.with_suffix(".part")
        part.write_text(chunk, encoding="utf-8")
        part.rename(path)
        answer = path.with_suffix(".json")
        self.wait(answer.exists, timeout_s)
        values = json.loads(answer.read_text(encoding="ascii"))
        assert values["ok"], values["value"]
        return values.get("value")

    def wait(self, done: Callable[[], Any], timeout_s: float = 60.0) -> Any:
        """Wait until `done` returns something true, and return that."""
        ends = time.monotonic() + timeout_s
        while not (found := done()):
            assert self.process is not None
            assert self.process.poll() is None, f"darktable ended\n{self.log}"
            assert time.monotonic() < ends, f"waited {timeout_s:g} s in vain\n{self.log}"
            time.sleep(0.05)
        return found

    def screenshot(self, path: Path) -> Path:
        """Save what its display shows."""
        from PIL import ImageGrab

        ImageGrab.grab(xdisplay=self.display).save(path)
        return path

    def quit(self, timeout_s: float = 20.0) -> None:
        """End it as a user does."""
        assert self.process is not None
        self.asked += 1
        chunk = self.folder / "driver" / f"{self.asked}.lua"
        chunk.write_text('dt.gui.action("global/quit", 0, "", "", 1)', encoding="utf-8")
        self.process.wait(timeout_s)

    def kill(self) -> None:
        """End it and all it started."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(15)
        for lock in self.config.glob("*.lock"):  # its process may be there until init looks for it
            lock.unlink()
