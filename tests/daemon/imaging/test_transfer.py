"""Transfer functions against colour-science and against one another."""

from __future__ import annotations

import colour
import numpy as np
import pytest

from sidelight.imaging import transfer

AXIS = np.linspace(0, 1, 1001)


def test_srgb() -> None:
    np.testing.assert_allclose(transfer.srgb_encode(AXIS), colour.models.eotf_inverse_sRGB(AXIS))
    np.testing.assert_allclose(transfer.srgb_decode(AXIS), colour.models.eotf_sRGB(AXIS))
    assert transfer.srgb_encode(-0.25) == -transfer.srgb_encode(0.25)


def test_pq() -> None:
    nits = AXIS * 10000
    expected = colour.models.eotf_inverse_ST2084(nits)
    np.testing.assert_allclose(transfer.pq_encode(nits / 203), expected, atol=1e-9)
    np.testing.assert_allclose(transfer.pq_decode(expected) * 203, nits, atol=1e-2)
    assert transfer.pq_encode(1.0) == pytest.approx(0.5807, abs=1e-3)


def test_rec709() -> None:
    expected = colour.models.oetf_inverse_BT709(AXIS)
    np.testing.assert_allclose(transfer.rec709_decode(AXIS), expected, atol=3e-4)


def test_log() -> None:
    assert transfer.log_encode(0.0) == 0
    assert transfer.log_encode(1.0) == pytest.approx(1.0)
    np.testing.assert_allclose(transfer.log_decode(transfer.log_encode(AXIS * 16)), AXIS * 16)
    np.testing.assert_allclose(transfer.log_decode(transfer.log_encode(-AXIS)), -AXIS, atol=1e-12)
    step = 1e-6
    for y in (-1.0, 0.01, 3.0):
        rise = (transfer.log_encode(y + step) - transfer.log_encode(y - step)) / (2 * step)
        assert transfer.log_encode_slope(y) == pytest.approx(rise, rel=1e-4)


@pytest.mark.parametrize("name", ["srgb_encode", "srgb_decode", "pq_encode", "log_encode"])
def test_float32_stays_and_nothing_becomes_nan(name: str) -> None:
    values = np.array([-1e3, -0.1, 0, 1e-9, 1, 1e6], np.float32)
    out = getattr(transfer, name)(values)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
