"""Sidecars written for darktable 4.2.1 mean the same to the newest darktable there is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.imaging.darktable_cli import dropped_entries, read_pfm
from sidelight.imaging.difference import render_difference
from sidelight.learning.chart import NEUTRAL, patch_means, write_chart
from sidelight.learning.darktable_render import default_sidecar, render_darktable_batch
from sidelight.learning.test_set import build

pytestmark = [pytest.mark.slow, pytest.mark.darktable]

VIRTUAL = ("virtual_01", "virtual_06")
GREYS_LIMIT = 1e-3
CHART_LIMIT = 0.1
MEAN_LIMIT = 0.15
"""CIEDE2000; the versions differ a little in burnt-out highlights and in pixels at edges."""


def _export(programs: Path, folder: Path) -> tuple[dict[str, NDArray[np.float32]], list[str]]:
    """Render a folder of photos with their sidecars; return the renders by stem and what was said.

    It says nothing of its own accord about entries that it could not use, hence `-d params`.
    """
    out = folder / "out"
    out.mkdir()
    command = [
        programs / "darktable-cli", "--import", folder, out, "--out-ext", "pfm",
        "--icc-type", "LIN_REC2020", "--hq", "1", "--apply-custom-presets", "0",
        "--core", "--configdir", folder / "config", "--cachedir", folder / "cache",
        "--disable-opencl", "-t", "1", "-d", "params",
    ]  # fmt: skip
    done = subprocess.run(
        command, env={**os.environ, "LC_ALL": "C.UTF-8"}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    renders = {path.stem: read_pfm(path) for path in out.glob("*.pfm")}
    return renders, done.stdout.splitlines()


def _troubles(lines: list[str]) -> list[str]:
    marks = ("failed for type", "cannot get iop-order")
    return [
        line for line in lines if any(mark in line for mark in marks) or dropped_entries([line])
    ]


def test_it_renders_our_sidecars_as_the_installed_one_does(
    darktable_cli, newest_darktable, sidelight, shared, tmp_path
):
    folder = tmp_path / "photos"
    folder.mkdir()
    chart = write_chart(folder / "chart.dng")
    virtual = build(tmp_path / "virtual", shared / "data", only=VIRTUAL)
    photos = [chart.path, *(Path(shutil.copy(photo.raw, folder)) for photo in virtual)]
    written = sidelight("auto", "--editor", "darktable", *photos)
    assert written.returncode == 0, written.stderr
    sidecars = [photo.with_name(f"{photo.name}.xmp").read_bytes() for photo in photos]

    installed = render_darktable_batch(list(zip(photos, sidecars, strict=True)))
    newest, lines = _export(newest_darktable, folder)
    assert [render.dropped for render in installed] == [()] * len(photos)
    assert _troubles(lines) == []
    used = re.findall(r"successfully loaded module (\w+) from history", "\n".join(lines))
    written_by_us = re.findall(rb'darktable:operation="(\w+)"', b"".join(sidecars))
    assert not Counter(name.decode() for name in written_by_us) - Counter(used)

    ours, theirs = (patch_means(rgb) for rgb in (installed[0].rgb, newest["chart"]))
    greys = np.abs(theirs[chart.grey] / ours[chart.grey] - 1.0).max()
    colors = render_difference(ours[~chart.grey], theirs[~chart.grey])
    print(f"chart: greys apart by {greys:.1e}, colors by ΔE2000 {colors.max():.3f} at most")
    assert greys <= GREYS_LIMIT
    assert colors.max() <= CHART_LIMIT
    for photo, render in zip(photos[1:], installed[1:], strict=True):
        apart = render_difference(render.rgb, newest[photo.stem])
        print(f"{photo.stem}: ΔE2000 {apart.mean():.3f}, {np.percentile(apart, 95):.3f} at P95")
        assert apart.mean() <= MEAN_LIMIT


def test_an_entry_it_cannot_use_would_be_seen(newest_darktable, tmp_path):
    """What the test above finds nothing of is there to be found."""
    good = default_sidecar(1.0 / NEUTRAL)
    bad = {
        "impossible": re.sub(rb'(operation="exposure"[^>]+params=")00', rb"\g<1>63", good),
        "unknown": good.replace(b'operation="sigmoid"', b'operation="sigmoidal"'),
    }
    for name, sidecar in bad.items():
        assert sidecar != good
        chart = write_chart(tmp_path / f"{name}.dng").path
        chart.with_name(f"{chart.name}.xmp").write_bytes(sidecar)
    _, lines = _export(newest_darktable, tmp_path)
    troubles = "\n".join(_troubles(lines))
    assert "`exposure' failed for type" in troubles
    assert "sigmoidal" in troubles


def _inside(tree: Path) -> list[int]:
    """Return the processes whose root the tree is."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "root").readlink() == tree:
                found.append(int(folder.name))
        except OSError:
            continue  # it has ended, or is another user's
    return found


@pytest.fixture
def window(newest_darktable: Path, load_helper: Any, tmp_path: Path) -> Iterator[Any]:
    """Its interface, running on a display of its own; nothing of it is left afterwards."""
    gui = load_helper("lua_plugins/darktable/gui.py")
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    tree = newest_darktable.parent / "root"
    with gui.virtual_display(tmp_path) as display:
        command = (str(newest_darktable / "dbus-run-session"), "--", "darktable")
        one = gui.Darktable(tmp_path / "darktable", display, command=command).prepare()
        try:
            yield one.start()
            assert _inside(tree)
        finally:
            one.kill()
    ends = time.monotonic() + 10
    while _inside(tree) and time.monotonic() < ends:
        time.sleep(0.05)
    assert _inside(tree) == []
    assert "newest-darktable" not in Path("/proc/mounts").read_text(encoding="utf-8")


def test_its_interface_runs_scripts_that_start_our_own_program(newest_darktable, window, tmp_path):
    asked = [newest_darktable / "darktable-cli", "--version"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    version = window.lua("return dt.configuration.version")
    assert f"darktable {version}\n" in told
    assert int(version.split(".")[0]) >= 5

    said = tmp_path / "said.txt"
    words = f'"{sys.executable}" -P -m sidelight --version >"{said}"'
    assert window.lua(f"return dt.control.execute([[{words}]])") == 0
    assert said.read_text(encoding="utf-8").startswith("sidelight ")
