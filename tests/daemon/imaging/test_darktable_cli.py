"""darktable's command line as we run it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from sidelight.errors import ToolError, UnreadableError
from sidelight.imaging.darktable_cli import (
    darktable_cli as find_darktable_cli,
)
from sidelight.imaging.darktable_cli import (
    dropped_entries,
    map_pfm,
    read_pfm,
    run_darktable_cli,
)

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of a death")

ALONE = """
import sys
from pathlib import Path
from sidelight.imaging.darktable_cli import run_darktable_cli
photo, folder = map(Path, sys.argv[1:])
run_darktable_cli([str(photo), str(folder / "out.pfm")], folder, timeout_s=60)
"""


@pytest.fixture
def photo(sensor: Any, write_dng: Callable[..., Path]) -> Path:
    return write_dng(sensor.mosaic(sensor.smooth(96, 144)))


def export(photo: Path, folder: Path, timeout_s: float = 60.0) -> np.ndarray:
    folder.mkdir()
    out = folder / "out.pfm"
    run_darktable_cli([str(photo), str(out)], folder, timeout_s=timeout_s)
    return read_pfm(out)


@pytest.mark.darktable
def test_nothing_of_the_users_is_touched(
    photo: Path, tmp_path: Path, darktable_cli: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / ".config" / "darktable").mkdir(parents=True)
    (home / ".config" / "darktable" / "darktablerc").write_text("mine", encoding="ascii")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    beside = {path: path.read_bytes() for path in photo.parent.iterdir() if path.is_file()}
    assert export(photo, tmp_path / "one").shape == (96, 144, 3)
    files = [path for path in home.rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["darktablerc"]
    assert files[0].read_text(encoding="ascii") == "mine"
    assert {path.name for path in home.iterdir()} == {".config"}
    assert beside == {path: path.read_bytes() for path in photo.parent.iterdir() if path.is_file()}


@pytest.mark.darktable
def test_two_at_a_time_meet_no_lock(photo: Path, tmp_path: Path, darktable_cli: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda name: export(photo, tmp_path / name), ("one", "two"))
    np.testing.assert_array_equal(first, second)


@pytest.mark.darktable
def test_it_is_given_up_after_its_time(photo: Path, tmp_path: Path, darktable_cli: str) -> None:
    with pytest.raises(ToolError, match="took longer"):
        export(photo, tmp_path / "one", timeout_s=0.01)
    assert not children(psutil.Process())


def children(process: psutil.Process) -> list[psutil.Process]:
    """The processes of darktable's below one."""
    return [child for child in process.children(recursive=True) if "darktable" in child.name()]


@linux
@pytest.mark.darktable
def test_d1_it_dies_with_the_process_that_asked(
    photo: Path, tmp_path: Path, darktable_cli: str
) -> None:
    """Nobody is left to end it when the asking process alone is killed."""
    folder = tmp_path / "one"
    folder.mkdir()
    asking = subprocess.Popen([sys.executable, "-c", ALONE, str(photo), str(folder)])
    found: list[psutil.Process] = []
    until = time.monotonic() + 20
    while not found and time.monotonic() < until and asking.poll() is None:
        found = children(psutil.Process(asking.pid))
    assert found, "darktable was not seen"
    found[0].send_signal(signal.SIGSTOP)  # so that it cannot end by itself
    asking.kill()
    asking.wait(20)
    gone, alive = psutil.wait_procs(found, timeout=20)
    for process in alive:
        process.kill()
    assert gone and not alive
    assert not (folder / "out.pfm").exists()


def test_a_missing_darktable_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sidelight.imaging.darktable_cli._USUAL_PLACES", ())
    with pytest.raises(ToolError, match="not installed"):
        find_darktable_cli()


def test_it_is_found_where_its_installer_puts_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / "darktable.app"
    program.touch()
    places = (str(tmp_path / "elsewhere"), str(program))
    monkeypatch.setattr("sidelight.imaging.darktable_cli._USUAL_PLACES", places)
    assert find_darktable_cli() == str(program)


def test_complaints_are_told_from_chatter() -> None:
    lines = [
        "[export_job] exported to `out.pfm'",
        "[dt_ioppr] version mismatch of module sigmoid",
        "module `magic' is not installed on this computer",
    ]
    assert dropped_entries(lines) == tuple(lines[1:])


@pytest.mark.parametrize("order", ["<", ">"])
def test_float_maps_are_bottom_up_in_either_byte_order(tmp_path: Path, order: str) -> None:
    pixels = np.arange(18, dtype=np.float32).reshape(3, 2, 3)
    scale = b"-1.0" if order == "<" else b"1.0"
    path = tmp_path / "map.pfm"
    path.write_bytes(b"PF\n2 3\n" + scale + b"\n" + pixels[::-1].astype(f"{order}f4").tobytes())
    np.testing.assert_array_equal(read_pfm(path), pixels)
    np.testing.assert_array_equal(map_pfm(path), pixels)


@pytest.mark.parametrize("data", [b"", b"Pf\n1 1\n-1\n0000", b"PF\n9 9\n-1.0\n0000", b"PF\nx"])
def test_damaged_float_maps_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "map.pfm"
    path.write_bytes(data)
    for read in (read_pfm, map_pfm):
        with pytest.raises(UnreadableError):
            read(path)
