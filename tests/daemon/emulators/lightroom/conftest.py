"""The whole chain on pixels of a test's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.emulators.base import Context, run
from sidelight.emulators.lightroom import LightroomConstants, LightroomEmulator
from sidelight.recipe import CameraWhiteBalance, Recipe


@pytest.fixture
def rendered(white_balance: CameraWhiteBalance) -> Callable[..., NDArray[np.float64]]:
    """Render pixels, shape (N, 3): rgb, Recipe, headroom, constants, more of the context."""

    def render(
        rgb: NDArray[np.float64],
        recipe: Recipe | None = None,
        headroom: float = 0.0,
        constants: LightroomConstants | None = None,
        **context: Any,
    ) -> NDArray[np.float64]:
        recipe = recipe or Recipe()
        bound = Context(white_balance, headroom, hdr=recipe.hdr, **context)
        emulator = LightroomEmulator(constants or LightroomConstants())
        return run(emulator.stages(bound), np.asarray(rgb), recipe.to_vector())

    return render
