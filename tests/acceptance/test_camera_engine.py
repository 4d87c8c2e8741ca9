"""*Match the camera* on the virtual photos, whose camera look no engine knows, and on the CRW."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from sidelight.learning.camera_match import compare, render_all
from sidelight.learning.test_set import REAL_PHOTO_APART, BuiltPhoto

pytestmark = [pytest.mark.slow, pytest.mark.darktable]


@pytest.fixture
def rawtherapee() -> str:
    found = shutil.which("rawtherapee-cli")
    if found is None:
        pytest.skip("rawtherapee-cli is not installed")
    return found


def test_it_comes_closer_to_the_jpeg_than_darktable_and_rawtherapee(
    darktable_cli: str, rawtherapee: str, virtual_photos: list[BuiltPhoto], shared: Path
) -> None:
    apart = shared / "data" / "photos" / REAL_PHOTO_APART
    photos = [*(item.raw for item in virtual_photos), apart]
    matches = [
        compare(photo.stem, renders)
        for photo, renders in zip(photos, render_all(photos), strict=True)
    ]
    assert len(matches) == 25
    assert [item for item in matches if item.camera >= item.default] == []
    virtual = matches[:24]
    ours, theirs = (
        float(np.mean([getattr(item, of) for item in virtual])) for of in ("camera", "rawtherapee")
    )
    assert ours < theirs
    assert matches[24].camera < matches[24].rawtherapee
