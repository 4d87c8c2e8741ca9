"""A few small photos with references, and a run over them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.imaging import read_photo
from sidelight.imaging.export import write_sdr_jpeg
from sidelight.learning.evaluation.folder import build
from sidelight.learning.evaluation.methods import Subject
from sidelight.learning.evaluation.protocol import Case, Protocol, Reference, Request
from sidelight.learning.evaluation.run import Evaluation, evaluate, load_methods
from sidelight.recipe import Recipe

EDIT = Recipe(exposure_ev=0.6, contrast=20.0, saturation=15.0)
"""The edit behind every reference."""


@pytest.fixture(scope="session")
def photos(tiny_raw: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three small raws, each with a finished picture in the folder `finished`."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "finished").mkdir()
    for name in ("a", "b", "c"):
        raw = tiny_raw(folder / f"{name}.dng")
        picture = render(load_emulator("lightroom"), read_photo(raw), EDIT)
        write_sdr_jpeg(folder / "finished" / f"{name}.jpg", picture, quality=95)
    return folder


@pytest.fixture(scope="session")
def subject(photos: Path) -> Subject:
    """One of the photos, opened."""
    raw = photos / "a.dng"
    case = Case("a.dng", raw, Reference("render", photos / "finished" / "a.jpg"), "one")
    return Subject(case, read_photo(raw))


@pytest.fixture(scope="session")
def protocol(photos: Path) -> Protocol:
    """The photos as a protocol; they were taken at one time, so they are one shoot."""
    return build(Request(folders=(photos,), reference=photos / "finished", size_px=256))


@pytest.fixture(scope="session")
def evaluation(protocol: Protocol) -> Evaluation:
    """Two methods measured on them."""
    methods, not_run = load_methods(["auto", "identity"], "lightroom", needed=True)
    return evaluate(protocol, methods, "lightroom", 2.3, not_run)


@pytest.fixture
def random() -> np.random.Generator:
    """Seeded."""
    return np.random.default_rng(5)
