"""White balance: corrected where nobody measured the light, believed where a camera did."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.engines.illuminant import (
    KNOWN_MIRED,
    MOST_MIRED,
    MOST_TINT,
    Cast,
    cast_of,
    white_balance_shift,
)
from sidelight.engines.scene import analyse
from sidelight.imaging.color import rgb_to_lab
from sidelight.imaging.image import Image

ImageOf = Callable[..., Image]


def grey(image_of: ImageOf, mired: float, tint: float = 0.0) -> Image:
    """A grey scene whose as-shot white balance is so far off."""
    random = np.random.default_rng(6)
    rgb = 2.0 ** random.normal(-2.5, 1.0, (96, 144, 1)) * np.exp(
        random.normal(0, 0.05, (96, 144, 3))
    )
    plain = image_of(rgb)
    return image_of(rgb @ plain.info.white_balance.matrix(-mired, -tint).T)


def chroma(image: Image, mired: float = 0.0, tint: float = 0.0) -> float:
    rgb = image.rgb @ image.info.white_balance.matrix(mired, tint).T
    mean: NDArray[np.float64] = rgb.mean(axis=(0, 1))
    lab = rgb_to_lab(mean * 0.18 / mean[1])
    return float(np.hypot(lab[1], lab[2]))


def test_a_neutral_scene_has_no_cast(image_of: ImageOf) -> None:
    cast = analyse(grey(image_of, 0.0)).cast
    assert cast is not None
    assert abs(cast.mired) < 2
    assert abs(cast.tint) < 2
    assert cast.share > 0.8
    for source in KNOWN_MIRED:
        assert white_balance_shift(cast, source) == (0.0, 0.0)


@pytest.mark.parametrize("mired", [-40.0, -20.0, 20.0, 40.0])
def test_a_cast_nobody_measured_is_pulled_to_neutral(image_of: ImageOf, mired: float) -> None:
    image = grey(image_of, mired)
    cast = analyse(image).cast
    assert cast is not None
    assert cast.mired == pytest.approx(mired, rel=0.3)
    assert cast.share > 0.8, "near neutral is judged about the cast, not about as-shot grey"
    shift, tint = white_balance_shift(cast, "daylight")
    assert 0.3 * abs(mired) < shift * np.sign(mired) <= min(abs(mired) + 3, MOST_MIRED)
    assert chroma(image, shift, tint) < 0.7 * chroma(image)


@pytest.mark.parametrize("mired", [-30.0, 30.0])
def test_a_camera_is_believed(image_of: ImageOf, mired: float) -> None:
    cast = analyse(grey(image_of, mired)).cast
    assert white_balance_shift(cast, "camera") == (0.0, 0.0)
    assert white_balance_shift(cast, "none") == (0.0, 0.0)
    assert white_balance_shift(cast, "a source of the future") == (0.0, 0.0)
    trusted = [
        abs(white_balance_shift(cast, name)[0]) for name in ("camera", "preview", "daylight")
    ]
    assert trusted == sorted(trusted)


def test_the_change_has_limits() -> None:
    for sign in (-1.0, 1.0):
        far = Cast(sign * 500.0, sign * 90.0, 1.0, 0.1)
        assert white_balance_shift(far, "daylight") == (sign * MOST_MIRED, sign * MOST_TINT)
    assert MOST_MIRED <= 25
    assert MOST_TINT <= 8


def test_what_spreads_or_is_rare_counts_for_less() -> None:
    def shift(share: float = 1.0, spread: float = 0.5) -> float:
        return white_balance_shift(Cast(20.0, 0.0, share, spread), "daylight")[0]

    assert shift() > shift(spread=5.0) > shift(spread=12.0)
    assert shift() > shift(share=0.5) >= shift(share=0.2)
    assert shift(share=0.02) == 0.0
    assert white_balance_shift(None, "daylight") == (0.0, 0.0)


def test_mixed_light_spreads_more_than_one_light(image_of: ImageOf) -> None:
    one = grey(image_of, 15.0)
    other = grey(image_of, -15.0)
    mixed = np.concatenate([one.rgb[:, :72], other.rgb[:, 72:]], axis=1)
    casts = [analyse(image).cast for image in (one, image_of(mixed))]
    assert casts[0] is not None and casts[1] is not None
    assert casts[1].spread > 2 * casts[0].spread


def test_a_sunset_is_not_made_grey(image_of: ImageOf) -> None:
    """A sky from yellow to deep red over dark ground, without an as-shot white balance."""
    rows = np.linspace(0, 1, 96)[:, None, None] * np.ones((96, 144, 1))
    rgb = np.concatenate([0.5 + 0 * rows, 0.3 - 0.2 * rows, 0.2 - 0.18 * rows], axis=-1)
    rgb[64:] *= 0.1
    image = image_of(rgb)
    shift = white_balance_shift(analyse(image).cast, "daylight")
    assert chroma(image, *shift) > 0.8 * chroma(image)


@pytest.mark.filterwarnings("error")
def test_too_little_to_see_is_no_cast() -> None:
    tiles = np.full((8, 8, 3), 0.2, dtype=np.float32)
    usable = np.zeros((8, 8), dtype=bool)
    assert cast_of(tiles, usable) is None
    usable[0] = True
    assert cast_of(tiles, usable) is None
    usable[:] = True
    assert cast_of(tiles, usable) is not None
    assert cast_of(0 * tiles, usable) is None
    vivid = tiles * np.array([0.0, 0.0, 30.0], dtype=np.float32)
    assert cast_of(vivid, usable) is None
