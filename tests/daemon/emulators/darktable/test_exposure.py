"""A gain in stops."""

from __future__ import annotations

import numpy as np

from sidelight.emulators.darktable import exposure


def test_one_stop_doubles_and_nothing_is_clipped() -> None:
    rgb = np.array([[0.1, 0.6, -0.01]], dtype=np.float32)
    out = exposure.apply(rgb, np.float32(1.0))
    np.testing.assert_allclose(out, 2.0 * rgb, rtol=1e-7)
    assert out.dtype == np.float32
