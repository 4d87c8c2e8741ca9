"""Auto on every scene of the table: what a photographer expects, and what must not happen."""

from __future__ import annotations

import pytest

from sidelight.learning.scene_table import (
    SceneResult,
    broken,
    expected_share,
    figure_shares,
    guard_means,
    measure,
)

pytestmark = [pytest.mark.slow, pytest.mark.darktable]

EXPECTED_SHARE = 0.8
FIGURE_SHARE = 0.95


@pytest.fixture(scope="module")
def measured(virtual_photos, darktable_cli) -> dict[str, list[SceneResult]]:
    """All that is measured, by editor."""
    results = measure(virtual_photos, ["lightroom", "darktable"])
    return {
        editor: [item for item in results if item.evaluation.editor == editor]
        for editor in ("lightroom", "darktable")
    }


@pytest.fixture(params=["lightroom", "darktable"])
def results(request, measured) -> list[SceneResult]:
    """What is measured for one editor."""
    return measured[request.param]


def test_nothing_happens_that_must_not(results):
    happened = [
        f"{one.photo}: {one.name} {one.value:.3f}, {one.low:g} to {one.high:g} {one.unit}"
        for one in broken(results)
    ]
    assert happened == []


def test_most_expected_ranges_are_met(results):
    assert expected_share(results) >= EXPECTED_SHARE


def test_each_figure_is_reached_on_nearly_all_photos(results):
    reached = figure_shares(results)
    assert set(reached) == {"headroom", "grey lift", "black", "SDR use", "HDR nearer than SDR"}
    assert {figure: share for figure, share in reached.items() if share < FIGURE_SHARE} == {}


def test_the_hdr_twin_is_no_farther_from_the_reference_than_darktables_default(results):
    means = guard_means(results)
    assert means["hdr"] <= means["default"]
