from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.errors import PhotoError, ToolError
from sidelight.learning.comparison import compare_renders
from sidelight.learning.darktable_render import default_sidecar
from sidelight.learning.evaluation.methods import Subject
from sidelight.learning.evaluation.rendering import (
    check_framing,
    check_renderer,
    render_recipe,
    render_recipes,
    render_sidecars,
)
from sidelight.recipe import Recipe

EDIT = Recipe(exposure_ev=0.5, saturation=20.0)


def test_lightroom_is_its_emulator(subject: Subject):
    (found,) = render_recipes("lightroom", [(subject.image, EDIT)])
    np.testing.assert_array_equal(found, render(load_emulator("lightroom"), subject.image, EDIT))


def test_no_jobs_are_no_renders():
    assert render_sidecars([]) == []


def test_darktables_recipes_need_darktable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    check_renderer("lightroom")
    with pytest.raises(ToolError, match="not installed"):
        check_renderer("darktable")


def test_framing_is_a_matter_of_proportions():
    picture = np.zeros((300, 400, 3), np.float32)
    check_framing(picture, np.zeros((600, 800, 3), np.float32))
    check_framing(picture, np.zeros((296, 396, 3), np.float32))
    with pytest.raises(PhotoError, match="framing"):
        check_framing(picture, np.zeros((400, 300, 3), np.float32))


@pytest.mark.slow
@pytest.mark.darktable
def test_darktable_is_the_real_one_and_one_bad_photo_spoils_no_other(
    darktable_cli: str, subject: Subject, tmp_path: Path
):
    broken = tmp_path / "broken.dng"
    broken.write_bytes(b"II*\0nothing")
    sidecar = default_sidecar(subject.image.info.white_balance.multipliers())
    good, bad = render_sidecars([(subject.case.photo, sidecar), (broken, sidecar)])
    assert isinstance(bad, str) and "darktable" in bad
    assert not isinstance(good, str) and good[1] == ()
    (edited,) = render_recipes("darktable", [(subject.image, EDIT)])
    assert not isinstance(edited, str)
    ours = render_recipe("darktable", subject.image, EDIT)
    assert compare_renders(ours, edited, subject.image.clipped).mean < 3.0
