"""What is tried of each operation."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from sidelight.learning.chart import Chart, write_chart
from sidelight.learning.operation_cases import (
    CONTRASTS,
    HEADROOMS,
    LUT_FILE,
    RECORDED,
    Case,
    OperationCase,
    RecipeCase,
    cases,
    twin_case,
)

OPERATIONS = (
    "exposure",
    "temperature",
    "highlights, opposed",
    "highlights, clip",
    "channelmixerrgb, matrix",
    "channelmixerrgb, CAT16",
    "toneequal",
    "sigmoid",
    "sigmoid, RGB ratio",
    "sigmoid, hue preservation 40 %",
    "colorbalancergb",
    "rgbcurve",
    "lut3d",
    "whole chain",
)


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    return write_chart(tmp_path_factory.mktemp("chart") / "chart.dng")


@pytest.fixture(scope="module")
def named() -> dict[str, Case]:
    return {case.name: case for case in cases()}


def test_every_operation_is_tried_and_every_name_is_one_case(named: dict[str, Case]) -> None:
    tried = cases()
    assert tuple(dict.fromkeys(case.operation for case in tried)) == OPERATIONS
    assert len(named) == len(tried)
    assert set(RECORDED) <= set(named)
    assert {named[name].operation for name in RECORDED} >= set(OPERATIONS) - {"highlights, clip"}
    assert cases() == tried or [case.name for case in cases()] == list(named)


def test_one_slider_at_a_time_moves_the_operation_it_is_named_after(
    chart: Chart, named: dict[str, Case]
) -> None:
    """The operation whose line it is, and no other, differs from the default's."""
    default = _entries(named["default"], chart)
    for case in named.values():
        if not isinstance(case, RecipeCase) or case.operation == "whole chain":
            continue
        found = _entries(case, chart)
        if case.operation == "lut3d":
            assert found["lut3d"]["filepath"] == LUT_FILE
            continue
        moved = {name for name in found if repr(found[name]) != repr(default.get(name))}
        if case.headroom:
            moved.discard("sigmoid")
        assert moved <= {case.operation}, case.name


def test_sweeps_and_combinations_of_every_slider(named: dict[str, Case]) -> None:
    swept: Counter[str] = Counter()
    for case in named.values():
        if isinstance(case, RecipeCase):
            moved = [slider for slider, value in case.recipe.sliders().items() if value]
            if len(moved) == 1:
                swept[moved[0]] += 1
    assert set(swept) == set(named["default"].recipe.sliders())  # type: ignore[attr-defined]
    assert min(swept.values()) >= 2
    chains = [case for case in named.values() if case.operation == "whole chain"]
    assert len(chains) >= 10


def test_twins_of_one_contrast_differ_in_headroom_alone(named: dict[str, Case]) -> None:
    for contrast in CONTRASTS:
        for headroom in (0.0, *HEADROOMS):
            case = named[twin_case(contrast, headroom).name]
            assert isinstance(case, RecipeCase) and case.headroom == headroom
            assert case.recipe.contrast == contrast


def test_an_operation_alone_takes_the_place_of_its_namesake(
    chart: Chart, named: dict[str, Case]
) -> None:
    case = named["clip, warm"]
    chain = case.chain(chart.image)
    assert [item.name for item in chain] == ["temperature", "highlights", "exposure"]
    assert chain[0].params["red"] == pytest.approx(2.4) and chain[1].params["mode"] == 0
    mix = named["mix"].chain(chart.image)
    assert [item.name for item in mix][-1] == "channelmixerrgb"
    assert mix[2].params["exposure"] == 0.0


def test_scene_light_gets_a_sigmoid_before_it_is_compared(named: dict[str, Case]) -> None:
    rgb = np.array([[0.18, 0.18, 0.18], [40.0, 40.0, 40.0]])
    assert isinstance(named["linear"], OperationCase)
    shown = named["linear"].display(rgb)
    assert 0.18 < shown[0, 0] < 0.4 and 0.9 < shown[1, 0] < 1.0
    assert named["rgb ratio"].display(rgb) is rgb and named["default"].display(rgb) is rgb


def _entries(case: Case, chart: Chart) -> dict[str, dict[str, object]]:
    return {item.name: dict(item.params) for item in case.chain(chart.image)}
