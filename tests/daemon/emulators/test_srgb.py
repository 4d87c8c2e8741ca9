from __future__ import annotations

import numpy as np
import pytest

from sidelight.emulators import srgb
from sidelight.imaging import transfer

LIGHT = np.concatenate([[0.0], np.geomspace(1e-5, 4.0, 60)])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_is_the_transfer_function_of_pictures(dtype):
    light = LIGHT.astype(dtype)
    code = srgb.encode(light)
    assert code.dtype == dtype
    np.testing.assert_allclose(code, transfer.srgb_encode(LIGHT), rtol=2e-6, atol=1e-7)
    np.testing.assert_allclose(srgb.decode(code), LIGHT, rtol=2e-5, atol=1e-7)


def test_tensors_get_finite_gradients():
    torch = pytest.importorskip("torch")
    light = torch.tensor(LIGHT, requires_grad=True)
    srgb.decode(srgb.encode(light)).sum().backward()
    np.testing.assert_allclose(light.grad.numpy(), 1.0, rtol=1e-3)
