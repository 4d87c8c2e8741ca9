"""Auto's twins on the virtual photos, Lightroom by its emulator and darktable by darktable-cli."""

from __future__ import annotations

import pytest

from sidelight.learning.evaluate import evaluate_test_set, shares

pytestmark = pytest.mark.slow

SHARE = 0.85


@pytest.mark.parametrize(
    "editor", ["lightroom", pytest.param("darktable", marks=pytest.mark.darktable)]
)
def test_each_figure_is_reached_on_most_photos(editor, virtual_photos, request):
    if editor == "darktable":
        request.getfixturevalue("darktable_cli")
    reached = shares(evaluate_test_set(virtual_photos, [editor]))
    assert set(reached) == {"headroom", "grey lift", "black", "SDR use"}
    assert {figure: share for figure, share in reached.items() if share < SHARE} == {}
