"""Folders with series, from photos to sidecars."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidelight.editors import load_editor
from sidelight.editors.base import Order
from sidelight.engines.series_grouping import GAP_RANGE_S
from sidelight.imaging import read_photo
from sidelight.learning.burst import Frame
from sidelight.recipe import Recipe
from sidelight.workflows.develop import Options, develop, new_batch
from sidelight.workflows.develop_series import LONGEST_GAP_S
from sidelight.workflows.photos import Photo
from sidelight.workflows.result import Result

STOPS = (0.0, 0.67, -0.67)
FRAMES = [Frame(exposure_ev=stop, after_s=i) for i, stop in enumerate(STOPS)]


@pytest.fixture(scope="module")
def originals(tiny_burst, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return tiny_burst(tmp_path_factory.mktemp("burst"), FRAMES)


@pytest.fixture
def photos(originals: list[Path], tmp_path: Path) -> list[Photo]:
    folder = tmp_path / "photos"
    folder.mkdir()
    return [Photo(Path(shutil.copy(path, folder))) for path in originals]


@pytest.fixture
def options(tmp_path: Path) -> Options:
    first_versions = tmp_path / "first_versions"
    return Options(("lightroom",), first_versions, new_batch(), series=True)


def exposed(results: list[list[Result]]) -> np.ndarray:
    found = [Recipe.from_json(result.recipe).exposure_ev for (result,) in results if result.recipe]
    return np.add(found, STOPS)


def edit(photo: Path, recipe: Recipe, store: Path) -> None:
    """Make an edit in Lightroom's sidecar that our own records know nothing of."""
    info = read_photo(photo, size_px=256).info
    load_editor("lightroom").write(info, recipe, Order(store, "theirs"))


def test_a_series_is_written_alike_and_progress_is_told(photos, options) -> None:
    told: list[Path] = []
    results = list(develop(photos, options, predicted=told.append))
    assert told == [photo.path for photo in photos]
    assert [[each.status for each in group] for group in results] == [["written"]] * 3
    assert np.ptp(exposed(results)) < 0.06
    assert all("One of a series of 3 photos" in group[0].reason for group in results)
    alone = list(develop(photos, replace(options, series=False, overwrite=True)))
    assert np.ptp(exposed(alone)) > 0.1
    again = list(develop(photos, options))
    assert exposed(again) == pytest.approx(exposed(results))


def test_processes_give_the_same(photos, options) -> None:
    here = list(develop(photos, replace(options, dry_run=True)))
    there = list(develop(photos, replace(options, dry_run=True), workers=2))
    assert [group[0].recipe for group in there] == [group[0].recipe for group in here]


def test_an_edit_of_the_user_is_kept_and_rules(photos, options, tmp_path: Path) -> None:
    edit(photos[1].path, Recipe(exposure_ev=1.0, contrast=25.0), tmp_path / "elsewhere")
    before = photos[1].path.with_suffix(".xmp").read_bytes()
    results = list(develop(photos, options))
    assert [group[0].status for group in results] == ["written", "kept", "written"]
    assert photos[1].path.with_suffix(".xmp").read_bytes() == before
    for number in (0, 2):
        recipe = Recipe.from_json(results[number][0].recipe)
        assert recipe.exposure_ev + STOPS[number] == pytest.approx(1.67, abs=0.06)
        assert recipe.contrast == 25.0
        assert "It follows burst_01.dng" in results[number][0].reason


def test_an_anchor_of_ours_keeps_its_edit_even_when_others_are_replaced(
    photos, options, tmp_path: Path
) -> None:
    edit(photos[0].path, Recipe(exposure_ev=1.0, contrast=25.0), options.first_versions)
    edit(photos[2].path, Recipe(exposure_ev=-1.0), tmp_path / "elsewhere")
    anchored = replace(options, anchors=(photos[0].path,), overwrite=True)
    results = list(develop(photos, anchored))
    assert [group[0].status for group in results] == ["kept", "written", "written"]
    assert results[0][0].reason == "it rules its series, so its edit stays"
    recipe = Recipe.from_json(results[2][0].recipe)
    assert recipe.exposure_ev + STOPS[2] == pytest.approx(1.0, abs=0.06)


def test_an_anchor_without_an_edit_rules_by_its_prediction(photos, options) -> None:
    results = list(develop(photos, replace(options, anchors=(photos[2].path,))))
    alone = list(develop(photos[2:], replace(options, series=False, dry_run=True)))
    assert results[2][0].recipe == alone[0][0].recipe
    assert exposed(results) == pytest.approx(exposed(results)[2], abs=0.06)


def test_bad_photos_fail_alone(photos, options) -> None:
    broken = photos[0].path.with_name("burst_09.dng")
    broken.write_bytes(photos[0].path.read_bytes()[:2000])
    gone = Photo(broken.with_name("gone.dng"), "there is no such file", failed=True)
    results = list(develop([gone, Photo(broken), *photos], options))
    assert [group[0].status for group in results] == ["error", "error", *["written"] * 3]
    assert np.ptp(exposed(results[2:])) < 0.06


def test_previews_show_the_series(photos, options, tmp_path: Path) -> None:
    folder = tmp_path / "previews"
    results = list(develop(photos, replace(options, preview=folder)))
    assert {group[0].status for group in results} == {"written"}
    assert len(list(folder.iterdir())) == 9
    from PIL import Image as PillowImage

    shown = [
        np.asarray(PillowImage.open(folder / f"burst_0{i}_sdr.jpg").convert("L")).mean()
        for i in range(3)
    ]
    assert np.ptp(shown) < 8


def test_what_is_done_is_written_before_later_photos_are_looked_at(
    tiny_burst, options, tmp_path: Path
) -> None:
    """Who interrupts a long folder keeps what is finished."""
    frames = [Frame(exposure_ev=0.3 * i, after_s=600 * (i // 2) + i % 2) for i in range(4)]
    paths = tiny_burst(tmp_path / "two", frames)
    written: list[int] = []

    def look(photo: Path) -> None:
        written.append(len(list(photo.parent.glob("*.xmp"))))

    results = list(develop([Photo(path) for path in paths], options, predicted=look))
    assert written == [0, 0, 0, 2]
    assert [group[0].status for group in results] == ["written"] * 4
    assert all("One of a series of 2 photos" in group[0].reason for group in results)


def test_no_series_is_parted_by_writing_early() -> None:
    assert GAP_RANGE_S[1] <= LONGEST_GAP_S
