"""Auto makes the same picture of the same scene when nothing but noise differs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.engines import load_engine
from sidelight.imaging import read_photo
from sidelight.imaging.color import luminance
from sidelight.imaging.image import Image
from sidelight.recipe import Recipe

pytestmark = pytest.mark.slow

NOISE = 0.02
MEAN_EV = 0.05
STEADY_EV, STEADY_SHARE = 0.1, 0.9


def shown_ev(image: Image, recipe: Recipe, editor: str) -> np.ndarray:
    sdr = np.clip(render(load_emulator(editor), image, recipe), 0.0, 1.0)
    return np.log2(np.maximum(luminance(sdr), 1e-3))


@pytest.mark.parametrize("editor", ["lightroom", "darktable"])
def test_noise_changes_next_to_nothing(virtual_photos, editor: str) -> None:
    engine, random = load_engine("auto"), np.random.default_rng(3)
    moved = []
    for item in virtual_photos:
        image = read_photo(item.raw)
        factor = 2.0 ** random.normal(0.0, NOISE, image.rgb.shape)
        noisy = replace(image, rgb=(image.rgb * factor).astype(np.float32))
        one, two = (
            shown_ev(image, engine.predict(each, editor).recipe, editor) for each in (image, noisy)
        )
        moved.append(float(np.abs(one - two).mean()))
    print(f"{editor}: mean {np.mean(moved):.3f} EV, largest {max(moved):.3f} EV")
    assert np.mean(moved) <= MEAN_EV
    assert np.mean(np.array(moved) <= STEADY_EV) >= STEADY_SHARE
