from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.learning.evaluation.intervals import Estimate
from sidelight.learning.evaluation.results import Evaluation, Measured
from sidelight.learning.evaluation.summary import ALL_METRICS, better, summarize
from sidelight.recipe import Recipe

PSNR = next(metric for metric in ALL_METRICS if metric.name == "psnr_db")
DELTA_E = next(metric for metric in ALL_METRICS if metric.name == "delta_e_2000")


@pytest.fixture
def made(evaluation: Evaluation) -> Evaluation:
    """Six scenes where auto is 2 dB above identity, and one where it has nothing."""
    photo = evaluation.photos[0]

    def measured(psnr: float, contrast: float) -> Measured:
        recipe = Recipe(contrast=contrast)
        return Measured({"psnr_db": psnr}, recipe, "", np.full(64, np.nan), None)

    photos = [
        replace(
            photo,
            case=replace(photo.case, name=f"{i}", scene=f"scene {i}"),
            reference_recipe=Recipe(contrast=10.0 * i),
            methods={"auto": measured(22.0 + i, 10.0 * i), "identity": measured(20.0 + i, 0.0)},
        )
        for i in range(6)
    ]
    last = replace(
        photos[0],
        case=replace(photo.case, name="last"),
        methods={"auto": "it fell", "identity": measured(50.0, 0.0)},
    )
    return replace(evaluation, photos=(*photos, last))


def test_means_differences_and_what_is_left_out(made: Evaluation):
    found = summarize(made)
    auto = found["auto"]
    assert auto.figures["psnr_db"].mean == pytest.approx(24.5)
    assert auto.figures["psnr_db"].photos == 6
    assert found["identity"].figures["psnr_db"].photos == 7
    assert auto.left_out == (("last", "it fell"),)
    difference = auto.versus["identity"]["psnr_db"]
    assert difference.mean == pytest.approx(2.0), "on the photos that both have"
    assert difference.photos == 6 and (difference.low, difference.high) == (2.0, 2.0)
    assert found["identity"].versus["auto"]["psnr_db"].mean == pytest.approx(-2.0)
    assert set(auto.figures) == {"psnr_db"}, "no figure where nothing was measured"


def test_sliders_are_compared_with_the_references_own(made: Evaluation):
    sliders = summarize(made)["auto"].sliders
    assert sliders is not None and sliders.photos == 6
    assert sliders.mean_absolute_error["contrast"] == 0.0
    none = summarize(replace(made, photos=tuple(
        replace(photo, reference_recipe=None) for photo in made.photos
    )))  # fmt: skip
    assert none["auto"].sliders is None


def test_a_verdict_needs_the_whole_interval():
    above, below = Estimate(2.0, 0.5, 3.0, 9, 9), Estimate(-2.0, -3.0, -0.5, 9, 9)
    across, unknown = Estimate(2.0, -0.1, 3.0, 9, 9), Estimate(2.0, None, None, 2, 2)
    assert [better(PSNR, e) for e in (above, below)] == ["better", "worse"]
    assert [better(DELTA_E, e) for e in (above, below)] == ["worse", "better"]
    assert [better(PSNR, e) for e in (across, unknown)] == ["undecided"] * 2
