from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.emulators import EMULATORS, load_emulator
from sidelight.emulators.base import render
from sidelight.engines.camera import CameraEngine
from sidelight.errors import PhotoError
from sidelight.imaging.color import REC2020_TO_SRGB, SRGB_TO_REC2020, apply_matrix
from sidelight.imaging.difference import render_difference
from sidelight.imaging.image import Image, Preview
from sidelight.imaging.transfer import srgb_decode, srgb_encode
from sidelight.recipe import Recipe


@pytest.fixture(params=sorted(EMULATORS))
def editor(request: pytest.FixtureRequest) -> str:
    return request.param


def jpeg_of(rgb: np.ndarray, film: float = 1.0) -> np.ndarray:
    """A look that no emulator has: a curve for each channel, colours strengthened by hue."""
    srgb = np.clip(apply_matrix(rgb, REC2020_TO_SRGB).astype(np.float64), 0, None)
    curved = 1 - np.exp(-np.array([3.6, 3.4, 3.1]) * film * srgb ** np.array([1.1, 1.12, 1.15]))
    grey = curved.mean(axis=-1, keepdims=True)
    warm = np.clip(curved[..., :1] - curved[..., 2:], -0.3, 0.3)
    vivid = grey + (1.15 + 0.4 * warm) * (curved - grey)
    return np.rint(255 * srgb_encode(np.clip(vivid, 0, 1))).astype(np.uint8)


@pytest.fixture
def photo(landscape: Image) -> Image:
    """Patches with the landscape's colours and the camera's JPEG of them, cropped by 4 %."""
    rgb = np.repeat(np.repeat(landscape.rgb[::3, ::3], 8, axis=0), 8, axis=1)
    preview = Preview(jpeg_of(rgb)[5:-5, 7:-7], True, "a camera's look")
    return replace(landscape, rgb=rgb, clipped=np.zeros(rgb.shape, bool), preview=preview)


def distance(photo: Image, editor: str, recipe: Recipe) -> float:
    """Mean ΔE2000 of the rendered patches to the JPEG's."""
    out = render(load_emulator(editor), photo, recipe)[4::8, 4::8]
    shown = srgb_decode(jpeg_of(photo.rgb)[4::8, 4::8] / 255)
    return float(render_difference(out, apply_matrix(shown, SRGB_TO_REC2020)).mean())


@pytest.mark.parametrize("headroom", [0.0, 2.3])
def test_the_sdr_rendition_comes_close_to_the_jpeg(
    photo: Image, editor: str, headroom: float
) -> None:
    prediction = CameraEngine().predict(photo, editor, headroom)
    recipe = prediction.recipe
    default = distance(photo, editor, Recipe(hdr=recipe.hdr))
    assert distance(photo, editor, recipe) < 0.5 * default
    assert recipe.highlights == recipe.shadows == 0.0
    # The JPEG has the camera's white balance.
    assert abs(recipe.temperature_mired) < 15
    assert recipe.curve.is_identity == (editor == "lightroom" and headroom > 0)
    assert 0.4 < prediction.confidence <= 0.95


def test_another_look_gives_another_edit(photo: Image, editor: str) -> None:
    bright = CameraEngine().predict(photo, editor, 0.0)
    preview = Preview(jpeg_of(photo.rgb, 0.3)[5:-5, 7:-7], True, "a camera's look")
    dark = CameraEngine().predict(replace(photo, preview=preview), editor, 0.0)
    assert dark.recipe.exposure_ev < bright.recipe.exposure_ev - 0.5


def test_strength_scales_the_whole_edit(photo: Image, editor: str) -> None:
    whole = CameraEngine().predict(photo, editor, 0.0).recipe
    half = CameraEngine().predict(photo, editor, 0.0, strength=0.5).recipe
    assert half.exposure_ev == pytest.approx(0.5 * whole.exposure_ev, abs=0.02)
    assert half.curve.offsets == pytest.approx(np.multiply(0.5, whole.curve.offsets), abs=1e-6)


def test_moves_that_nobody_sees_are_not_made(photo: Image, editor: str) -> None:
    for strength in (1.0, 0.1):
        recipe = CameraEngine().predict(photo, editor, 0.0, strength).recipe
        moved = {name: abs(value) for name, value in recipe.sliders().items() if value}
        assert min(moved.get(name, 2.0) for name in ("temperature_mired", "tint", "blacks")) >= 2
        assert moved.get("exposure_ev", 0.02) >= 0.02


def test_without_a_cameras_look_it_says_why(photo: Image) -> None:
    engine = CameraEngine()
    assert photo.preview is not None
    with pytest.raises(PhotoError, match="no JPEG of a camera is embedded"):
        engine.predict(replace(photo, preview=None), "darktable")
    plain = replace(photo.preview, from_camera=False, reason="its preview was made by dcraw")
    with pytest.raises(PhotoError, match="no camera's look to match: its preview was made by dcr"):
        engine.predict(replace(photo, preview=plain), "darktable")
    other = np.random.default_rng(5).integers(0, 255, (24, 36, 3)).repeat(10, 0).repeat(10, 1)
    wrong = Preview(other.astype(np.uint8), True, "a camera's look")
    with pytest.raises(PhotoError, match="shows something else"):
        engine.predict(replace(photo, preview=wrong), "darktable")
    with pytest.raises(PhotoError, match="too little of its embedded JPEG"):
        engine.predict(replace(photo, clipped=np.ones(photo.rgb.shape, bool)), "darktable")
