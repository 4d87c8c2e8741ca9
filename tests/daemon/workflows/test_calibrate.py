"""Exports → constants: fitted, kept only where better, saved, forgotten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight.editors.base import Order
from sidelight.editors.lightroom import Lightroom
from sidelight.emulators.base import render
from sidelight.emulators.lightroom import (
    LightroomConstants,
    LightroomEmulator,
    is_calibrated,
    load_calibration,
)
from sidelight.imaging import read_photo
from sidelight.imaging.export import write_sdr_jpeg
from sidelight.learning.random_recipe import random_recipes
from sidelight.paths import HOME_VARIABLE, lightroom_calibration_file
from sidelight.recipe import Recipe
from sidelight.workflows.calibrate import LEAST_TRIPLES, calibrate, reset

pytestmark = pytest.mark.slow

OTHER = LightroomConstants(
    shadows_ev=2.2, shadows_pivot_ev=-1.5, contrast_slope=0.3, exposure_offset_ev=0.5
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory, tiny_raw: Callable[[Path], Path]) -> Path:
    """Twelve raw files with sidecars and exports of an emulator with other constants."""
    folder = tmp_path_factory.mktemp("exports")
    order = Order(tmp_path_factory.mktemp("first"), "test")
    for number, drawn in enumerate(random_recipes(12, seed=8)):
        recipe = Recipe(
            contrast=0.5 * drawn.contrast, shadows=0.8 * drawn.shadows, exposure_ev=-0.4
        )
        raw = tiny_raw(folder / f"IMG_{number:02d}.dng")
        image = read_photo(raw, 512)
        Lightroom().write(image.info, recipe, order)
        written = Lightroom().read(image.info).recipe
        write_sdr_jpeg(raw.with_suffix(".jpg"), render(LightroomEmulator(OTHER), image, written))
    return folder


def test_constants_are_found_saved_used_and_forgotten(exports: Path) -> None:
    steps: list[tuple[int, int]] = []
    report = calibrate([exports], progress=lambda *step: steps.append(step))
    assert report.status == "saved"
    assert (report.used, report.held_back) == (12, 2)
    assert report.before["mean"] > 3.0
    assert report.after["mean"] < 0.3 * report.before["mean"]
    assert steps[-1] == (24, 24)
    found = load_calibration()
    assert found.constants.shadows_ev == pytest.approx(OTHER.shadows_ev, abs=0.2)
    assert found.constants.contrast_slope == pytest.approx(OTHER.contrast_slope, abs=0.03)
    assert found.groups == ("contrast", "exposure_ev", "shadows")
    assert is_calibrated() and not is_calibrated(hdr=True)
    by_name = {item.slider: item for item in report.sliders}
    assert by_name["shadows"].fitted and not by_name["vibrance"].fitted
    assert by_name["vibrance"].before is None and by_name["vibrance"].moved_by == 0
    before, after = by_name["shadows"].constants["shadows_ev"]
    assert (before, after) == (1.5, found.constants.shadows_ev)

    again = calibrate([exports])
    assert again.status == "kept"
    assert load_calibration() == found

    assert reset() and not reset()
    assert not is_calibrated()


def test_a_dry_run_saves_nothing(exports: Path) -> None:
    report = calibrate([exports], dry_run=True)
    assert report.status == "found"
    assert not lightroom_calibration_file().exists()


def test_too_few_are_refused(exports: Path) -> None:
    some = sorted(exports.glob("*.dng"))[: LEAST_TRIPLES - 1]
    report = calibrate(some)
    assert report.status == "too few"
    assert f"here are {LEAST_TRIPLES - 1} and 0" in report.reason
    assert not report.sliders and not lightroom_calibration_file().exists()


def test_what_is_skipped_is_named(exports: Path, tmp_path: Path) -> None:
    report = calibrate([tmp_path / "absent.cr3", exports], tmp_path)
    assert report.status == "too few"
    reasons = {item.path.name: item.reason for item in report.skipped}
    assert "no such file" in reasons["absent.cr3"]
    assert "no export" in reasons["IMG_00.dng"]


def test_the_shared_gain_maps(shared: Path) -> None:
    report = calibrate(sorted((shared / "data/photos").glob("*.jpg")))
    names = [item.path.name for item in report.gain_maps]
    assert names == ["acr17_hdr_edit_city_night_fog.jpg", "libavif_seine_sdr_gainmap_srgb.jpg"]
    city, river = report.gain_maps
    assert city.before_rms == pytest.approx(0.42, abs=0.02) and city.alone_rms < 0.1
    assert not city.note and "SDRShadows" in river.note
    assert report.status == "too few"
    values = report.to_json()
    assert values["gain_maps"][0]["alone_constants"]["hdr_gain_ev"] > 0.3


def test_enough_gain_maps_calibrate_hdr_mode(shared: Path, tmp_path: Path) -> None:
    """One export several times over: that the path works, not what the constants are."""
    content = (shared / "data/photos/acr17_hdr_edit_city_night_fog.jpg").read_bytes()
    for number in range(5):
        (tmp_path / f"{number}.jpg").write_bytes(content)
    report = calibrate([tmp_path])
    assert report.status == "saved"
    assert report.gain_map_error["after"] < 0.1 < report.gain_map_error["before"]
    assert is_calibrated(hdr=True) and not is_calibrated()
    assert load_calibration().constants.shadows_ev == LightroomConstants().shadows_ev
