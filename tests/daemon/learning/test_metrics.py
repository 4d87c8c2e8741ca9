"""The metrics on arrays whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from sidelight.imaging.color import luminance
from sidelight.learning.metrics import (
    anchor,
    black,
    grey_lift,
    headroom_error,
    itp_guard,
    reference_rendition,
    sdr_use,
)


def grey(y: np.ndarray) -> np.ndarray:
    return np.repeat(np.asarray(y, dtype=np.float64)[..., None], 3, axis=-1)


RAMP = 2.0 ** np.linspace(-10, 2, 4001)


def test_the_anchor_is_the_gain_between_equal_pictures() -> None:
    gain, level = anchor(RAMP, RAMP / 8)
    assert gain == pytest.approx(1 / 8)
    assert level == pytest.approx(2.0**-4 / 8, rel=1e-3)


def test_the_anchor_looks_at_the_middle_half_only() -> None:
    sdr = RAMP.copy()
    sdr[:900] = 1.0
    sdr[-900:] = 1e-9
    assert anchor(RAMP, sdr)[0] == pytest.approx(1.0)


def test_the_reference_has_system_gamma_around_its_anchor() -> None:
    reference = luminance(reference_rendition(grey(RAMP), grey(RAMP / 8), 8.0))
    level = 2.0**-4 / 8
    np.testing.assert_allclose(reference, RAMP / 8 * (RAMP / 8 / level) ** 0.2, rtol=1e-3)


def test_the_reference_rolls_off_below_its_peak() -> None:
    bright = RAMP * 64
    reference = luminance(reference_rendition(grey(bright), grey(bright), 1.0))
    assert (np.diff(reference) >= 0).all()
    assert reference.max() <= 2.0 * (1 + 1e-6)
    start = 1.5
    over = bright * (bright / anchor(bright, bright)[1]) ** 0.2
    one = int(np.searchsorted(over, 2.0))
    assert reference[one] == pytest.approx(start + 0.5 * (1 - np.exp(-(over[one] - start) / 0.5)))


def test_the_reference_keeps_colour() -> None:
    truth = RAMP[:, None] * np.array([1.0, 0.5, 0.25])
    reference = reference_rendition(truth, truth, 2.0)
    np.testing.assert_allclose(reference[:, 1] / reference[:, 0], 0.5, rtol=1e-5)


def test_headroom_error_is_the_mean_of_both_percentiles() -> None:
    reference = np.ones(100_000)
    reference[:2000], reference[:200] = 2.0, 4.0
    output = np.ones(100_000)
    output[:2000], output[:200] = 1.0, 2.0
    error = headroom_error(output, reference, 3.0)
    assert error.reference == pytest.approx((1.0, 2.0), abs=0.01)
    assert error.stops == pytest.approx(1.0, abs=0.01)
    assert not error.within()
    assert headroom_error(reference, reference, 3.0).stops == 0.0
    assert headroom_error(output * 8, reference * 8, 1.0).stops == 0.0


def test_nothing_may_shine_where_the_reference_does_not() -> None:
    reference = np.full(1000, 0.5)
    assert headroom_error(np.full(1000, 2.0**0.09), reference, 2.0).within()
    shining = headroom_error(np.full(1000, 2.0**0.15), reference, 2.0)
    assert shining.stops == pytest.approx(0.15)
    assert not shining.within()


def test_grey_lift_is_measured_in_the_truly_dark() -> None:
    sdr = RAMP
    hdr = np.where(np.percentile(RAMP, 20) >= RAMP, RAMP * 2**0.3, RAMP * 4)
    assert grey_lift(hdr, sdr, RAMP) == pytest.approx(0.3)
    assert grey_lift(sdr / 2, sdr, RAMP) == pytest.approx(1.0)


def test_black_levels_and_crushed_pixels() -> None:
    noise = np.full_like(RAMP, 1e-3)
    fine = black(np.clip(RAMP, 0.001, 1), RAMP, noise)
    assert fine.within()
    assert fine.crushed == 0
    milky = black(np.clip(RAMP, 0.05, 1), RAMP, noise)
    assert milky.level == pytest.approx(0.05)
    assert not milky.within()
    crushed = black(np.where(RAMP < 0.02, 0.0, RAMP), RAMP, noise)
    lost = ((RAMP < 0.02) & (RAMP > 0.002)).mean()
    assert crushed.crushed == pytest.approx(lost)
    assert not crushed.within()


def test_noise_may_be_crushed_and_flat_scenes_have_no_black() -> None:
    assert black(np.where(RAMP < 0.02, 0.0, RAMP), RAMP, np.full_like(RAMP, 0.01)).within()
    fog = 2.0 ** np.linspace(-2, 0, 1000)
    assert black(fog, fog, fog * 0).is_flat
    assert black(fog, fog, fog * 0).within()


def test_sdr_use_counts_white_and_new_clipping() -> None:
    sdr = grey(np.linspace(0, 0.95, 1000)[None, :])
    raw_clipped = np.zeros((1, 1000), bool)
    use = sdr_use(sdr, raw_clipped)
    assert use.white == pytest.approx(0.945, abs=0.002)
    assert use.clipped == 0
    assert use.within(has_diffuse_white=True)
    sdr[0, :20, 0] = 1.0
    raw_clipped[0, :12] = True
    assert sdr_use(sdr, raw_clipped).clipped == pytest.approx(0.008)
    assert not sdr_use(sdr, raw_clipped).within(has_diffuse_white=True)


def test_a_dark_scene_need_not_reach_white() -> None:
    use = sdr_use(grey(np.full((4, 4), 0.3)), np.zeros((4, 4), bool))
    assert use.within(has_diffuse_white=False)
    assert not use.within(has_diffuse_white=True)


def test_the_guard_knows_the_reference_from_a_picture_without_highlights() -> None:
    truth = grey(np.exp2(np.linspace(-6, 3, 96 * 128)).reshape(96, 128))
    sdr = np.clip(truth, 0, 1)
    hdr = reference_rendition(truth, sdr, 2.0)
    guard = itp_guard(truth, sdr, hdr, 2.0, default_rgb=sdr)
    assert guard.hdr == pytest.approx(0.0, abs=0.2)
    assert guard.sdr > guard.hdr + 1
    assert guard.default == guard.sdr
    assert np.isnan(itp_guard(truth, sdr, hdr, 2.0).default)
