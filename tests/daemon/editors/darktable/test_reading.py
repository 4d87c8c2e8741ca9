"""Histories read back as Recipes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.editors.base import Order
from sidelight.editors.darktable.editor import Darktable
from sidelight.recipe import PhotoInfo, Recipe, ToneCurve
from sidelight_xmp.darktable.history import History, HistoryEntry
from sidelight_xmp.darktable.sidecar import history_from_bytes, merge_history

EDITOR = Darktable()
EDIT = Recipe(
    temperature_mired=12,
    exposure_ev=0.4,
    contrast=10,
    highlights=-40,
    shadows=25,
    whites=8,
    vibrance=12,
    curve=ToneCurve.from_offsets(0.04 * np.sin(np.linspace(0, 2 * np.pi, 14))),
)


def test_foreign_operations_are_named_as_unread(info: PhotoInfo, order: Order) -> None:
    EDITOR.write(info, EDIT, order)
    path = info.path.with_name("IMG_1.CR3.xmp")
    history = history_from_bytes(path.read_bytes())
    assert history is not None
    velvia = HistoryEntry("velvia", True, 2, b"\0" * 8)
    skewed = HistoryEntry.from_values("sigmoid", {"contrast_skewness": 0.4})
    more = History((*history.entries, velvia, skewed), len(history.entries) + 2)
    path.write_bytes(merge_history(path.read_bytes(), more))
    reading = EDITOR.read(info)
    assert set(reading.unread) == {"velvia", "sigmoid"}
    assert reading.recipe.exposure_ev == pytest.approx(EDIT.exposure_ev, abs=1e-4)


def test_damaged_params_are_no_crash(info: PhotoInfo) -> None:
    broken = HistoryEntry("exposure", True, 6, b"\0" * 5)
    noisy = HistoryEntry("sigmoid", True, 1, b"\xff" * 24)
    curve = HistoryEntry("rgbcurve", True, 1, b"\xff" * 516)
    path = info.path.with_name("IMG_1.CR3.xmp")
    path.write_bytes(merge_history(None, History((broken, noisy, curve), history_end=3)))
    reading = EDITOR.read(info)
    assert "exposure" in reading.unread
    assert all(np.isfinite(list(reading.recipe.sliders().values())))


def test_read_is_exact_for_many_recipes(info: PhotoInfo, order: Order) -> None:
    random = np.random.default_rng(20)
    for number in range(40):
        vector = random.uniform(-0.5, 0.5, EDIT.to_vector().shape)
        vector[10:] *= 0.1
        recipe = Recipe().with_vector(vector)
        EDITOR.write(info, recipe, replace(order, batch=str(number), overwrite=True))
        reading = EDITOR.read(info)
        difference = reading.recipe.to_vector() - recipe.to_vector()
        assert reading.unread == ()
        assert np.abs(difference[:10]).max() < 0.01
        assert np.abs(difference[10:]).max() < 1e-3
