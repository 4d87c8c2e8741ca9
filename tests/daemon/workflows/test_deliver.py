"""The half of the line that writes: sidecars to the bit, what waits, what may be tried again."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sidelight.editors import load_editor
from sidelight.editors.base import KEPT, Order
from sidelight.errors import RecipeError
from sidelight.workflows.deliver import Delivery, deliver, edits_in_place
from sidelight.workflows.predict import Settings, mask_exposure_ev, predict_photo
from sidelight_xmp import files
from sidelight_xmp.first_versions import FirstVersions

BOTH = Settings(("lightroom", "darktable"))
MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")


@pytest.fixture(scope="module")
def original(tiny_raw, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_raw(tmp_path_factory.mktemp("original") / "a.dng")


@pytest.fixture(scope="module")
def predicted(original: Path) -> dict[str, Any]:
    """An answer as it comes back from another process."""
    return json.loads(json.dumps(predict_photo(original, BOTH)))


@pytest.fixture
def photo(original: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return Path(shutil.copy(original, folder / "IMG_1.dng"))


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    return Delivery(tmp_path / "first_versions", "batch")


def contents(folder: Path) -> dict[str, bytes]:
    """Name → content with the moment of writing left out."""
    return {path.name: MOMENT.sub(b"", path.read_bytes()) for path in folder.iterdir()}


def test_sidecars_are_those_of_the_direct_way_to_the_bit(shared: Path, tmp_path: Path) -> None:
    from sidelight.engines import load_engine
    from sidelight.imaging import read_photo

    for source in ("gopro_hero6_GOPR0024_demo.dng", "canon_eos_d30_CRW.CRW"):
        direct, halves = tmp_path / f"direct {source}", tmp_path / f"halves {source}"
        for folder in (direct, halves):
            folder.mkdir()
            shutil.copy(shared / "data/photos" / source, folder)
        image = read_photo(direct / source)
        for name in BOTH.editors:
            recipe = load_engine("auto").predict(image, name, 2.3, 1.0).recipe
            mask = mask_exposure_ev(image, recipe, name)
            order = Order(tmp_path / "kept", "one", mask_exposure_ev=mask)
            assert load_editor(name).write(image.info, recipe, order).status == "written"
        answer = json.loads(json.dumps(predict_photo(halves / source, BOTH)))
        delivery = Delivery(tmp_path / "kept", "two", inside=halves)
        results = deliver(halves / source, answer, BOTH, delivery)
        assert [result.status for result in results] == ["written", "written"]
        assert contents(direct) == contents(halves) and len(contents(direct)) == 3


def test_results_say_what_was_predicted(
    photo: Path, predicted: dict[str, Any], delivery: Delivery
) -> None:
    first, second = deliver(photo, predicted, BOTH, delivery)
    assert (first.editor, second.editor) == BOTH.editors
    assert first.sidecar == photo.with_name("IMG_1.xmp") and first.sidecar.is_file()
    assert second.sidecar == photo.with_name("IMG_1.dng.xmp") and second.sidecar.is_file()
    for result in (first, second):
        entry = predicted["editors"][result.editor]
        assert (result.photo, result.recipe) == (photo, entry["recipe"])
        assert list(result.reasons) == entry["reasons"]
        assert result.confidence == entry["confidence"]
        assert result.seconds > entry["seconds"] and not result.retry


def test_a_copy_takes_the_first_ones_prediction(
    photo: Path, predicted: dict[str, Any], delivery: Delivery
) -> None:
    copy = Path(shutil.copy(photo, photo.with_name("copy.dng")))
    for path in (photo, copy):
        deliver(path, predicted, BOTH, delivery)
    sidecars = contents(photo.parent)
    assert sidecars["copy.dng.xmp"] == sidecars["IMG_1.dng.xmp"]
    assert sidecars["copy.xmp"] == sidecars["IMG_1.xmp"].replace(b"IMG_1", b"copy")


def test_a_second_delivery_changes_nothing(
    photo: Path, predicted: dict[str, Any], delivery: Delivery
) -> None:
    deliver(photo, predicted, BOTH, delivery)
    before = {path: path.stat().st_mtime_ns for path in photo.parent.iterdir()}
    again = deliver(photo, predicted, BOTH, replace(delivery, batch="two"))
    assert [result.reason.split(";")[0] for result in again] == ["already up to date"] * 2
    assert {path: path.stat().st_mtime_ns for path in photo.parent.iterdir()} == before


def test_one_open_store_serves_all(
    photo: Path, predicted: dict[str, Any], delivery: Delivery
) -> None:
    with FirstVersions(delivery.first_versions) as store:
        held = replace(delivery, first_versions=store)
        assert edits_in_place(photo, BOTH, held) == {}
        deliver(photo, predicted, BOTH, held)
        assert len(store.batch("batch")) == 2
        assert edits_in_place(photo, BOTH, held) == {}


def test_an_edit_of_the_users_is_kept_before_and_after(
    photo: Path, predicted: dict[str, Any], delivery: Delivery, tmp_path: Path
) -> None:
    deliver(photo, predicted, BOTH, Delivery(tmp_path / "elsewhere", "theirs"))
    before = contents(photo.parent)
    found = edits_in_place(photo, BOTH, delivery)
    assert {name: (item.status, item.reason) for name, item in found.items()} == {
        "lightroom": ("kept", KEPT),
        "darktable": ("kept", KEPT),
    }
    results = deliver(photo, predicted, BOTH, delivery)
    assert [result.status for result in results] == ["kept", "kept"]
    assert contents(photo.parent) == before
    wanted = replace(delivery, overwrite=True)
    assert edits_in_place(photo, BOTH, wanted) == {}
    assert [result.status for result in deliver(photo, predicted, BOTH, wanted)] == ["written"] * 2


def test_no_sidecar_and_a_damaged_one_are_known_before_decoding(
    photo: Path, delivery: Delivery
) -> None:
    jpeg = photo.with_name("b.jpg")
    jpeg.write_bytes(b"x")
    found = edits_in_place(jpeg, BOTH, delivery)
    assert list(found) == ["lightroom"] and found["lightroom"].status == "skipped"
    photo.with_name("IMG_1.dng.xmp").write_bytes(b"")
    found = edits_in_place(photo, BOTH, delivery)
    assert list(found) == ["darktable"] and found["darktable"].status == "error"
    assert found["darktable"].sidecar == photo.with_name("IMG_1.dng.xmp")
    assert not found["darktable"].retry


def test_a_dry_run_writes_nothing(
    photo: Path, predicted: dict[str, Any], delivery: Delivery
) -> None:
    results = deliver(photo, predicted, BOTH, replace(delivery, dry_run=True))
    assert [result.status for result in results] == ["skipped", "skipped"]
    assert list(contents(photo.parent)) == [photo.name]


def test_a_held_photo_gets_no_sidecar(
    photo: Path, predicted: dict[str, Any], delivery: Delivery
) -> None:
    held = {"lightroom": "the catalog Trips holds this photo"}
    first, second = deliver(photo, predicted, BOTH, delivery, held=held)
    assert (first.status, first.reason) == ("waiting", held["lightroom"])
    assert first.recipe == predicted["editors"]["lightroom"]["recipe"] and first.sidecar is None
    assert second.status == "written"
    assert not photo.with_name("IMG_1.xmp").exists()


def test_s5_a_read_only_folder_lets_recipes_wait(
    photo: Path, predicted: dict[str, Any], delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S5: with one sentence for the folder; the command line calls it an error as before."""
    refuse(monkeypatch, errno.EROFS, photo.parent)
    waiting = deliver(photo, predicted, BOTH, replace(delivery, may_wait=True))
    failed = deliver(photo, predicted, BOTH, delivery)
    assert [result.status for result in waiting] == ["waiting", "waiting"]
    assert [result.status for result in failed] == ["error", "error"]
    assert {result.reason for result in waiting + failed} == {
        "The medium with the folder photos is read-only, so no sidecar was written there."
    }
    assert [result.recipe for result in waiting] == [
        entry["recipe"] for entry in predicted["editors"].values()
    ]
    assert not any(result.retry for result in waiting + failed)
    assert list(contents(photo.parent)) == [photo.name]


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EIO", "ESTALE"])
def test_s4_what_may_pass_is_tried_again(
    photo: Path,
    predicted: dict[str, Any],
    delivery: Delivery,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
) -> None:
    refuse(monkeypatch, getattr(errno, code), photo.parent)
    results = deliver(photo, predicted, BOTH, replace(delivery, may_wait=True))
    assert [(result.status, result.retry) for result in results] == [("error", True)] * 2
    assert list(contents(photo.parent)) == [photo.name]
    monkeypatch.undo()
    results = deliver(photo, predicted, BOTH, delivery)
    assert [result.status for result in results] == ["written", "written"]


def test_our_own_folder_refusing_is_no_reason_to_wait(
    photo: Path, predicted: dict[str, Any], delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(delivery.first_versions, Path)
    refuse(monkeypatch, errno.EACCES, delivery.first_versions)
    results = deliver(photo, predicted, BOTH, replace(delivery, may_wait=True))
    assert [(result.status, result.retry) for result in results] == [("error", True)] * 2


def test_a_folder_that_is_gone_is_tried_again(
    photo: Path, predicted: dict[str, Any], delivery: Delivery
) -> None:
    shutil.rmtree(photo.parent)
    for result in deliver(photo, predicted, BOTH, replace(delivery, may_wait=True)):
        assert (result.status, result.retry) == ("error", True)
        assert "no longer exists" in result.reason


def test_s6_a_program_that_keeps_writing_wins_for_now(
    photo: Path, predicted: dict[str, Any], delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sidelight_xmp import atomic

    def changed(path: Path, old: object) -> None:
        raise atomic._ChangedMeanwhileError

    monkeypatch.setattr(atomic, "_check_unchanged", changed)
    for result in deliver(photo, predicted, BOTH, delivery):
        assert (result.status, result.retry) == ("error", True)
        assert "keeps changing" in result.reason


def test_one_editors_failure_leaves_the_other_its_sidecar(
    photo: Path, predicted: dict[str, Any], delivery: Delivery
) -> None:
    photo.with_name("IMG_1.xmp").symlink_to(photo)
    first, second = deliver(photo, predicted, BOTH, delivery)
    assert first.status == "error" and "link" in first.reason and not first.retry
    assert second.status == "written"
    unpredicted = {**predicted, "editors": {"lightroom": {"error": "no light"}}}
    first, second = deliver(photo, unpredicted, BOTH, delivery)
    assert (first.status, first.reason) == ("error", "no light")
    assert (second.status, second.reason) == ("error", "nothing was predicted for it")


def test_p2_a_sidecar_is_never_written_through_a_link(
    photo: Path, predicted: dict[str, Any], delivery: Delivery, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    photo.parent.rename(outside)
    root = tmp_path / "root"
    root.mkdir()
    (root / "photos").symlink_to(outside)
    inside = replace(delivery, inside=root, may_wait=True)
    for result in deliver(root / "photos" / photo.name, predicted, BOTH, inside):
        assert (result.status, result.retry) == ("error", False)
    for found in edits_in_place(root / "photos" / photo.name, BOTH, inside).values():
        assert (found.status, found.retry) == ("error", False)
    assert list(contents(outside)) == [photo.name]
    (root / "photos").unlink()
    for result in deliver(root / "photos" / photo.name, predicted, BOTH, inside):
        assert (result.status, result.retry) == ("error", True)  # the drive may come back


def test_the_record_names_sidecars_where_they_are(
    photo: Path, predicted: dict[str, Any], delivery: Delivery
) -> None:
    inside = replace(delivery, inside=photo.parent.parent)
    results = deliver(photo, predicted, BOTH, inside)
    assert isinstance(delivery.first_versions, Path)
    with FirstVersions(delivery.first_versions) as store:
        assert store.batch("batch") == [result.sidecar for result in results]
    assert edits_in_place(photo, BOTH, inside) == {}


def test_a_torn_answer_is_refused(
    photo: Path, predicted: dict[str, Any], delivery: Delivery
) -> None:
    with pytest.raises(RecipeError, match="metadata"):
        deliver(photo, {**predicted, "info": {}}, BOTH, delivery)


def refuse(monkeypatch: pytest.MonkeyPatch, code: int, folder: Path) -> None:
    """Let the system refuse every new file in a folder."""
    real = os.open

    def open_(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if flags & os.O_CREAT and Path(path).parent.resolve() == folder:
            raise OSError(code, os.strerror(code))
        return real(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", open_)
    assert files.os.open is open_
