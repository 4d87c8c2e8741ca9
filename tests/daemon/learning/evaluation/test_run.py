from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sidelight.errors import SidelightError
from sidelight.learning.evaluation.folder import build
from sidelight.learning.evaluation.protocol import Fold, Protocol, Request, Split
from sidelight.learning.evaluation.results import Evaluation, Measured
from sidelight.learning.evaluation.run import PICTURED, evaluate, load_methods


def test_every_method_is_measured_on_every_photo(evaluation: Evaluation):
    assert [photo.case.name for photo in evaluation.photos] == ["a.dng", "b.dng", "c.dng"]
    assert not evaluation.failed and evaluation.seconds > 0
    for photo in evaluation.photos:
        assert set(photo.methods) == {"auto", "identity"}
        for found in photo.methods.values():
            assert isinstance(found, Measured)
            assert found.figures["psnr_db"] > 5
            assert found.recipe is not None
            assert "headroom_stops" not in found.figures, "no truth is known"
            assert found.pictures is not None


def test_only_some_photos_are_pictured(protocol: Protocol, monkeypatch: pytest.MonkeyPatch):
    assert PICTURED == 24
    monkeypatch.setattr("sidelight.learning.evaluation.run.PICTURED", 2)
    methods, _ = load_methods(["identity"], "lightroom", needed=True)
    found = evaluate(protocol, methods, "lightroom")
    assert [photo.reference is not None for photo in found.photos] == [True, False, True]


def test_the_references_own_picture_scores_perfectly(photos: Path, protocol: Protocol):
    methods, _ = load_methods([f"renders:{photos / 'finished'}"], "lightroom", needed=True)
    found = evaluate(protocol, methods, "lightroom")
    measured = found.photos[0].methods["renders:finished"]
    assert isinstance(measured, Measured)
    assert measured.figures["psnr_db"] == 100.0 and measured.figures["ssim"] > 0.9999


def test_learners_see_the_training_side_only(protocol: Protocol):
    fold = Fold(("a.dng", "b.dng"), ("c.dng",))
    split = Split("lists", "", None, (fold,))
    methods, _ = load_methods(["constant-mean", "identity"], "lightroom", needed=True)
    found = evaluate(replace(protocol, split=split), methods, "lightroom")
    (photo,) = found.photos
    mean, identity = photo.methods["constant-mean"], photo.methods["identity"]
    assert isinstance(mean, Measured) and isinstance(identity, Measured)
    assert mean.figures["psnr_db"] > identity.figures["psnr_db"] + 5
    alone = replace(protocol, split=Split("lists", "", None, (Fold((), ("c.dng",)),)))
    (photo,) = evaluate(alone, methods, "lightroom").photos
    assert photo.methods["constant-mean"] == "the split leaves it nothing to learn from"


def test_a_photo_that_cannot_be_read_is_named_and_spoils_no_other(
    photos: Path, tmp_path: Path, tiny_raw
):
    raw = tiny_raw(tmp_path / "a.dng")
    (tmp_path / "b.dng").write_bytes(raw.read_bytes()[:4000])
    request = Request(folders=(tmp_path,), reference=photos / "finished", size_px=64)
    methods, _ = load_methods(["identity"], "lightroom", needed=True)
    found = evaluate(build(request), methods, "lightroom")
    assert [photo.case.name for photo in found.photos] == ["a.dng"]
    assert [name for name, _ in found.failed] == ["b.dng"]


def test_a_method_that_cannot_run_is_left_out_unless_it_was_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("PATH", str(tmp_path))
    methods, not_run = load_methods(["identity", "darktable-default"], "lightroom", needed=False)
    assert [method.name for method in methods] == ["identity"]
    assert "not installed" in not_run["darktable-default"]
    with pytest.raises(SidelightError, match="not installed"):
        load_methods(["darktable-default"], "lightroom", needed=True)
    with pytest.raises(SidelightError, match="two methods are called 'identity'"):
        load_methods(["identity", "identity"], "lightroom", needed=True)
    with pytest.raises(SidelightError, match="no method can run"):
        load_methods(["darktable-default"], "lightroom", needed=False)
