"""`sidelight auto --editor darktable` on the whole test set, rendered by the real darktable."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from sidelight.imaging import read_photo
from sidelight.learning.comparison import compare_renders
from sidelight.learning.darktable_render import render_darktable
from sidelight.learning.emulator_error import render_in_bands
from sidelight.recipe import Recipe

pytestmark = [pytest.mark.slow, pytest.mark.darktable]

END_TO_END_LIMIT = 4.0


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_photo_gets_a_sidecar_that_darktable_renders_as_predicted(
    darktable_cli, test_set, sidelight
):
    before = {photo: _digest(photo) for photo in test_set}
    done = sidelight("auto", "--editor", "darktable", "--json", *test_set)
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [result["status"] for result in results] == ["written"] * len(test_set)
    assert before == {photo: _digest(photo) for photo in test_set}

    errors: dict[str, list[float]] = {"real": [], "apart": [], "virtual": []}
    for result in results:
        photo = Path(result["photo"])
        render = render_darktable(photo, Path(result["sidecar"]).read_bytes())
        assert render.dropped == (), photo.name
        image = read_photo(photo)
        ours = render_in_bands(image, Recipe.from_json(result["recipe"]))
        difference = compare_renders(ours, render.rgb, image.clipped.any(axis=-1))
        kind = "virtual" if photo.name.startswith("virtual") else "real"
        errors["apart" if photo.suffix == ".CRW" else kind].append(difference.mean)
    assert [len(errors[kind]) for kind in ("real", "apart", "virtual")] == [9, 1, 24]
    assert np.mean(errors["real"]) <= END_TO_END_LIMIT
    assert np.mean(errors["virtual"]) <= END_TO_END_LIMIT


def test_a_second_run_writes_nothing_and_undo_brings_everything_back(test_set, sidelight, tmp_path):
    photos = test_set[:3]
    sidecars = [photo.with_name(photo.name + ".xmp") for photo in photos]
    for sidecar in sidecars:
        sidecar.unlink(missing_ok=True)
    assert sidelight("auto", "--editor", "darktable", *photos).returncode == 0
    first = {sidecar: (sidecar.read_bytes(), sidecar.stat().st_mtime_ns) for sidecar in sidecars}
    assert sidelight("auto", "--editor", "darktable", *photos).returncode == 0
    assert first == {s: (s.read_bytes(), s.stat().st_mtime_ns) for s in sidecars}
    assert sidelight("undo", *photos).returncode == 0
    assert not any(sidecar.exists() for sidecar in sidecars)
