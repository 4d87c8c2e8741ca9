"""The table of the test set, its document, and building it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import rawpy

from sidelight.errors import SidelightError
from sidelight.imaging.color import luminance
from sidelight.learning.darktable_render import linear_sidecar, render_darktable_batch
from sidelight.learning.test_set import (
    REAL_PHOTO_APART,
    REAL_PHOTOS,
    TEST_SET,
    TUNING_SET,
    build,
    build_timing_photo,
    main,
    real_photos,
)
from sidelight.learning.virtual_camera import midtone_level


def test_there_are_24_photos_as_the_table_of_scenes_asks() -> None:
    assert len(TEST_SET) == len({photo.name for photo in TEST_SET}) == 24
    kinds = Counter((photo.row, photo.shot.exposure_ev, photo.shot.sensor) for photo in TEST_SET)
    wanted = [(row, 0.0, "A") for row in range(1, 13)]
    wanted += [(row, ev, "A") for row in (1, 3, 5, 8) for ev in (-1.5, 1.5)]
    wanted += [(row, 0.0, "B") for row in (2, 7, 10, 12)]
    assert kinds == Counter(wanted)


def test_tuning_scenes_are_others() -> None:
    tuning = {photo.scene for photo in TUNING_SET}
    assert not tuning & {photo.scene for photo in TEST_SET}
    assert all(any(word in name for word in ("potsdamer", "thatch", "Desk")) for name in tuning)


def test_tuning_scenes_resemble_rows_of_the_table() -> None:
    assert len({photo.name for photo in TUNING_SET}) == len(TUNING_SET) == 14
    assert all(photo.row == 0 for photo in TUNING_SET)
    assert {3, 5, 6, 7, 8, 9, 12} <= {photo.like for photo in TUNING_SET}
    assert not any(photo.like for photo in TEST_SET)
    assert {photo.shot.exposure_ev for photo in TUNING_SET} == {-1.5, 0.0, 1.5}
    skins = {head.skin for photo in TUNING_SET for head in photo.shot.heads}
    assert skins == {"light", "dark"}


def test_noise_differs_from_photo_to_photo() -> None:
    photos = (*TEST_SET, *TUNING_SET)
    assert len({photo.shot.seed for photo in photos}) == len(photos)


def test_the_camera_is_always_a_little_wrong_about_white() -> None:
    for photo in (*TEST_SET, *TUNING_SET):
        assert 5.0 <= abs(photo.shot.as_shot_mired) <= 20.0
        assert photo.scene.endswith(".exr") or 90.0 <= photo.shot.window.fov_degrees <= 100.0


def test_heads_are_where_the_sun_is_in_view() -> None:
    assert {photo.row for photo in TEST_SET if photo.shot.heads} == {1}
    assert {head.skin for head in TEST_SET[0].shot.heads} == {"light", "dark"}


def test_file_names_do_not_tell_the_scene() -> None:
    for photo in TEST_SET:
        words = photo.scene.removesuffix("_1k.hdr").removesuffix(".exr").lower().split("_")[1:]
        assert not any(word in photo.name for word in words if not word.isdigit())


def test_the_document_states_the_table(checkout: Path) -> None:
    lines = (checkout / "docs" / "test-set.md").read_text(encoding="utf-8").splitlines()
    for photo in TEST_SET:
        line = next(line for line in lines if line.startswith(f"| {photo.name} |"))
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        shot, window = photo.shot, photo.shot.window
        angles = f"{window.yaw_degrees:g} / {window.pitch_degrees:g} / {window.fov_degrees:g}"
        assert cells[1:3] == [str(photo.row), photo.scene]
        assert cells[3] == angles or photo.scene.endswith(".exr")
        assert float(cells[4]) == shot.exposure_ev
        assert cells[8] == f"{shot.illuminant_k:g} {shot.as_shot_mired:+g}"
        assert cells[9:12] == [shot.sensor, shot.look, str(shot.seed)]
        assert all(f"{head.x:g}, {head.y:g}" in cells[5] for head in shot.heads)
    assert all(any(photo.sentence in line for line in lines) for photo in TEST_SET)


def test_building_twice_keeps_what_is_there(shared: Path, tmp_path: Path) -> None:
    only = ["virtual_01", "virtual_12_b"]
    first = build(tmp_path, shared / "data", only)
    assert [item.photo.name for item in first] == only
    times = [(item.raw.stat().st_mtime_ns, item.raw.read_bytes()) for item in first]
    second = build(tmp_path, shared / "data", only)
    assert times == [(item.raw.stat().st_mtime_ns, item.raw.read_bytes()) for item in second]


def test_a_photo_of_another_table_line_is_built_anew(shared: Path, tmp_path: Path) -> None:
    (built,) = build(tmp_path, shared / "data", ["virtual_12"])
    wanted = built.raw.read_bytes()
    built.raw.write_bytes(b"")
    built.truth_path.with_suffix(".key").write_text("old", encoding="ascii")
    build(tmp_path, shared / "data", ["virtual_12"])
    assert built.raw.read_bytes() == wanted


def test_built_photos_are_what_the_table_says(shared: Path, tmp_path: Path) -> None:
    (photo,) = build(tmp_path, shared / "data", ["virtual_01_under"])
    truth = photo.truth()
    assert midtone_level(luminance(truth.rgb)) == pytest.approx(-4.0, abs=1e-3)
    assert set(np.unique(truth.heads)) == {0, 1, 2}
    with rawpy.imread(str(photo.raw)) as raw:
        assert raw.raw_image.shape == (384, 512)


@pytest.mark.slow
@pytest.mark.darktable
def test_darktable_decodes_every_photo_to_its_truth(
    shared: Path, tmp_path: Path, darktable_cli: str
) -> None:
    built = build(tmp_path, shared / "data")
    truths = [item.truth() for item in built]
    renders = render_darktable_batch(
        [
            (item.raw, linear_sidecar(1 / (truth.camera_from_rgb @ np.ones(3))))
            for item, truth in zip(built, truths, strict=True)
        ]
    )
    for item, truth, render in zip(built, truths, renders, strict=True):
        assert not render.dropped, item.photo.name
        camera = truth.camera()
        exposed = (camera.max(axis=-1) < 0.8) & (camera.min(axis=-1) > 0.03)
        ratio = np.median((render.rgb / truth.rgb)[exposed], axis=0)
        np.testing.assert_allclose(ratio, 1.0, atol=0.01, err_msg=item.photo.name)


def test_the_timing_photo_is_large(shared: Path, tmp_path: Path) -> None:
    path = build_timing_photo(tmp_path / "large.dng", shared / "data")
    assert path.stat().st_size > 25_000_000


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SidelightError, match="virtual_99"):
        build(tmp_path, tmp_path, ["virtual_99"])


def test_missing_scenes_are_reported_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(tmp_path / "out"), "--data", str(tmp_path), "--only", "virtual_12"]
    assert main(arguments) == 1
    assert "noon_grass" in capsys.readouterr().err


def test_real_photos_exist_and_the_canon_is_apart(shared: Path) -> None:
    paths = real_photos(shared / "data")
    assert [path.suffix for path in paths] == [".dng"] * 3 + [".DNG"] * 3 + [".GPR"] * 3
    assert len({path.name.split(".")[0].removesuffix("_demo") for path in paths}) == 3
    assert all(path.is_file() for path in paths)
    assert REAL_PHOTO_APART not in REAL_PHOTOS
    assert (shared / "data" / "photos" / REAL_PHOTO_APART).is_file()
