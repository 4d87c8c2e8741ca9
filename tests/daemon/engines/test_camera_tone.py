"""The curve read off a camera's JPEG is the curve that made it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from sidelight.engines.camera_tone import CameraTone, camera_tone
from sidelight.imaging.image import Image, Preview

ImageOf = Callable[..., Image]
CameraJpeg = Callable[..., Preview]


def view(ev: float = 0.0) -> NDArray[np.float64]:
    """Smooth light of eight stops with soft colours, 192 by 288 pixels, at an exposure."""
    rows, columns = np.mgrid[0:1:192j, 0:1:288j]
    level = -6.0 + 6.5 * columns + np.sin(5 * rows)
    color = np.stack([1 + 0.3 * np.sin(9 * rows), np.ones_like(rows), 1 + 0.3 * rows], axis=-1)
    return np.asarray(2.0 ** (level[..., None] + ev) * color)


@pytest.fixture
def shot(image_of: ImageOf, camera_jpeg: CameraJpeg) -> Callable[..., Image]:
    def make(rgb: ArrayLike, chroma: float = 1.0, scale: int = 1) -> Image:
        pixels = np.asarray(rgb, dtype=np.float32)
        return replace(
            image_of(pixels, pixels >= 2.5), preview=camera_jpeg(pixels[::scale, ::scale], chroma)
        )

    return make


def test_the_curve_is_that_of_the_camera_however_the_view_was_exposed(
    shot: Callable[..., Image], camera_curve: Callable[..., NDArray[np.float64]]
) -> None:
    for ev in (-1.5, 0.0, 1.5):
        tone = camera_tone(shot(view(ev), scale=2))
        assert tone is not None
        levels = np.linspace(-4.0, 0.5, 10)
        error = tone.show(levels) - camera_curve(levels)
        assert np.abs(error).max() < 0.15, ev


def test_levels_rise_and_what_is_shown_never_falls(shot: Callable[..., Image]) -> None:
    image = shot(view())
    assert image.preview is not None
    negative = replace(image.preview, rgb=np.asarray(255 - image.preview.rgb))
    for one in (image, replace(image, preview=negative)):
        tone = camera_tone(one)
        assert tone is not None
        assert (np.diff(tone.raw_ev) > 0).all()
        assert (np.diff(tone.shown_ev) >= 0).all()
        shown = tone.show(np.linspace(-14, 8, 300))
        assert (np.diff(shown) >= -1e-9).all()
        assert np.abs(np.diff(shown)).max() < 0.4


def test_beyond_what_was_seen_the_curve_goes_on() -> None:
    tone = CameraTone(np.array([-4.0, 0.0]), np.array([-5.0, 1.0]), 1.0)
    assert tone.show(np.array([-4.0, -2.0, 0.0])).tolist() == [-5.0, -2.0, 1.0]
    assert tone.show(np.array([-6.0]))[0] < -5.0
    assert tone.show(np.array([2.0]))[0] > 1.0


def test_what_the_raw_lost_says_nothing(shot: Callable[..., Image]) -> None:
    image = shot(view())
    assert image.preview is not None
    right = np.zeros(image.rgb.shape, dtype=bool)
    right[:, 192:] = True
    codes = image.preview.rgb.copy()
    codes[:, 192:] = 90
    spoiled = replace(image, clipped=right, preview=replace(image.preview, rgb=codes))
    clean, other = camera_tone(image), camera_tone(spoiled)
    assert clean is not None and other is not None
    levels = np.linspace(-5.0, -3.0, 5)
    assert np.allclose(clean.show(levels), other.show(levels), atol=0.1)
    assert other.raw_ev.max() < clean.raw_ev.max()


def test_a_little_cropped_away_does_not_matter(shot: Callable[..., Image]) -> None:
    image = shot(view())
    assert image.preview is not None
    cropped = replace(image.preview, rgb=image.preview.rgb[3:-3, 4:-4])
    whole, part = camera_tone(image), camera_tone(replace(image, preview=cropped))
    assert whole is not None and part is not None
    levels = np.linspace(-4.0, 0.5, 10)
    assert np.allclose(whole.show(levels), part.show(levels), atol=0.2)


@pytest.mark.parametrize("chroma", [0.6, 1.0, 1.5])
def test_the_gain_of_chroma_is_the_cameras(shot: Callable[..., Image], chroma: float) -> None:
    tone = camera_tone(shot(view(), chroma))
    assert tone is not None
    assert tone.chroma_gain == pytest.approx(chroma, rel=0.1)


def test_grey_has_no_gain(shot: Callable[..., Image]) -> None:
    tone = camera_tone(shot(view().mean(axis=-1, keepdims=True) * np.ones(3)))
    assert tone is not None
    assert tone.chroma_gain == pytest.approx(1.0, abs=0.3)


@pytest.mark.filterwarnings("error")
def test_without_a_cameras_look_there_is_no_curve(shot: Callable[..., Image]) -> None:
    image = shot(view())
    assert image.preview is not None
    for spoiled in (
        None,
        replace(image.preview, from_camera=False),
        replace(image.preview, rgb=np.rot90(image.preview.rgb)),
        replace(image.preview, rgb=image.preview.rgb[:100]),
        replace(image.preview, rgb=np.full_like(image.preview.rgb, 255)),
    ):
        assert camera_tone(replace(image, preview=spoiled)) is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (1, 900), (64, 96)])
def test_too_few_levels_are_no_curve(shot: Callable[..., Image], shape: tuple[int, int]) -> None:
    assert camera_tone(shot(np.full((*shape, 3), 0.1))) is None
    assert camera_tone(shot(np.zeros((*shape, 3)))) is None


def test_the_answer_is_kept_for_the_next_editor(shot: Callable[..., Image]) -> None:
    image = shot(view())
    assert camera_tone(image) is camera_tone(image)
    assert camera_tone(replace(image)) is not camera_tone(image)
