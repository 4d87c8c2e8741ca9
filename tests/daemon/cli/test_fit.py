"""`sidelight fit`."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from sidelight.cli import main
from sidelight.recipe import Recipe

MADE = Recipe(exposure_ev=-0.8, contrast=15, saturation=-12, blacks=-10)


@pytest.fixture
def after(raw: Path, tmp_path: Path) -> Path:
    """The picture that darktable's emulator makes of the raw file with MADE, as 16-bit TIFF."""
    import tifffile

    from sidelight.emulators import load_emulator
    from sidelight.emulators.base import render
    from sidelight.imaging import read_photo
    from sidelight.imaging.color import SRGB_TO_REC2020
    from sidelight.imaging.transfer import srgb_encode

    image = read_photo(raw, size_px=512)
    linear = render(load_emulator("darktable"), image, MADE) @ np.linalg.inv(SRGB_TO_REC2020).T
    path = tmp_path / "after.tif"
    tifffile.imwrite(path, np.rint(65535 * np.clip(srgb_encode(linear), 0, 1)).astype(np.uint16))
    return path


def test_a_rendered_pair_gives_back_its_settings(raw: Path, after: Path, run) -> None:
    code, (line,) = run("fit", raw, after, "--editor", "darktable")
    assert code == 0
    assert line["status"] == "fitted" and line["sidecar"] is None
    found = Recipe.from_json(line["recipe"])
    assert found.exposure_ev == pytest.approx(MADE.exposure_ev, abs=0.15)
    assert line["psnr_db"] > 30
    assert {item["slider"] for item in line["sliders"]} >= {"exposure_ev", "contrast"}
    assert {path.name for path in raw.parent.iterdir()} == {"good.dng"}


def test_write_makes_a_sidecar_and_keeps_an_edit(raw: Path, after: Path, run) -> None:
    _, (line,) = run("fit", raw, after, "--editor", "darktable", "--write")
    assert line["status"] == "written"
    sidecar = Path(line["sidecar"])
    sidecar.write_bytes(sidecar.read_bytes().replace(b'"sigmoid"', b'"filmicrgb"'))
    _, (line,) = run("fit", raw, after, "--editor", "darktable", "--write")
    assert line["status"] == "kept"
    _, (line,) = run("fit", raw, after, "--editor", "darktable", "--write", "--overwrite")
    assert line["status"] == "written"


def test_lines_for_people(raw: Path, after: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", str(raw), str(after), "--editor", "darktable"]) == 0
    out = capsys.readouterr().out
    assert "Exposure" in out and "EV" in out and "dB" in out


def test_failures_are_one_sentence(raw: Path, shared: Path, tmp_path: Path, run) -> None:
    photos = shared / "data" / "photos"
    cases = {
        tmp_path / "missing.jpg": "",
        raw: "finished picture",
        photos / "pigallery2_wild-1.jpg": "framing",
    }
    for after, part in cases.items():
        code, (line,) = run("fit", raw, after)
        assert (code, line["status"]) == (1, "error")
        assert part in line["reason"] and "\n" not in line["reason"]
        assert "unexpected" not in line["reason"]
    other = shutil.copy(raw, tmp_path / "text.CR3")
    Path(other).write_text("no photo")
    code, (line,) = run("fit", other, photos / "pigallery2_wild-1.jpg")
    assert (code, line["status"]) == (1, "error")


def test_an_unknown_editor_is_usage(raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["fit", str(raw), str(raw), "--editor", "paint"])
    assert stopped.value.code == 2
    assert "darktable" in capsys.readouterr().err
