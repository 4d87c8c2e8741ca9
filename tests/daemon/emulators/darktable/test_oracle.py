"""The recorded renders against the program itself."""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any

import numpy as np
import pytest


@pytest.mark.darktable
def test_the_program_still_renders_what_is_recorded(
    oracle: ModuleType, chart: Any, darktable_cli: str
) -> None:
    cases = {
        **oracle.OPERATIONS,
        **{
            name: oracle.recipe_operations(chart, recipe, headroom)
            for name, (recipe, headroom) in oracle.RECIPES.items()
        },
    }
    found = dict(zip(cases, oracle.render_patches(chart, list(cases.values())), strict=True))
    if os.environ.get("SIDELIGHT_RECORD") == "1":
        oracle.write_renders(found)
    recorded = oracle.read_renders()
    assert set(recorded) == set(found)
    for name, patches in found.items():
        np.testing.assert_allclose(patches, recorded[name], rtol=2e-4, atol=2e-6, err_msg=name)


def test_the_chart_holds_the_patches_it_claims(chart: Any, renders: dict[str, Any]) -> None:
    np.testing.assert_allclose(renders["linear"], chart.rgb, rtol=2e-3, atol=3e-5)
