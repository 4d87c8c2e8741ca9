from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.imaging import read_photo
from sidelight.learning import emulator_error
from sidelight.learning.comparison import Difference
from sidelight.learning.emulator_error import (
    EmulatorError,
    markdown,
    means,
    measure,
    render_in_bands,
)
from sidelight.recipe import Recipe


def _error(photo: str, kind: str, mean: float) -> EmulatorError:
    difference = Difference(mean, 2 * mean, float("nan"), 0.0, (0, 0))
    return EmulatorError(photo, kind, difference, difference, ())


def test_means_keep_real_and_virtual_apart():
    errors = [_error("a", "real", 1.0), _error("b", "real", 2.0), _error("c", "virtual", 5.0)]
    assert means(errors, "real") == (1.5, 1.5)
    assert means(errors, "virtual") == (5.0, 5.0)


def test_the_table_has_a_line_per_photo_and_the_means():
    table = markdown([_error("a", "real", 1.0), _error("c", "virtual", 5.0)])
    assert "| a | real | 1.00 | 2.00 | 1.00 | 2.00 | – |" in table
    assert "**mean of virtual** | | **5.00**" in table


def test_bands_render_what_a_whole_render_does(shared, monkeypatch):
    image = read_photo(shared / "data/photos/gopro_hero7_GOPR9231_demo.dng", 256)
    recipe = replace(Recipe(), exposure_ev=0.5, highlights=-40.0, contrast=20.0)
    monkeypatch.setattr(emulator_error, "_BAND", 1000)
    whole = render(load_emulator("darktable"), image, recipe)
    np.testing.assert_allclose(render_in_bands(image, recipe), whole, rtol=1e-4, atol=1e-5)


@pytest.mark.darktable
def test_a_demo_photo_is_rendered_as_darktable_does(shared, darktable_cli):
    found = measure(shared / "data/photos/gopro_hero7_GOPR9231_demo.dng")
    assert found.dropped == ()
    assert found.emulator.mean <= 1.0
    assert found.end_to_end.mean <= 4.0
