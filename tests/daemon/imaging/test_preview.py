"""Whose work the JPEG inside a raw file is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidelight.errors import UnreadableError
from sidelight.imaging import read_photo
from sidelight.imaging.color import REC2020_TO_SRGB
from sidelight.imaging.transfer import srgb_encode


def scene(sensor: Any) -> np.ndarray:
    """Camera RGB with tones over six stops and some colour."""
    y, x = np.mgrid[0:192, 0:256] / 256
    level = 0.55 * 2.0 ** (-6 * x)
    tint = np.stack([1 + 0.25 * np.sin(9 * y), 1 + 0 * x, 1 + 0.25 * np.cos(7 * y)], axis=-1)
    return np.asarray(level[..., None] * tint * sensor.neutral)


def shown(write_dng: Callable[..., Path], sensor: Any, look: Callable[..., Any]) -> Any:
    """Read a photo whose JPEG is `look` of its own linear sRGB."""
    import io

    from PIL import Image

    mosaic = sensor.mosaic(scene(sensor))
    rgb = read_photo(write_dng(mosaic)).rgb @ REC2020_TO_SRGB.T
    code = np.round(np.clip(look(np.maximum(rgb, 0)), 0, 1) * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(code).save(file, "JPEG", quality=95)
    path = write_dng(mosaic, jpeg=file.getvalue(), jpeg_size=(256, 192))
    return read_photo(path).preview


def rec709_encode(light: np.ndarray) -> np.ndarray:
    return np.where(light < 0.018, 4.5 * light, 1.099 * light**0.45 - 0.099)


@pytest.mark.parametrize("gain", [0.7, 1.0, 1.6])
@pytest.mark.parametrize("encode", [srgb_encode, rec709_encode])
def test_a_plain_rendition_has_no_look(
    write_dng: Callable[..., Path], sensor: Any, encode: Callable[..., Any], gain: float
) -> None:
    preview = shown(write_dng, sensor, lambda rgb: encode(rgb * gain))
    assert not preview.from_camera
    assert "no camera's look" in preview.reason


def test_a_tone_curve_is_a_look(write_dng: Callable[..., Path], sensor: Any) -> None:
    def look(rgb: np.ndarray) -> np.ndarray:
        code = srgb_encode(np.clip(rgb * 2, 0, 1))
        return np.asarray(code * code * (3 - 2 * code))

    preview = shown(write_dng, sensor, look)
    assert preview.from_camera and "EV in tone" in preview.reason


def test_saturation_alone_is_a_look(write_dng: Callable[..., Path], sensor: Any) -> None:
    def look(rgb: np.ndarray) -> np.ndarray:
        grey = rgb.mean(axis=-1, keepdims=True)
        return np.asarray(srgb_encode(np.maximum(grey + 1.35 * (rgb - grey), 0)))

    assert shown(write_dng, sensor, look).from_camera


def test_a_black_preview_is_not_trusted(write_dng: Callable[..., Path], sensor: Any) -> None:
    preview = shown(write_dng, sensor, np.zeros_like)
    assert not preview.from_camera and "too few" in preview.reason


def test_a_broken_preview_is_none(write_dng: Callable[..., Path], sensor: Any) -> None:
    path = write_dng(sensor.mosaic(sensor.smooth(64, 96)), jpeg=b"\xff\xd8\xff\xe0 no JPEG" * 9)
    assert read_photo(path).preview is None


@pytest.mark.parametrize("name", ["hero6_GOPR0024", "hero7_GOPR9231", "fusion_GPFR7066"])
def test_the_demo_photos_previews_were_not_made_by_a_camera(shared: Path, name: str) -> None:
    image = read_photo(shared / "data/photos" / f"gopro_{name}_demo.dng")
    assert image.preview is not None
    assert not image.preview.from_camera
    assert image.preview.rgb.shape == (384, 512, 3)


def test_the_preview_is_upright(shared: Path) -> None:
    """The sensor data are mirrored (orientation 2), and so is the stored JPEG."""
    image = read_photo(shared / "data/photos/gopro_hero7_GOPR9231_demo.dng", 512)
    assert image.preview is not None
    ours = np.cbrt(np.clip(image.rgb[:384, :512, 1], 0, 1))
    height, width = min(384, ours.shape[0]), min(512, ours.shape[1])
    from PIL import Image

    resized = Image.fromarray(image.preview.rgb).resize((image.rgb.shape[1], image.rgb.shape[0]))
    theirs = np.asarray(resized)[:height, :width, 1].astype(float)
    right = np.corrcoef(ours[:height, :width].ravel(), theirs.ravel())[0, 1]
    wrong = np.corrcoef(ours[:height, :width].ravel(), theirs[:, ::-1].ravel())[0, 1]
    assert right > 0.95 > wrong


def test_a_camera_made_preview(shared: Path) -> None:
    image = read_photo(shared / "data/photos/canon_eos_d30_CRW.CRW")
    assert image.preview is not None and image.preview.from_camera
    assert 512 <= max(image.preview.rgb.shape) <= 1024


def test_a_preview_that_claims_too_much_is_none(
    write_dng: Callable[..., Path], sensor: Any
) -> None:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (96, 64)).save(file, "JPEG")
    data = file.getvalue()
    at = data.index(b"\xff\xc0") + 5
    claims = data[:at] + b"\x75\x30\x75\x30" + data[at + 4 :]
    path = write_dng(sensor.mosaic(sensor.smooth(64, 96)), jpeg=claims, jpeg_size=(30000, 30000))
    with pytest.raises(UnreadableError, match="too many"):
        read_photo(path)
    path = write_dng(sensor.mosaic(sensor.smooth(64, 96)), jpeg=claims, jpeg_size=(96, 64))
    assert read_photo(path).preview is None
