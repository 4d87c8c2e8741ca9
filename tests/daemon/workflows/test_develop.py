"""The straight line from photo to sidecar; `cli/test_auto.py` covers it as a user meets it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sidelight.workflows.develop import Options, develop, develop_photo, new_batch
from sidelight.workflows.photos import Photo


@pytest.fixture
def photo(shared: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return Path(shutil.copy(shared / "data/photos/gopro_hero6_GOPR0024_demo.dng", folder / "a.dng"))


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options(("lightroom", "darktable"), tmp_path / "first_versions", new_batch())


def test_batches_sort_by_time_and_differ() -> None:
    names = [new_batch() for _ in range(20)]
    assert len(set(names)) == 20
    assert names[0][:8].isdigit()


def test_results_come_in_the_order_of_photos_and_editors(photo: Path, options: Options) -> None:
    gone = Photo(photo.with_name("gone.dng"), "there is no such file", failed=True)
    copied = Photo(photo.with_name("b.jpg"), "the raw file beside it is developed instead")
    results = list(develop([gone, Photo(photo), copied], options))
    assert [[result.status for result in group] for group in results] == [
        ["error", "error"],
        ["written", "written"],
        ["skipped", "skipped"],
    ]
    assert [result.editor for result in results[1]] == ["lightroom", "darktable"]


def test_previews_follow_the_first_editor(photo: Path, options: Options, tmp_path: Path) -> None:
    folder = tmp_path / "previews"
    with_preview = replace(options, preview=folder)
    assert [result.status for result in develop_photo(photo, with_preview)] == ["written"] * 2
    assert {path.name for path in folder.iterdir()} == {
        "a_before.jpg",
        "a_sdr.jpg",
        "a_hdr.jpg",
    }


def test_previews_are_made_of_kept_edits_too(photo: Path, options: Options, tmp_path: Path) -> None:
    develop_photo(photo, replace(options, first_versions=tmp_path / "elsewhere"))
    folder = tmp_path / "previews"
    results = develop_photo(photo, replace(options, preview=folder))
    assert {result.status for result in results} == {"kept"}
    assert len(list(folder.iterdir())) == 3


def test_a_preview_that_fails_does_not_undo_the_sidecar(
    photo: Path, options: Options, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file in the way")
    first, second = develop_photo(photo, replace(options, preview=blocked))
    assert first.status == "error" and "no preview" in first.reason
    assert first.sidecar is not None and first.sidecar.is_file()
    assert second.status == "written"


def test_a_foreign_preview_is_reported(photo: Path, options: Options, tmp_path: Path) -> None:
    (tmp_path / "a_hdr.jpg").write_bytes(b"theirs")
    first, _ = develop_photo(photo, replace(options, preview=tmp_path))
    assert first.status == "written"
    assert "a_hdr.jpg exists" in first.reason
    assert (tmp_path / "a_hdr.jpg").read_bytes() == b"theirs"


def test_a_style_is_made_of_kept_edits_too(photo: Path, options: Options, tmp_path: Path) -> None:
    develop_photo(photo, replace(options, first_versions=tmp_path / "elsewhere"))
    folder = tmp_path / "extras"
    results = develop_photo(photo, replace(options, dtstyle=folder, preview=folder))
    assert {result.status for result in results} == {"kept"}
    assert len(list(folder.iterdir())) == 4 and (folder / "a_hdr.dtstyle").is_file()


def test_a_style_that_fails_does_not_undo_the_sidecar(
    photo: Path, options: Options, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file in the way")
    first, second = develop_photo(photo, replace(options, dtstyle=blocked))
    assert first.status == "written"
    assert second.status == "error" and "no style" in second.reason
    assert second.sidecar is not None and second.sidecar.is_file()


def test_a_duplicate_is_made_when_asked(photo: Path, options: Options) -> None:
    first, second = develop_photo(photo, replace(options, duplicate=True))
    assert first.duplicate is None
    assert second.duplicate == photo.with_name("a_01.dng.xmp") and second.duplicate.is_file()


def test_an_unforeseen_error_ends_that_photo_only(
    photo: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sidelight.workflows.develop as module

    other = Path(shutil.copy(photo, photo.with_name("b.dng")))
    real = module.read_image

    def read(path: Path):
        if path == photo:
            raise ZeroDivisionError("odd")
        return real(path)

    monkeypatch.setattr(module, "read_image", read)
    first, second = develop([Photo(photo), Photo(other)], options)
    assert {result.status for result in first} == {"error"}
    assert "ZeroDivisionError" in first[0].reason
    assert {result.status for result in second} == {"written"}


def test_the_mask_exposure_of_darktable_is_the_photos(photo: Path, options: Options) -> None:
    import numpy as np

    from sidelight.emulators import load_emulator
    from sidelight.emulators.guide import exposure_boost
    from sidelight.imaging import read_photo
    from sidelight.recipe import Recipe
    from sidelight_xmp.darktable.history import effective
    from sidelight_xmp.darktable.sidecar import history_from_bytes

    (result,) = develop_photo(photo, replace(options, editors=("darktable",)))
    assert result.recipe is not None and result.sidecar is not None
    recipe = Recipe.from_json(result.recipe)
    assert recipe.highlights or recipe.shadows
    guide = load_emulator("darktable").guide(read_photo(photo))
    history = history_from_bytes(result.sidecar.read_bytes())
    assert history is not None
    (entry,) = [entry for entry in effective(history) if entry.operation == "toneequal"]
    written = np.frombuffer(entry.params, "<f4", 1, 56)[0]
    assert written == pytest.approx(exposure_boost(guide, recipe.exposure_ev), abs=1e-5)
