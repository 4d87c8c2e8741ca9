"""`sidelight auto --editor darktable` on the whole test set, rendered by the real darktable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sidelight.imaging import read_photo
from sidelight.learning.comparison import compare_renders
from sidelight.learning.darktable_render import (
    Render,
    render_darktable,
    render_darktable_batch,
)
from sidelight.learning.emulator_error import render_in_bands
from sidelight.recipe import Recipe

pytestmark = [pytest.mark.slow, pytest.mark.darktable]

END_TO_END_LIMIT = 4.0
LARGE = {".GPR", ".DNG"}
"""12 megapixels: rendered one by one, to hold one at a time."""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def rendered(photos: dict[Path, bytes]) -> Iterator[tuple[Path, Render]]:
    """Yield each photo with darktable's render of it and its sidecar."""
    small = [(photo, sidecar) for photo, sidecar in photos.items() if photo.suffix not in LARGE]
    for (photo, _), render in zip(small, render_darktable_batch(small), strict=True):
        yield photo, render
    for photo, sidecar in photos.items():
        if photo.suffix in LARGE:
            yield photo, render_darktable(photo, sidecar)


def test_every_photo_gets_a_sidecar_that_darktable_renders_as_predicted(
    darktable_cli, test_set, sidelight
):
    before = {photo: _digest(photo) for photo in test_set}
    done = sidelight("auto", "--editor", "darktable", "--json", *test_set)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    refused = [(each["photo"], each["reason"]) for each in results if each["status"] != "written"]
    assert refused == [] and len(results) == len(test_set), done.stderr
    assert done.returncode == 0, done.stderr
    assert before == {photo: _digest(photo) for photo in test_set}

    errors: dict[str, list[float]] = {"real": [], "apart": [], "virtual": []}
    sidecars = {Path(each["photo"]): Path(each["sidecar"]).read_bytes() for each in results}
    recipes = {Path(each["photo"]): Recipe.from_json(each["recipe"]) for each in results}
    for photo, render in rendered(sidecars):
        assert render.dropped == (), photo.name
        image = read_photo(photo)
        ours = render_in_bands(image, recipes[photo])
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
