"""Bursts of the virtual camera: what the files say and what they hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidelight.imaging import read_photo
from sidelight.imaging.color import luminance
from sidelight.learning.burst import (
    Frame,
    common_area,
    jittered,
    steady,
    sunset,
)
from sidelight.learning.radiance import View
from sidelight.learning.virtual_camera import Shot

SHOT = Shot(View(0.0, 0.0, 90.0), seed=3)


def levels(paths: list[Path], frames: list[Frame]) -> np.ndarray:
    """Return the median of log2 luminance of what all photos show."""
    images = [read_photo(path, size_px=1024) for path in paths]
    common = common_area([image.rgb for image in images], SHOT, frames)
    assert common.shape[0] == len(paths) and common.shape[2] == 3
    return np.array([np.median(np.log2(np.maximum(luminance(each), 1e-6))) for each in common])


def test_jitter_is_bounded_and_repeatable() -> None:
    frames = jittered(12, 1)
    assert frames == jittered(12, 1) != jittered(12, 2)
    assert max(abs(frame.exposure_ev) for frame in frames) <= 0.7
    assert max(abs(frame.yaw_degrees) for frame in frames) <= 2.0
    assert 0 < max(abs(frame.error_ev) for frame in frames) < 0.15
    assert [frame.after_s for frame in frames] == [0] * 5 + [1] * 5 + [2] * 2
    assert [frame.after_s for frame in jittered(3, 1, seconds=30)] == [0, 30, 60]
    assert steady(frames[3]) == Frame()


def test_a_sunset_fades_and_warms() -> None:
    frames = sunset(jittered(5, 1))
    assert [frame.light_ev for frame in frames] == pytest.approx([0, -0.625, -1.25, -1.875, -2.5])
    kelvin = [frame.light_k for frame in frames]
    assert (kelvin[0], kelvin[-1]) == pytest.approx((5500, 4000))
    assert kelvin == sorted(kelvin, reverse=True)


def test_the_exif_knows_the_exposure_but_not_its_error(tiny_burst, tmp_path: Path) -> None:
    frames = [
        Frame(),
        Frame(exposure_ev=0.5),
        Frame(error_ev=0.2),
        Frame(light_ev=-0.5, after_s=70),
    ]
    paths = tiny_burst(tmp_path, frames)
    infos = [read_photo(path, size_px=1024).info for path in paths]
    exposed = [infos[0].ev100 - info.ev100 for info in infos]
    assert exposed == pytest.approx([0.0, 0.5, 0.0, 0.0], abs=1e-3)
    assert [info.captured[-8:] for info in infos] == ["12:00:00"] * 3 + ["12:01:10"]
    recorded = levels(paths, frames)
    np.testing.assert_allclose(recorded - recorded[0], [0.0, 0.5, 0.2, -0.5], atol=0.03)


def test_white_balance_and_framing_move_while_the_light_stays(tiny_burst, tmp_path: Path) -> None:
    frames = [
        Frame(),
        Frame(as_shot_mired=15.0),
        Frame(yaw_degrees=2.0, pitch_degrees=-2.0),
    ]
    paths = tiny_burst(tmp_path, frames)
    images = [read_photo(path, size_px=1024) for path in paths]
    kelvin = [image.info.white_balance.kelvin for image in images]
    assert 1e6 / kelvin[1] - 1e6 / kelvin[0] == pytest.approx(15.0, abs=2.0)
    assert kelvin[2] == pytest.approx(kelvin[0], abs=1.0)
    recorded = levels(paths, frames)
    np.testing.assert_allclose(recorded - recorded[0], 0.0, atol=0.05)
    # Without the known directions the same places would not be compared.
    unaligned = common_area([image.rgb for image in images], SHOT, [Frame()] * 3)
    aligned = common_area([image.rgb for image in images], SHOT, frames)
    apart = [
        np.median(np.abs(np.log2(np.maximum(a[0, :, 1], 1e-4) / np.maximum(a[2, :, 1], 1e-4))))
        for a in (unaligned, aligned)
    ]
    assert apart[1] < 0.7 * apart[0]


def test_the_light_of_a_frame_reaches_the_file(tiny_burst, tmp_path: Path) -> None:
    warm = replace(Frame(), light_k=4000.0)
    cold, warmer = (
        read_photo(path, size_px=1024) for path in tiny_burst(tmp_path, [Frame(), warm])
    )
    assert cold.info.white_balance.kelvin == pytest.approx(warmer.info.white_balance.kelvin, abs=1)
    ratio = [image.rgb[..., 0].mean() / image.rgb[..., 2].mean() for image in (cold, warmer)]
    assert ratio[1] > 1.3 * ratio[0]
