from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.errors import SidelightError
from sidelight.learning.evaluation.protocol import Case, Reference
from sidelight.learning.evaluation.splits import make_split, shoots


def _cases(count: int = 20, scenes: int = 7) -> list[Case]:
    return [
        Case(f"{i}.dng", Path(f"{i}.dng"), Reference("render", Path("x")), f"scene {i % scenes}")
        for i in range(count)
    ]


def test_a_pause_of_more_than_an_hour_begins_a_shoot():
    times = {
        Path("x/1.dng"): "2025:06:01 10:00:00",
        Path("x/2.dng"): "2025:06:01 10:50:00",
        Path("x/3.dng"): "2025:06:01 11:45:00",
        Path("x/4.dng"): "2025:06:01 12:46:00",
        Path("y/1.dng"): "2025:06:01 10:10:00",
    }
    found = shoots(times)
    one, two, three, four, other = (found[path] for path in times)
    assert one == two == three
    assert len({one, four, other}) == 3


def test_photos_without_a_time_are_one_shoot():
    found = shoots({Path("x/1.dng"): "", Path("x/2.dng"): "never", Path("x/3.dng"): ""})
    assert len(set(found.values())) == 1


@pytest.mark.parametrize("name", ["scenes", "folds", "tenth"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_scene_never_stands_on_both_sides(name: str, seed: int):
    cases = _cases()
    scene = {case.name: case.scene for case in cases}
    split = make_split(name, cases, seed)
    for fold in split.folds:
        assert fold.test
        assert not {scene[n] for n in fold.train} & {scene[n] for n in fold.test}
    tested = [n for fold in split.folds for n in fold.test]
    assert len(tested) == len(set(tested))
    if name != "tenth":
        assert set(tested) == set(scene)


def test_the_seed_makes_the_draw():
    cases = _cases()
    assert make_split("folds", cases, 3) == make_split("folds", cases, 3)
    assert make_split("folds", cases, 3) != make_split("folds", cases, 4)
    assert make_split("folds", cases, 3).seed == 3
    assert make_split("scenes", cases, 3).seed is None


def test_a_tenth_holds_about_a_tenth():
    (fold,) = make_split("tenth", _cases(400, 80), 0).folds
    assert 40 <= len(fold.test) <= 44
    assert len(fold.train) + len(fold.test) == 400


def test_lists_are_read_by_name_or_stem(tmp_path: Path):
    (tmp_path / "train.txt").write_text("1\n2.dng\n\n99\n")
    (tmp_path / "test.txt").write_text("3.dng\n4\n")
    split = make_split("", _cases(), 0, tmp_path)
    assert split.name == "lists"
    assert split.folds[0].train == ("1.dng", "2.dng")
    assert split.folds[0].test == ("3.dng", "4.dng")


def test_lists_that_cannot_be_used_are_refused(tmp_path: Path):
    with pytest.raises(SidelightError, match=r"needs test\.txt"):
        make_split("lists", _cases(), 0, tmp_path)
    (tmp_path / "test.txt").write_text("elsewhere\n")
    with pytest.raises(SidelightError, match="names none"):
        make_split("lists", _cases(), 0, tmp_path)
    (tmp_path / "test.txt").write_text("1\n")
    (tmp_path / "train.txt").write_text("1.dng\n")
    with pytest.raises(SidelightError, match=r"both name 1\.dng"):
        make_split("lists", _cases(), 0, tmp_path)


def test_an_unknown_split_is_refused():
    with pytest.raises(SidelightError, match="there are: scenes, folds, tenth, lists"):
        make_split("random", _cases(), 0)
