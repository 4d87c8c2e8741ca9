"""On a folder laid out like a copy of FiveK; none of its photos are here."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from sidelight.errors import SidelightError
from sidelight.imaging import read_photo
from sidelight.imaging.transfer import srgb_encode
from sidelight.learning.evaluation.fivek import build
from sidelight.learning.evaluation.protocol import Request
from sidelight.learning.evaluation.run import evaluate, load_methods


@pytest.fixture
def copy(photos: Path, tmp_path: Path) -> Path:
    """DNGs in sub-folders, one 16-bit TIFF each from the expert."""
    import tifffile

    expert = tmp_path / "tiff16_c"
    expert.mkdir()
    for number, name in enumerate("abc"):
        raws = tmp_path / "raw_photos" / f"HQa{number}"
        raws.mkdir(parents=True)
        shutil.copy(photos / f"{name}.dng", raws / f"a000{number}.dng")
        linear = read_photo(photos / "finished" / f"{name}.jpg").rgb
        codes = np.rint(65535 * np.clip(srgb_encode(linear), 0, 1)).astype(np.uint16)
        tifffile.imwrite(expert / f"a000{number}.tif", codes)
    return tmp_path


def test_the_layout_is_found_and_the_protocol_says_what_it_is(copy: Path):
    found = build(Request(folders=(copy,)))
    assert [case.name for case in found.cases] == ["a0000.dng", "a0001.dng", "a0002.dng"]
    assert {case.reference.path.suffix for case in found.cases} == {".tif"}
    assert (found.size_px, found.side) == (480, "short")
    assert found.split.name == "tenth" and found.split.seed == 0
    said = " ".join(found.sentences)
    assert "none of the five published protocols" in said and "research purposes" in said


def test_lists_of_the_user_are_the_split(copy: Path):
    (copy / "train.txt").write_text("a0000\na0001\n")
    (copy / "test.txt").write_text("a0002\n")
    (fold,) = build(Request(folders=(copy,))).split.folds
    assert (fold.train, fold.test) == (("a0000.dng", "a0001.dng"), ("a0002.dng",))


def test_another_expert_may_be_named(copy: Path):
    (copy / "tiff16_c").rename(copy / "expertE")
    with pytest.raises(SidelightError, match="--reference"):
        build(Request(folders=(copy,)))
    found = build(Request(folders=(copy,), reference=copy / "expertE"))
    assert len(found.cases) == 3 and "expertE" in found.title


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(SidelightError, match="there is no folder"):
        build(Request(folders=(tmp_path / "fivek",)))
    with pytest.raises(SidelightError, match="one folder"):
        build(Request())


def test_it_runs(copy: Path):
    (copy / "train.txt").write_text("a0000\na0001\n")
    (copy / "test.txt").write_text("a0002\n")
    methods, _ = load_methods(["identity", "constant-mean"], "lightroom", needed=True)
    found = evaluate(build(Request(folders=(copy,), size_px=128)), methods, "lightroom")
    (photo,) = found.photos
    identity, mean = (photo.methods[name] for name in ("identity", "constant-mean"))
    assert not isinstance(identity, str) and not isinstance(mean, str)
    # The three photos show the same, so their mean edit is the edit.
    assert mean.figures["psnr_db"] > identity.figures["psnr_db"] + 5.0
