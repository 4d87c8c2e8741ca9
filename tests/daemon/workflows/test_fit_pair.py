"""Fitting a pair; `cli/test_fit.py` covers it as a user meets it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from sidelight.workflows.fit_pair import fit_pair


def test_a_jpeg_pair_of_different_sizes(shared: Path, tmp_path: Path) -> None:
    before = shared / "data/photos/pigallery2_IMG_1252.jpg"
    with Pillow.open(before) as picture:
        picture = picture.convert("RGB")
        picture.thumbnail((600, 600))
        brighter = 255 * (np.asarray(picture) / 255.0) ** 0.85
        Pillow.fromarray(brighter.astype(np.uint8)).save(tmp_path / "after.jpg", quality=95)
    report = fit_pair(before, tmp_path / "after.jpg", "lightroom")
    assert report.status == "fitted", report.reason
    assert report.psnr_db is not None and report.psnr_db > 25
    assert report.recipe is not None


@pytest.mark.parametrize("name", ["missing.jpg", "empty.jpg", "folder.jpg"])
def test_what_cannot_be_read(shared: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "folder.jpg").mkdir()
    before = shared / "data/photos/pigallery2_IMG_1252.jpg"
    for pair in [(before, tmp_path / name), (tmp_path / name, before)]:
        report = fit_pair(*pair, "darktable")
        assert report.status == "error"
        assert report.reason and "unexpected" not in report.reason
