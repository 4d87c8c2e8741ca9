"""Renders by the real darktable."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidelight.errors import ToolError
from sidelight.learning.darktable_render import (
    default_sidecar,
    linear_sidecar,
    render_darktable,
    render_darktable_batch,
)
from sidelight.learning.radiance import RadianceMap
from sidelight.learning.virtual_camera import Shot, take


@pytest.fixture
def photo(
    patches: RadianceMap, shot: Shot, lut_folder: Path, tmp_path: Path
) -> tuple[Path, np.ndarray]:
    dng, _ = take(patches, shot, lut_folder)
    path = tmp_path / "photo.dng"
    path.write_bytes(dng.to_bytes())
    return path, 1 / dng.as_shot_neutral


@pytest.mark.darktable
def test_exposure_of_the_default_rendition_is_darktables_own(
    photo: tuple[Path, np.ndarray], darktable_cli: str
) -> None:
    path, multipliers = photo
    linear = render_darktable(path, linear_sidecar(multipliers)).rgb
    sdr = render_darktable(path, default_sidecar(multipliers)).rgb
    hdr = render_darktable(path, default_sidecar(multipliers, headroom=2.0)).rgb
    assert linear.shape == sdr.shape == (384, 512, 3)
    assert sdr.max() <= 1.0
    assert hdr.max() > 1.2
    # White target 100 %, contrast 1.5: saturation at +0.7 EV comes to lie below white.
    assert 0.8 < np.percentile(sdr[..., 1], 99) < 1.0


@pytest.mark.darktable
def test_the_mode_of_the_highlights_operation_is_obeyed(
    photo: tuple[Path, np.ndarray], darktable_cli: str
) -> None:
    path, multipliers = photo
    opposed, clip = (
        render_darktable(path, linear_sidecar(multipliers, mode)).rgb
        for mode in ("opposed", "clip")
    )
    assert opposed[-40:, -40:, 1].mean() > 1.3
    assert clip[-40:, -40:, 1].mean() == pytest.approx(1.0, abs=0.02)


@pytest.mark.darktable
def test_a_batch_gives_the_same_pixels_and_touches_nothing(
    photo: tuple[Path, np.ndarray], darktable_cli: str, patches: RadianceMap, shot: Shot,
    lut_folder: Path,
) -> None:  # fmt: skip
    path, multipliers = photo
    other = path.with_name("other.dng")
    other.write_bytes(take(patches, replace(shot, exposure_ev=-1.0), lut_folder)[0].to_bytes())
    (path.parent / "photo.dng.xmp").write_text("somebody's own", encoding="ascii")
    before = {item.name: item.read_bytes() for item in path.parent.iterdir()}
    pairs = [
        (path, linear_sidecar(multipliers)),
        (other, linear_sidecar(multipliers)),
        (path, default_sidecar(multipliers)),
    ]
    batch = render_darktable_batch(pairs)
    for render, (raw, sidecar) in zip(batch, pairs, strict=True):
        np.testing.assert_array_equal(render.rgb, render_darktable(raw, sidecar).rgb)
    assert {item.name: item.read_bytes() for item in path.parent.iterdir()} == before
    assert render_darktable_batch([]) == []


@pytest.mark.darktable
def test_an_entry_darktable_drops_is_found_though_it_exits_with_0(
    photo: tuple[Path, np.ndarray], darktable_cli: str
) -> None:
    path, multipliers = photo
    good = linear_sidecar(multipliers)
    bad = good.replace(b'modversion="6"', b'modversion="99"')
    assert bad != good
    assert not render_darktable(path, good).dropped
    assert render_darktable(path, bad).dropped
    first, second = render_darktable_batch([(path, good), (path, bad)])
    assert not first.dropped
    assert second.dropped


@pytest.mark.darktable
def test_size_limits_the_longest_side(photo: tuple[Path, np.ndarray], darktable_cli: str) -> None:
    path, multipliers = photo
    small = render_darktable(path, linear_sidecar(multipliers), size_px=128)
    assert max(small.rgb.shape) == 128


@pytest.mark.darktable
@pytest.mark.parametrize("data", [b"", b"no raw at all"])
def test_a_photo_darktable_cannot_open_is_an_error(
    tmp_path: Path, darktable_cli: str, data: bytes
) -> None:
    path = tmp_path / "photo.dng"
    path.write_bytes(data)
    with pytest.raises(ToolError):
        render_darktable(path, linear_sidecar([2, 1, 1.5]))
