"""A queued photo: its key, what needs no work, what is written, what waits."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sidelight.errors import PhotoPathError, SidelightError
from sidelight.jobs.model import Job, Priority
from sidelight.state.database import Database
from sidelight.state.series import SeriesPhotos
from sidelight.state.waiting import WaitingRecipes
from sidelight.workflows.deliver import Delivery, deliver
from sidelight.workflows.develop_job import DevelopJob, HandlerContext, work
from sidelight.workflows.predict import Settings
from sidelight_xmp.first_versions import FirstVersions

OPTIONS: dict[str, Any] = {"editors": ["lightroom", "darktable"]}
HANDLER = DevelopJob()


@pytest.fixture(scope="module")
def original(tiny_raw, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_raw(tmp_path_factory.mktemp("original") / "a.dng")


@pytest.fixture(scope="module")
def answer(original: Path) -> dict[str, Any]:
    return json.loads(json.dumps(work(original, OPTIONS)))


@pytest.fixture
def job(original: Path, tmp_path: Path) -> Job:
    folder = tmp_path / "photos"
    folder.mkdir()
    photo = Path(shutil.copy(original, folder / "IMG_1.dng"))
    return Job(1, "develop", photo, OPTIONS, Priority.BATCH, "leased", 1, "batch")


@pytest.fixture
def held() -> dict[str, str]:
    return {}


@pytest.fixture
def context(tmp_path: Path, held: dict[str, str]) -> Iterator[HandlerContext]:
    database = Database(tmp_path / "state" / "sidelight.db")

    def holders(photo: Path) -> Mapping[str, str]:
        return held

    with FirstVersions(tmp_path / "first_versions") as store:
        yield HandlerContext(store, WaitingRecipes(database), holders, SeriesPhotos(database))
    database.close()


def theirs(job: Job, answer: dict[str, Any], tmp_path: Path, *editors: str) -> None:
    """Make edits of which our own records know nothing."""
    deliver(job.photo, answer, Settings(editors), Delivery(tmp_path / "elsewhere", "theirs"))


def test_w4_the_key_is_content_engine_and_settings() -> None:
    base = HANDLER.key("ab", OPTIONS)
    assert len(base) == 64 and base == HANDLER.key("ab", dict(OPTIONS))
    same = [{"engine": "auto"}, {"headroom": 2.3, "strength": 1}, {"overwrite": True}]
    assert {HANDLER.key("ab", {**OPTIONS, **more}) for more in [*same, {"inside": "/p"}]} == {base}
    other = [{"editors": ["lightroom"]}, {"headroom": 2.0}, {"strength": 0.5}]
    keys = {HANDLER.key("ab", {**OPTIONS, **more}) for more in other} | {HANDLER.key("cd", OPTIONS)}
    assert len(keys) == 4 and base not in keys
    with pytest.raises(SidelightError):
        HANDLER.key("ab", {"editors": ["paint"]})


def test_sidecars_are_written_and_reported(
    job: Job, answer: dict[str, Any], context: HandlerContext
) -> None:
    assert HANDLER.before(job, context) is None
    finished = HANDLER.finish(job, answer, context)
    assert (finished.reason, finished.retry) == ("", False)
    assert [item["status"] for item in finished.result["results"]] == ["written", "written"]
    without = {name: value for name, value in answer.items() if name != "series"}
    assert finished.result["prediction"] == without
    json.dumps(finished.result, allow_nan=False)
    assert job.photo.with_name("IMG_1.xmp").is_file()
    assert job.photo.with_name("IMG_1.dng.xmp").is_file()
    assert isinstance(context.first_versions, FirstVersions)
    assert len(context.first_versions.batch("batch")) == 2
    assert context.waiting.count() == 0


def test_photos_of_watched_places_are_found_by_those_that_follow(
    job: Job, answer: dict[str, Any], context: HandlerContext
) -> None:
    watched = replace(job, root=1)
    assert HANDLER.near(watched, answer, context) == {}
    HANDLER.finish(watched, answer, context)
    later = replace(watched, photo=job.photo.with_name("IMG_2.dng"))
    near = HANDLER.near(later, answer, context)
    assert list(near) == [str(job.photo)]
    assert near[str(job.photo)] == answer
    for other in (
        replace(later, root=None),
        replace(later, photo=job.photo.parent / "sub" / "IMG_2.dng"),
        replace(later, options={**OPTIONS, "strength": 0.5}),
    ):
        assert HANDLER.near(other, answer, context) == {}
    hours_later = {**answer, "info": {**answer["info"], "captured": "2025:06:01 18:00:00"}}
    assert HANDLER.near(later, hours_later, context) == {}
    timeless = {**answer, "info": {**answer["info"], "captured": ""}}
    assert HANDLER.near(later, timeless, context) == {}
    assert HANDLER.near(later, answer, replace(context, series=None)) == {}
    twins = {name: value for name, value in answer.items() if name != "series"}
    assert HANDLER.near(later, twins, context) == {}


def test_photos_that_got_no_edit_are_followed_by_none(
    job: Job, answer: dict[str, Any], context: HandlerContext, tmp_path: Path
) -> None:
    theirs(job, answer, tmp_path, "lightroom", "darktable")
    HANDLER.finish(replace(job, root=1), answer, context)
    assert context.series is not None and context.series.count() == 0


def test_edits_to_keep_need_no_work(
    job: Job, answer: dict[str, Any], context: HandlerContext, tmp_path: Path
) -> None:
    theirs(job, answer, tmp_path, "lightroom")
    assert HANDLER.before(job, context) is None  # darktable's is still to be written
    theirs(job, answer, tmp_path, "darktable")
    result = HANDLER.before(job, context)
    assert result is not None
    assert [item["status"] for item in result["results"]] == ["kept", "kept"]
    again = replace(job, options={**OPTIONS, "overwrite": True})
    assert HANDLER.before(again, context) is None
    finished = HANDLER.finish(again, answer, context)
    assert [item["status"] for item in finished.result["results"]] == ["written", "written"]


def test_a_held_photos_recipe_waits(
    job: Job, answer: dict[str, Any], context: HandlerContext, held: dict[str, str]
) -> None:
    held["lightroom"] = "the catalog Trips holds it"
    assert HANDLER.before(job, context) is None
    finished = HANDLER.finish(job, answer, context)
    assert [item["status"] for item in finished.result["results"]] == ["waiting", "written"]
    (recipe,) = context.waiting.list()
    assert (recipe.photo, recipe.editor, recipe.batch) == (job.photo, "lightroom", "batch")
    assert recipe.entry == answer["editors"]["lightroom"]
    assert recipe.why == "the catalog Trips holds it"
    HANDLER.finish(job, answer, context)
    assert context.waiting.count() == 1


def test_a_held_photo_with_an_edit_is_left_alone(
    job: Job,
    answer: dict[str, Any],
    context: HandlerContext,
    held: dict[str, str],
    tmp_path: Path,
) -> None:
    held["lightroom"] = "the catalog Trips holds it"
    theirs(job, answer, tmp_path, "lightroom")
    finished = HANDLER.finish(job, answer, context)
    assert [item["status"] for item in finished.result["results"]] == ["kept", "written"]
    assert context.waiting.count() == 0


def test_a_held_jpeg_is_predicted_for_the_plug_in(
    job: Job, answer: dict[str, Any], context: HandlerContext, held: dict[str, str]
) -> None:
    """Lightroom reads no sidecar of a JPEG, but its plug-in can apply a recipe."""
    jpeg = job.photo.with_name("b.jpg")
    jpeg.write_bytes(b"x")
    only = replace(job, photo=jpeg, options={"editors": ["lightroom"]})
    result = HANDLER.before(only, context)
    assert result is not None and result["results"][0]["status"] == "skipped"
    held["lightroom"] = "the catalog Trips holds it"
    assert HANDLER.before(only, context) is None


def test_s5_predictions_for_a_read_only_folder_wait(
    job: Job,
    answer: dict[str, Any],
    context: HandlerContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """S5: kept in the database, one sentence for all photos of the folder."""
    other = replace(job, id=2, photo=Path(shutil.copy(job.photo, job.photo.with_name("b.dng"))))
    refuse(monkeypatch, errno.EROFS, job.photo.parent)
    for one in (job, other):
        finished = HANDLER.finish(one, answer, context)
        assert not finished.retry and finished.reason == ""
        assert {item["status"] for item in finished.result["results"]} == {"waiting"}
    waiting = context.waiting.list()
    assert len(waiting) == 4 and len({recipe.why for recipe in waiting}) == 1
    assert "read-only" in waiting[0].why
    assert {recipe.photo for recipe in waiting} == {job.photo, other.photo}


def test_s4_a_full_disk_is_tried_again(
    job: Job,
    answer: dict[str, Any],
    context: HandlerContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refuse(monkeypatch, errno.ENOSPC, job.photo.parent)
    finished = HANDLER.finish(job, answer, context)
    assert finished.retry and "disk is full" in finished.reason
    monkeypatch.undo()
    finished = HANDLER.finish(job, answer, context)
    assert not finished.retry and finished.reason == ""


def test_trouble_that_may_pass_is_not_final_before_the_work(
    job: Job, context: HandlerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.lstat

    def lstat(path: Any, **keywords: Any) -> os.stat_result:
        if str(path).endswith(".xmp"):
            raise OSError(errno.EIO, "Input/output error")
        return real(path, **keywords)

    monkeypatch.setattr(os, "lstat", lstat)
    assert HANDLER.before(job, context) is None


def test_a_damaged_sidecar_is_final_and_says_so(
    job: Job, answer: dict[str, Any], context: HandlerContext
) -> None:
    job.photo.with_name("IMG_1.xmp").write_bytes(b"<x")
    finished = HANDLER.finish(job, answer, context)
    assert not finished.retry and finished.reason.startswith("lightroom: ")
    assert [item["status"] for item in finished.result["results"]] == ["error", "written"]


def test_p2_the_watched_folder_is_not_left(
    job: Job, answer: dict[str, Any], context: HandlerContext, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    job.photo.parent.rename(outside)
    job.photo.parent.symlink_to(outside)
    anchored = replace(job, options={**OPTIONS, "inside": str(tmp_path)})
    with pytest.raises(PhotoPathError):
        work(anchored.photo, anchored.options)
    finished = HANDLER.finish(anchored, answer, context)
    assert {item["status"] for item in finished.result["results"]} == {"error"}
    assert len(list(outside.iterdir())) == 1
    with pytest.raises(SidelightError, match="inside"):
        work(job.photo, {**OPTIONS, "inside": 3})


@pytest.mark.skipif(os.name != "posix", reason="such names exist there only")
def test_p6_a_name_that_is_not_text(
    job: Job, answer: dict[str, Any], context: HandlerContext, held: dict[str, str]
) -> None:
    odd = job.photo.rename(job.photo.with_name(os.fsdecode(b"caf\xe9.dng")))
    held["lightroom"] = "a catalog holds it"
    finished = HANDLER.finish(replace(job, photo=odd), answer, context)
    text = json.dumps(finished.result, ensure_ascii=False)
    assert "caf\\xe9.dng" in json.loads(text)["results"][1]["photo"]
    text.encode("utf-8")
    (recipe,) = context.waiting.list()
    assert recipe.photo == odd
    assert odd.with_name(f"{odd.name}.xmp").is_file()


def refuse(monkeypatch: pytest.MonkeyPatch, code: int, folder: Path) -> None:
    """Let the system refuse every new file in a folder."""
    real = os.open

    def open_(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if flags & os.O_CREAT and Path(path).parent.resolve() == folder:
            raise OSError(code, os.strerror(code))
        return real(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", open_)
