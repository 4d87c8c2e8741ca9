"""Terms measure what they say, and their slopes are those of differences."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.engines.terms import (
    Feature,
    Sense,
    Term,
    evaluate,
    feature_slopes,
    features_of,
    jacobian,
)

FEATURES = get_args(Feature)
LUMINANCE = np.array([0.2627, 0.6780, 0.0593])


def twins(seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    sdr = 2.0 ** random.uniform(-7, 0, (60, 1)) * np.exp(random.normal(0, 0.3, (60, 3)))
    return sdr, 1.7 * sdr**1.2


def test_features_are_what_their_names_say() -> None:
    sdr, hdr = twins()
    features = features_of(sdr.astype(np.float32), hdr.astype(np.float32))
    assert np.allclose(features["sdr_ev"], np.log2(sdr @ LUMINANCE / 0.18), atol=1e-3)
    assert np.allclose(features["hdr_ev"], np.log2(hdr @ LUMINANCE / 0.18), atol=1e-3)
    peak = np.log2(sdr.max(axis=1) / 0.18)
    assert (features["sdr_peak_ev"] >= peak - 1e-4).all()
    assert (features["sdr_peak_ev"] <= peak + np.log2(1.05)).all()
    y = sdr @ LUMINANCE
    chroma = np.linalg.norm(sdr - y[:, None], axis=1) / y
    assert np.allclose(features["sdr_chroma"], chroma, atol=1e-3)


def test_features_of_black_and_below_are_finite() -> None:
    dark = np.array([[0, 0, 0], [-0.01, 0.0, 0.002], [-1, -1, -1]], dtype=np.float32)
    for values in features_of(dark, dark).values():
        assert np.isfinite(values).all()
    for values in feature_slopes(dark, dark).values():
        assert np.isfinite(values).all()


@pytest.mark.parametrize("feature", FEATURES)
def test_slopes_are_differences(feature: Feature) -> None:
    sdr, hdr = twins()
    slopes = feature_slopes(sdr, hdr)[feature]  # type: ignore[arg-type]
    step = 1e-6
    for channel in range(3):
        move = np.zeros((60, 3))
        move[:, channel] = step * sdr[:, channel]
        above = features_of(sdr + move, hdr + move)[feature]  # type: ignore[arg-type]
        below = features_of(sdr - move, hdr - move)[feature]  # type: ignore[arg-type]
        wanted = (above - below) / (2 * move[:, channel])
        assert np.allclose(slopes[:, channel], wanted, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize(
    ("sense", "measured", "miss"),
    [
        ("equal", 0.7, 0.2),
        ("equal", 0.3, -0.2),
        ("at_most", 0.7, 0.2),
        ("at_most", 0.3, 0.0),
        ("at_least", 0.7, 0.0),
        ("at_least", 0.3, -0.2),
    ],
)
def test_a_miss_has_a_side(sense: Sense, measured: float, miss: float) -> None:
    term = Term("black", "sdr_ev", np.array([0]), 0.5, 1.0, sense)
    assert term.miss(measured) == pytest.approx(miss)


def test_a_term_measures_its_group_against_another() -> None:
    features: dict[Any, Any] = {"sdr_ev": np.array([1.0, 3.0, 10.0, 20.0])}
    term = Term("contrast", "sdr_ev", np.array([2, 3]), 12.0, 2.0, against=np.array([0, 1]))
    assert term.measure(features) == 13.0
    plain = Term("placement", "sdr_ev", np.array([0, 1]), 5.0, 3.0)
    assert evaluate([term, plain], features).tolist() == [2.0, -9.0]


def terms() -> list[Term]:
    low, high = np.arange(0, 30), np.arange(30, 60)
    return [
        Term("placement", "sdr_ev", low, -1.0, 2.0),
        Term("highlights", "hdr_ev", high, 1.0, 1.5),
        Term("contrast", "sdr_ev", high, 0.3, 0.7, against=low),
        Term("clipping", "sdr_peak_ev", high, -8.0, 6.0, "at_most"),
        Term("colour", "sdr_chroma", low, 0.5, 1.2),
        Term("white", "sdr_ev", high, -30.0, 5.0, "at_least"),
    ]


def test_the_jacobian_is_that_of_the_residuals() -> None:
    """Settings move the pixels linearly here, so whole residuals can be differenced."""
    sdr, hdr = twins()
    random = np.random.default_rng(1)
    d_sdr, d_hdr = (random.normal(0, 0.2, (60, 3, 4)) * twin[..., None] for twin in (sdr, hdr))

    def residuals(theta: NDArray[np.float64]) -> NDArray[np.float64]:
        features = features_of(sdr + d_sdr @ theta, hdr + d_hdr @ theta)  # type: ignore[arg-type]
        return evaluate(terms(), features)

    at_zero = residuals(np.zeros(4))
    rows = jacobian(terms(), at_zero, feature_slopes(sdr, hdr), d_sdr, d_hdr)  # type: ignore[arg-type]
    wanted = np.stack(
        [(residuals(step) - residuals(-step)) / 2e-5 for step in 1e-5 * np.eye(4)], axis=1
    )
    assert np.allclose(rows, wanted, rtol=2e-3, atol=2e-3)
    assert at_zero[-1] == 0
    assert not rows[-1].any()
