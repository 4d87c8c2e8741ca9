from __future__ import annotations

import numpy as np
import pytest

from sidelight.learning.evaluate import Evaluation, evaluate_twins, markdown, shares
from sidelight.learning.metrics import Black, HeadroomError, SdrUse
from sidelight.learning.truth import Truth


def _evaluation(photo: str = "p", row: int = 1, stops: float = 0.1, white: float = 0.9):
    return Evaluation(
        photo=photo,
        row=row,
        editor="lightroom",
        headroom=HeadroomError(stops, (1.0, 1.0), (1.0, 1.0)),
        grey_lift_ev=0.02,
        black=Black(0.005, False, 0.0),
        sdr_use=SdrUse(white, 0.0),
    )


def _truth() -> Truth:
    y = np.exp2(np.linspace(-8, 1, 64 * 48)).reshape(48, 64)
    return Truth(
        rgb=np.repeat(y[..., None], 3, axis=2).astype(np.float32),
        camera_from_rgb=np.eye(3),
        balanced_from_rgb=np.eye(3),
        full_well_e=40000.0,
        read_noise_e=3.0,
        heads=np.zeros((48, 64), dtype=np.uint8),
    )


def test_a_render_that_is_the_reference_has_no_headroom_error():
    truth = _truth()
    sdr = np.clip(truth.rgb, 0, 1)
    from sidelight.learning.metrics import reference_rendition

    hdr = reference_rendition(truth.limited(), sdr, 2.0)
    found = evaluate_twins("p", 1, "lightroom", truth, (sdr, hdr), 2.0)
    assert found.headroom.stops == pytest.approx(0.0, abs=1e-3)


def test_darker_highlights_are_an_error_of_as_many_stops():
    truth = _truth()
    sdr = np.clip(truth.rgb, 0, 1)
    from sidelight.learning.metrics import reference_rendition

    hdr = reference_rendition(truth.limited(), sdr, 2.0)
    found = evaluate_twins("p", 1, "lightroom", truth, (sdr, 0.8 * hdr), 2.0)
    assert found.headroom.stops == pytest.approx(np.log2(1 / 0.8), abs=0.02)
    assert found.grey_lift_ev > 0


def test_a_cropped_render_is_brought_to_the_size_of_the_truth():
    truth = _truth()
    sdr = np.clip(truth.rgb, 0, 1)
    whole = evaluate_twins("p", 1, "x", truth, (sdr, sdr), 2.0)
    cropped = evaluate_twins("p", 1, "x", truth, (sdr[1:-1, 1:-1], sdr[1:-1, 1:-1]), 2.0)
    assert cropped.sdr_use.white == pytest.approx(whole.sdr_use.white, rel=0.05)


def test_each_limit_decides_its_figure():
    good = _evaluation()
    assert good.passed() == {"headroom": True, "grey lift": True, "black": True, "SDR use": True}
    assert not _evaluation(stops=0.41).passed()["headroom"]
    assert not _evaluation(white=0.8).passed()["SDR use"]
    assert _evaluation(row=12, white=0.8).passed()["SDR use"], "no diffuse white is asked there"


def test_shares_count_photos():
    assert shares([_evaluation(), _evaluation(stops=0.5)])["headroom"] == 0.5


def test_the_table_marks_what_is_not_reached():
    table = markdown([_evaluation("a"), _evaluation("b", stops=0.55)])
    assert "| a | 0.10 |" in table
    assert "| b | **0.55** |" in table
    assert "headroom 50 %" in table
