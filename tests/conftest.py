"""Fixtures every test may use."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
SHARED = CHECKOUT.parent / "shared"

SHORT_DELAYS: dict[str, Any] = {
    "port": 0,
    "workers": 1,
    "settle_s": 0.2,
    "network_settle_s": 0.4,
    "debounce_s": 0.05,
    "poll_s": 1.0,
}
"""Settings of a daemon under test."""


@pytest.fixture(autouse=True, scope="session")
def _nobodys_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep settings, calibration and records of whoever runs the tests out of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIDELIGHT_HOME", str(tmp_path_factory.mktemp("nobody")))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with slow tests first: two workers then end at about the same time."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test marked quiet run while no other worker runs one."""
    with _turn(item.config, alone=item.get_closest_marker("quiet") is not None):
        return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded as their `figure`, which a worker cannot print."""
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    figures = [
        str(value)
        for report in reports
        for name, value in report.user_properties
        if name == "figure"
    ]
    if figures:
        terminalreporter.section("figures")
    for figure in figures:
        terminalreporter.line(figure)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, object, object]:
    """Let names that are no text pass from a worker to the process that prints them."""
    return _printable((yield))


def _printable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_printable(key): _printable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_printable, value))
    return value


@contextlib.contextmanager
def _turn(config: pytest.Config, *, alone: bool) -> Iterator[None]:
    if not hasattr(config, "workerinput"):  # there are no workers
        yield
        return
    import fcntl

    # Locked are a file and a folder that are there anyway, so that nothing is left behind.
    gate, room = (os.open(path, os.O_RDONLY) for path in (Path(__file__), Path(__file__).parent))
    try:
        # Whoever waits to be alone keeps the gate shut, or others would go on slipping through.
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield
    finally:
        fcntl.flock(room, fcntl.LOCK_UN)  # a child that was forked meanwhile may live on
        os.close(room)
        os.close(gate)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the source tree."""
    return CHECKOUT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared test photos and sidecars; absent from a public clone."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def darktable_cli() -> str:
    """Path of the installed darktable-cli."""
    found = shutil.which("darktable-cli")
    if found is None:
        pytest.skip("darktable-cli is not installed")
    return found


@pytest.fixture(scope="session")
def newest_darktable(checkout: Path) -> Path:
    """The folder with the programs of Debian unstable's darktable.

    First on the PATH they take the place of the installed ones; they see every file where it is.
    """
    folder = checkout / ".environment" / "newest-darktable"
    if not (folder / "prepared.json").is_file():
        pytest.skip("not prepared by `python3 installer test --newest-darktable`")
    return folder / "bin"


@pytest.fixture(scope="session")
def load_helper() -> Callable[[str], ModuleType]:
    """Import a module of the tests by its path below tests/, once, as its bare name."""

    def load(path: str) -> ModuleType:
        name = Path(path).stem
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, CHECKOUT / "tests" / path)
            assert spec is not None and spec.loader is not None
            sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[name])
        return sys.modules[name]

    return load


TinyRaw = Callable[[Path], Path]


@pytest.fixture(scope="session")
def tiny_luts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with plain film LUTs for the virtual camera's looks."""
    from sidelight.learning.camera_look import LOOKS

    luts = tmp_path_factory.mktemp("tiny_luts")
    table = [f"{r} {g} {b}" for b in (0, 0.9) for g in (0, 0.9) for r in (0, 0.9)]
    for look in LOOKS.values():
        (luts / look.film).write_text("LUT_3D_SIZE 2\n" + "\n".join(table), encoding="ascii")
    return luts


@pytest.fixture(scope="session")
def tiny_burst(tiny_luts: Path) -> Callable[..., list[Path]]:
    """Write a burst of virtual raws into a folder, as `write_burst` does; no shared data needed."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    from sidelight.learning.burst import write_burst
    from sidelight.learning.radiance import RadianceMap, View
    from sidelight.learning.virtual_camera import Shot

    random = np.random.default_rng(4)

    def noise(sigma: float, channels: int = 1) -> Any:
        planes = random.normal(0, 1, (128, 256, channels))
        return gaussian_filter(planes, (sigma, sigma, 0), mode="wrap") * sigma

    level = 2.0 * noise(24) + 2.5 * noise(6) + noise(2) + 2.0 * noise(16, 3)
    scene = RadianceMap((2.0**level).astype(np.float32), is_panorama=True)

    def write(folder: Path, frames: Any) -> list[Path]:
        return write_burst(folder, scene, Shot(View(0.0, 0.0, 90.0), seed=3), frames, tiny_luts)

    return write


@pytest.fixture(scope="session")
def tiny_raw(tiny_luts: Path) -> TinyRaw:
    """Write a virtual raw of 0.1 megapixels; its content is that of no other name."""
    import numpy as np

    from sidelight.learning.radiance import RadianceMap, View
    from sidelight.learning.virtual_camera import Shot, take

    levels = 2.0 ** np.linspace(-8, 6, 48).reshape(6, 8, 1) * np.array([1.1, 1.0, 0.9])
    patches = np.repeat(np.repeat(levels, 64, axis=0), 64, axis=1).astype(np.float32)
    scene = RadianceMap(patches, is_panorama=False)
    dng, _ = take(scene, Shot(View(crop=(0.0, 0.0, 1.0)), seed=7), tiny_luts, (352, 264))

    def write(path: Path) -> Path:
        name = os.fsencode(path.name).ljust(64, b"\0")
        path.write_bytes(replace(dng, maker_note=name).to_bytes())
        return path

    return write


@dataclass
class RunningDaemon:
    """A real `sidelight serve` in a home of its own."""

    home: Path
    process: subprocess.Popen[bytes]
    seconds_to_start: float = 0.0

    @property
    def output(self) -> str:
        """What it printed, warnings and errors included."""
        return (self.home / "stdout.txt").read_text() + (self.home / "stderr.txt").read_text()

    @property
    def endpoint(self) -> dict[str, Any]:
        """What clients find it by."""
        return json.loads((self.home / "state" / "endpoint.json").read_text(encoding="utf-8"))

    @property
    def log(self) -> str:
        """Everything it logged."""
        folder = self.home / "state" / "log"
        return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*")))

    @property
    def client(self) -> Any:
        """A client that has checked whom it speaks to."""
        from sidelight.service.client import find_daemon

        found = find_daemon(10, endpoint_file=self.home / "state" / "endpoint.json")
        assert found is not None, "no daemon answers"
        return found

    def wait(self, done: Callable[[], object], timeout_s: float = 60.0) -> Any:
        """Wait until `done` returns something true, and return that."""
        ends = time.monotonic() + timeout_s
        while not (answer := done()):
            assert self.process.poll() is None, f"the daemon ended\n{self.log}"
            assert time.monotonic() < ends, f"waited {timeout_s:g} s in vain\n{self.log}"
            time.sleep(0.05)
        return answer

    def stop(self, timeout_s: float = 15.0) -> int:
        """Ask it to end and return its exit code."""
        self.process.terminate()
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait(15)


StartDaemon = Callable[..., RunningDaemon]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[StartDaemon]:
    """Start `sidelight serve`; again in the same home after `stop` or `kill`.

    Called with further command-line arguments and `config=` (settings beside the short delays),
    `home=`, `environment=`, `before=` (a command line to run it under).
    """
    with _daemons(tmp_path / "home") as start:
        yield start


@pytest.fixture(scope="module")
def lasting_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDaemon]:
    """One `sidelight serve` for all tests of a file that do not end it."""
    with _daemons(tmp_path_factory.mktemp("daemon") / "home") as start:
        yield start()


@contextlib.contextmanager
def _daemons(usual_home: Path) -> Iterator[StartDaemon]:
    running: list[RunningDaemon] = []

    def start(
        *arguments: str,
        config: dict[str, Any] | None = None,
        home: Path | None = None,
        environment: dict[str, str] | None = None,
        before: tuple[str, ...] = (),
    ) -> RunningDaemon:
        home = home or usual_home
        _write_config(home, {**SHORT_DELAYS, **(config or {})})
        endpoint = home / "state" / "endpoint.json"
        old = endpoint.read_bytes() if endpoint.exists() else None
        started = time.monotonic()
        process = subprocess.Popen(
            [*before, sys.executable, "-m", "sidelight", "serve", *arguments],
            env={**os.environ, "SIDELIGHT_HOME": str(home), **(environment or {})},
            stdout=(home / "stdout.txt").open("wb"),
            stderr=(home / "stderr.txt").open("wb"),
        )
        one = RunningDaemon(home, process)
        running.append(one)
        _wait_for_endpoint(one, old)
        one.seconds_to_start = time.monotonic() - started
        return one

    try:
        yield start
    finally:
        for one in running:
            with contextlib.suppress(ProcessLookupError):
                one.process.kill()
            one.process.wait(timeout=15)


def _write_config(home: Path, settings: dict[str, Any]) -> None:
    file = home / "config" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _wait_for_endpoint(one: RunningDaemon, old: bytes | None) -> None:
    endpoint = one.home / "state" / "endpoint.json"
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        if one.process.poll() is not None:
            raise AssertionError(f"the daemon ended: {one.output}")
        with contextlib.suppress(FileNotFoundError):
            if endpoint.read_bytes() != old:
                return
        time.sleep(0.02)
    raise AssertionError("the daemon did not start within 30 s")
