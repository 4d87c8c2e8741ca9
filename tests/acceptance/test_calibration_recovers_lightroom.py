"""`sidelight calibrate` on exports of an emulator whose constants it does not know."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from sidelight.editors.base import Order
from sidelight.editors.lightroom import Lightroom
from sidelight.emulators.base import render
from sidelight.emulators.lightroom import LightroomConstants, LightroomEmulator
from sidelight.emulators.lightroom.calibration import Calibration
from sidelight.imaging import read_photo
from sidelight.imaging.difference import box_average, render_difference
from sidelight.imaging.export import fit_gamut
from sidelight.imaging.transfer import srgb_encode
from sidelight.learning.random_recipe import random_recipes, rises
from sidelight.learning.test_set import build

pytestmark = pytest.mark.slow

SCENES = ("virtual_01", "virtual_03", "virtual_06", "virtual_08", "virtual_10", "virtual_12")
UNSEEN = ("virtual_02", "virtual_11")
TRIPLES = 30

UNKNOWN = LightroomConstants(
    exposure_offset_ev=-0.41,
    contrast_slope=0.39,
    highlights_ev=1.86,
    highlights_steepness=1.6,
    highlights_pivot_ev=0.19,
    shadows_ev=1.42,
    shadows_steepness=1.47,
    shadows_pivot_ev=-1.34,
    whites_ev=1.43,
    whites_steepness=1.38,
    whites_pivot_ev=1.69,
    blacks_ev=1.22,
    blacks_steepness=1.89,
    blacks_pivot_ev=-2.91,
    vibrance_scale=1.19,
    vibrance_falloff=2.73,
    saturation_scale=0.83,
)
"""The defaults, each moved by up to 40 % or half a stop."""


def export(path: Path, rgb: Any) -> None:
    """Write a JPEG of quality 90 with colour at half resolution."""
    pixels = np.round(srgb_encode(fit_gamut(rgb)) * 255).astype(np.uint8)
    Pillow.fromarray(pixels).save(path, "JPEG", quality=90, subsampling=2)


def test_thirty_exports_are_enough(
    shared: Path, tmp_path: Path, sidelight: Callable[..., Any]
) -> None:
    built = build(tmp_path / "virtual", shared / "data", (*SCENES, *UNSEEN))
    raws = {photo.photo.name: photo.raw for photo in built}
    lightroom = LightroomEmulator(UNKNOWN)
    folder = tmp_path / "photos"
    folder.mkdir()
    order = Order(tmp_path / "first", "test")
    recipes = random_recipes(TRIPLES + 8, seed=5, accept=rises(lightroom))
    for number, recipe in enumerate(recipes[:TRIPLES]):
        raw = folder / f"IMG_{number:02d}.dng"
        shutil.copy(raws[SCENES[number % len(SCENES)]], raw)
        image = read_photo(raw, 512)
        assert Lightroom().write(image.info, recipe, order).status == "written"
        # As Lightroom would, from what the sidecar says.
        written = Lightroom().read(image.info).recipe
        export(raw.with_suffix(".jpg"), render(lightroom, image, written))

    done = sidelight("calibrate", folder, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    print({key: report[key] for key in ("before", "after", "used", "held_back", "skipped")})
    assert report["status"] == "saved" and report["used"] == TRIPLES
    assert all(slider["fitted"] for slider in report["sliders"])
    assert report["after"]["mean"] < 0.25 * report["before"]["mean"]

    saved = tmp_path / "home" / "state" / "lightroom_calibration.json"
    found = LightroomEmulator(Calibration.from_json(json.loads(saved.read_text())).constants)
    default = LightroomEmulator()
    errors = []
    for number, recipe in enumerate(recipes[TRIPLES:]):
        image = read_photo(raws[UNSEEN[number % len(UNSEEN)]], 512)
        theirs, ours, before = (
            box_average(np.clip(render(emulator, image, recipe), 0, 1))
            for emulator in (lightroom, found, default)
        )
        errors.append([float(render_difference(each, theirs).mean()) for each in (ours, before)])
    after, before = np.mean(errors, axis=0)
    print(f"unseen photos and settings: {before:.2f} before, {after:.2f} after")
    assert before > 3.0
    assert after <= 0.5
