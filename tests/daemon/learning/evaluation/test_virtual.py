from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.errors import SidelightError
from sidelight.learning.evaluation.protocol import Request
from sidelight.learning.evaluation.virtual import build


def test_virtual_photos_are_compared_with_their_jpeg_and_split_by_radiance_map(
    shared: Path, tmp_path: Path
):
    named: list[str] = []
    found = build(
        Request(
            folders=(shared / "data",),
            cache=tmp_path,
            only=frozenset({"virtual_02", "virtual_02_b.dng", "virtual_12"}),
            progress=named.append,
        )
    )
    assert named == ["virtual_02", "virtual_12", "virtual_02_b"]
    assert all(case.reference.kind == "preview" for case in found.cases)
    assert all(case.truth is not None and case.truth.is_file() for case in found.cases)
    assert found.split.name == "scenes"
    assert sorted(len(fold.test) for fold in found.split.folds) == [1, 2]
    assert {case.row for case in found.cases} == {2, 12}


def test_they_need_a_folder_to_be_built_in():
    with pytest.raises(SidelightError, match="folder to be built in"):
        build(Request())
