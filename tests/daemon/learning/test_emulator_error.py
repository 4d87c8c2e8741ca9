"""The measurement's arithmetic, and its limits on a part of the test set."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.errors import SidelightError
from sidelight.imaging import read_photo
from sidelight.learning.comparison import Difference
from sidelight.learning.emulator_error import (
    EmulatorError,
    Summary,
    as_shot_image,
    main,
    markdown,
    measure,
    measure_test_set,
    render_in_bands,
    summary,
)
from sidelight.recipe import Recipe

PART = (
    "gopro_fusion_GPFR7066_demo.dng",
    "gopro_hero6_GOPR0024_demo.dng",
    "virtual_01.dng",
    "virtual_07_b.dng",
    "virtual_10.dng",
)


def _error(photo: str, kind: str, inside: float, whole: float = 0.5) -> EmulatorError:
    emulator, end_to_end = (
        Difference(mean, 2 * mean, 4.0, 0.25, (0, 0)) for mean in (inside, whole)
    )
    return EmulatorError(photo, kind, emulator, end_to_end)


def test_a_summary_is_over_the_renders_of_its_kind():
    errors = [_error("a", "real", value, 2 * value) for value in np.arange(0.0, 2.01, 0.1)]
    errors.append(_error("b", "virtual", 9.0))
    found = summary(errors, "real")
    assert found.renders == 21
    assert (found.emulator_mean, found.emulator_p95) == pytest.approx((1.0, 1.9))
    assert (found.end_to_end_mean, found.end_to_end_p95) == pytest.approx((2.0, 3.8))
    assert summary(errors, "apart") is None


@pytest.mark.parametrize(
    ("figures", "within"),
    [((1.0, 3.0, 2.0), True), ((1.01, 1, 1), False), ((1, 3.01, 1), False), ((1, 1, 2.01), False)],
)
def test_the_limits_are_those_of_mean_percentile_and_end_to_end(figures, within):
    assert Summary(10, *figures, 9.0).within() is within


def test_the_tables_have_a_line_per_kind_and_per_photo():
    errors = [_error("a", "real", 0.2), _error("a", "real", 0.6, 1.5)]
    errors += [_error("c", "virtual", 5.0), _error("d", "apart", 5.0)]
    lines = markdown(errors).splitlines()
    assert "| real | 2 | 0.40 | 0.58 | 1.00 | 1.45 | yes |" in lines
    assert "| virtual | 1 | 5.00 | 5.00 | 0.50 | 0.50 | **no** |" in lines
    assert "| apart | 1 | 5.00 | 5.00 | 0.50 | 0.50 | – |" in lines
    assert "| a | real | 0.40, 0.60 | 1.00, 1.50 | 25.0 %, 4.0 |" in lines
    assert "| c | virtual | 5.00, 5.00 | 0.50, 0.50 | 25.0 %, 4.0 |" in lines


def test_an_export_at_another_white_balance_is_brought_back_to_as_shot(shared):
    image = read_photo(shared / "data/photos/gopro_hero7_GOPR9231_demo.dng", 256)
    matrix = image.info.white_balance.matrix(-40.0, 10.0)
    export = (image.rgb @ matrix.T.astype(np.float32)).repeat(2, axis=0).repeat(2, axis=1)
    found = as_shot_image(image, export, image.info.white_balance.multipliers(-40.0, 10.0))
    np.testing.assert_allclose(found.rgb[::2, ::2], image.rgb, atol=1e-5)
    np.testing.assert_array_equal(found.clipped[::2, 1::2], image.clipped)


def test_bands_render_the_sdr_twin(shared):
    image = read_photo(shared / "data/photos/gopro_hero7_GOPR9231_demo.dng", 256)
    recipe = replace(Recipe(), exposure_ev=0.5, highlights=-40.0, contrast=20.0)
    whole = render(load_emulator("darktable"), image, recipe)
    np.testing.assert_array_equal(render_in_bands(image, recipe), whole)


def test_a_photo_that_is_not_in_the_test_set_is_refused(tmp_path):
    with pytest.raises(SidelightError, match=r"not in the test set: mine\.dng"):
        measure_test_set(tmp_path, tmp_path, only=["virtual_12.dng", "mine.dng"])


@pytest.mark.darktable
def test_autos_edit_of_a_demo_photo_is_rendered_as_darktable_does(shared, darktable_cli):
    (found,) = measure(shared / "data/photos/gopro_hero7_GOPR9231_demo.dng")
    assert found.dropped == ()
    assert found.emulator.mean <= 0.2
    assert found.end_to_end.mean <= 2.0


@pytest.mark.slow
@pytest.mark.darktable
def test_random_recipes_stay_within_the_limits(shared, darktable_cli, tmp_path):
    """Two Recipes each on a part of the test set; docs/emulators.md has all of it."""
    errors = measure_test_set(tmp_path, shared / "data", 2, PART)
    assert [error.dropped for error in errors] == [()] * 2 * len(PART)
    for kind in ("real", "virtual"):
        found = summary(errors, kind)
        assert found.within(), found
        # What was measured, with a margin: far inside the limits, and to stay there.
        assert found.emulator_mean < 0.25 and found.emulator_p95 < 0.75, found


@pytest.mark.slow
@pytest.mark.darktable
def test_anyone_can_make_the_table(shared, darktable_cli, tmp_path, capsys):
    options = ["--set", str(tmp_path), "--data", str(shared / "data"), "--only", "virtual_12.dng"]
    assert main([*options, "--recipes", "2"]) == 0
    assert "| virtual | 2 | 0." in capsys.readouterr().out
    assert main([*options, "--auto"]) == 0
    assert "| virtual | 1 | 0." in capsys.readouterr().out
