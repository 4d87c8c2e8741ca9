"""The virtual camera against independent decoders."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rawpy

from sidelight.imaging.color import luminance
from sidelight.learning.darktable_render import linear_sidecar, render_darktable
from sidelight.learning.radiance import RadianceMap
from sidelight.learning.truth import Truth
from sidelight.learning.virtual_camera import (
    SENSORS,
    Shot,
    enlarged,
    illuminant_xyz,
    midtone_level,
    take,
)


def patch_means(rgb: np.ndarray) -> np.ndarray:
    """Mean of the inner 24 x 24 pixels of each of the 48 patches, shape (48, 3)."""
    blocks = rgb.reshape(6, 64, 8, 64, -1)[:, 20:44, :, 20:44]
    return blocks.mean(axis=(1, 3)).reshape(48, -1)


def well_exposed(truth: Truth) -> np.ndarray:
    camera = patch_means(truth.camera())
    return (camera.max(axis=1) < 0.9) & (camera.min(axis=1) > 0.03)


@pytest.mark.parametrize("sensor", list(SENSORS))
def test_rawpy_decodes_the_truth(
    sensor: str, patches: RadianceMap, shot: Shot, lut_folder: Path, tmp_path: Path
) -> None:
    dng, truth = take(patches, replace(shot, sensor=sensor), lut_folder)
    path = tmp_path / "photo.dng"
    path.write_bytes(dng.to_bytes())
    with rawpy.imread(str(path)) as raw:
        rgb = raw.postprocess(
            output_color=rawpy.ColorSpace.raw, gamma=(1, 1), no_auto_bright=True,
            adjust_maximum_thr=0.0, output_bps=16, use_camera_wb=True,
        )  # fmt: skip
    balanced = truth.camera() / dng.as_shot_neutral
    chosen = well_exposed(truth)
    assert chosen.sum() >= 10
    ratio = patch_means(rgb / 65535)[chosen] / patch_means(balanced)[chosen]
    np.testing.assert_allclose(ratio, 1.0, atol=0.01)


@pytest.mark.darktable
@pytest.mark.parametrize("sensor", list(SENSORS))
def test_darktable_decodes_the_truth(
    sensor: str,
    patches: RadianceMap,
    shot: Shot,
    lut_folder: Path,
    tmp_path: Path,
    darktable_cli: str,
) -> None:
    dng, truth = take(patches, replace(shot, sensor=sensor), lut_folder)
    path = tmp_path / "photo.dng"
    path.write_bytes(dng.to_bytes())
    render = render_darktable(path, linear_sidecar(1 / dng.as_shot_neutral))
    assert not render.dropped
    chosen = well_exposed(truth)
    ratio = patch_means(render.rgb)[chosen] / patch_means(truth.rgb)[chosen]
    np.testing.assert_allclose(ratio, 1.0, atol=0.01)


def test_rawtherapee_opens_it(
    patches: RadianceMap, shot: Shot, lut_folder: Path, tmp_path: Path
) -> None:
    program = shutil.which("rawtherapee-cli")
    if program is None:
        pytest.skip("rawtherapee-cli is not installed")
    path = tmp_path / "photo.dng"
    path.write_bytes(take(patches, shot, lut_folder)[0].to_bytes())
    out = tmp_path / "out.tif"
    subprocess.run(
        [program, "-q", "-o", str(out), "-t", "-Y", "-c", str(path)],
        check=True, capture_output=True, timeout=120, env={"HOME": str(tmp_path)},
    )  # fmt: skip
    assert out.stat().st_size > 100_000


@pytest.mark.parametrize("exposure_ev", [-1.5, 0.0, 1.5])
def test_mid_tones_are_where_the_exposure_puts_them(
    exposure_ev: float, patches: RadianceMap, shot: Shot, lut_folder: Path
) -> None:
    _, truth = take(patches, replace(shot, exposure_ev=exposure_ev), lut_folder)
    assert midtone_level(luminance(truth.rgb)) == pytest.approx(-2.5 + exposure_ev, abs=1e-3)


@pytest.mark.parametrize(("sensor", "iso"), [("A", 100), ("A", 1600), ("B", 400)])
def test_noise_has_the_variance_of_photons_and_electronics(
    sensor: str, iso: int, shot: Shot, lut_folder: Path
) -> None:
    grey = RadianceMap(np.full((384, 512, 3), 0.5, np.float32), is_panorama=False)
    dng, truth = take(grey, replace(shot, sensor=sensor, iso=iso), lut_folder)
    camera = SENSORS[sensor]
    span = camera.white - camera.black
    green = (dng.mosaic[::2, 1::2].astype(float) - camera.black) / span
    electrons = green.mean() * truth.full_well_e
    expected = (electrons + truth.read_noise_e**2) / truth.full_well_e**2
    rounding = 1 / 12 / span**2
    assert truth.full_well_e == pytest.approx(camera.full_well_e * 100 / iso)
    assert green.var() == pytest.approx(expected + rounding, rel=0.03)
    assert green.mean() == pytest.approx(truth.camera()[0, 0, 1], rel=0.002)


def test_clipping_is_at_the_declared_white_and_nowhere_above(
    patches: RadianceMap, shot: Shot, lut_folder: Path
) -> None:
    dng, truth = take(patches, shot, lut_folder)
    assert dng.mosaic.max() == dng.white
    sites = truth.camera()[::2, 1::2, 1]
    green = dng.mosaic[::2, 1::2]
    assert (green[sites > 1.1] == dng.white).all()
    assert (green[sites < 0.9] < dng.white).all()
    dark = take(patches, replace(shot, exposure_ev=-12.0), lut_folder)[0].mosaic
    assert dark[::2, ::2].mean() < dng.black + 200
    assert dark.min() < dng.black


def test_the_seed_decides_the_bytes(patches: RadianceMap, shot: Shot, lut_folder: Path) -> None:
    first = take(patches, shot, lut_folder)[0].to_bytes()
    assert first == take(patches, shot, lut_folder)[0].to_bytes()
    assert first != take(patches, replace(shot, seed=shot.seed + 1), lut_folder)[0].to_bytes()


@pytest.mark.parametrize("offset", [-20.0, -5.0, 5.0, 20.0])
def test_the_as_shot_neutral_is_off_by_as_many_mired_as_told(
    offset: float, patches: RadianceMap, shot: Shot, lut_folder: Path
) -> None:
    dng, _ = take(patches, replace(shot, as_shot_mired=offset), lut_folder)
    x, y, z = np.linalg.solve(dng.color_matrix, dng.as_shot_neutral)
    n = (x / (x + y + z) - 0.3320) / (0.1858 - y / (x + y + z))
    kelvin = 449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33
    assert 1e6 / kelvin - 1e6 / shot.illuminant_k == pytest.approx(offset, abs=2.0)


def test_true_white_balance_is_kept_beside_it(
    patches: RadianceMap, shot: Shot, lut_folder: Path
) -> None:
    _, truth = take(patches, shot, lut_folder)
    balanced = truth.rgb @ truth.balanced_from_rgb.T
    scene = patches.rgb
    ratio = patch_means(balanced) / patch_means(scene.reshape(384, 512, 3))
    np.testing.assert_allclose(ratio, ratio.mean(), rtol=0.01)
    assert np.ptp(truth.rgb[32, 32]) > 0.01 * truth.rgb[32, 32].mean()


@pytest.mark.parametrize(
    ("kelvin", "x", "y"),
    [
        (6504, 0.3127, 0.3290),
        (5003, 0.3457, 0.3585),
        (2856, 0.4476, 0.4074),
        (2000, 0.5267, 0.4133),
    ],
)
def test_illuminants_are_the_standard_ones(kelvin: float, x: float, y: float) -> None:
    xyz = illuminant_xyz(kelvin)
    np.testing.assert_allclose(xyz[:2] / xyz.sum(), [x, y], atol=0.0015)


def test_exposure_time_follows_absolute_light(shot: Shot) -> None:
    # Sunlit mid-tones of 4000 cd/m2 at f/16 and ISO 100: the "sunny 16" rule, 1/100 s.
    sunny = replace(shot, luminance_cd_m2=4000.0, f_number=16.0, iso=100)
    assert sunny.exposure_s == pytest.approx(1 / 100, rel=0.5)
    assert replace(sunny, exposure_ev=1.0).exposure_s == pytest.approx(2 * sunny.exposure_s)


def test_the_timing_photo_has_twelve_megapixels(
    patches: RadianceMap, shot: Shot, lut_folder: Path, tmp_path: Path
) -> None:
    small = take(patches, shot, lut_folder)[0]
    path = tmp_path / "large.dng"
    path.write_bytes(enlarged(small).to_bytes())
    with rawpy.imread(str(path)) as raw:
        assert raw.raw_image.size == 4096 * 3072
        np.testing.assert_array_equal(raw.raw_image[-384:, -512:], small.mosaic)
