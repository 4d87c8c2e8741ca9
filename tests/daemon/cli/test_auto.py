"""`sidelight auto` as a user meets it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sidelight.cli import main
from sidelight.recipe import Recipe

KEYS = {
    "photo",
    "editor",
    "status",
    "reason",
    "sidecar",
    "duplicate",
    "recipe",
    "reasons",
    "confidence",
    "seconds",
}


def statuses(lines: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    return {(Path(line["photo"]).name, line["editor"]): line["status"] for line in lines}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_one_object_per_photo_and_editor(raw: Path, run) -> None:
    code, lines = run("auto", raw)
    assert code == 0
    assert [line["editor"] for line in lines] == ["lightroom", "darktable"]
    for line in lines:
        assert set(line) == KEYS
        assert line["status"] == "written"
        assert Path(line["sidecar"]).is_file() and line["duplicate"] is None
        assert 0 <= line["confidence"] <= 1
        assert line["seconds"] > 0
        assert set(line["reasons"][0]) == {"slider", "value", "term", "text"}
        recipe = Recipe.from_json(line["recipe"])
        assert recipe.hdr.enabled and recipe.hdr.headroom == 2.3
    assert {path.name for path in raw.parent.iterdir()} == {
        "good.dng",
        "good.dng.xmp",
        "good.xmp",
    }


def test_a_second_run_writes_nothing(raw: Path, run) -> None:
    run("auto", raw)
    before = {path: path.stat().st_mtime_ns for path in raw.parent.iterdir()}
    code, lines = run("auto", raw)
    assert code == 0
    assert all(line["status"] == "written" for line in lines)
    assert all(line["reason"].startswith("already up to date") for line in lines)
    assert {path: path.stat().st_mtime_ns for path in raw.parent.iterdir()} == before


def test_an_edit_of_the_users_is_kept_until_overwrite(raw: Path, run) -> None:
    run("auto", raw)
    sidecar = raw.with_suffix(".xmp")
    edited = sidecar.read_text().replace('crs:Contrast2012="', 'crs:Contrast2012="-7" crs:Old="')
    sidecar.write_text(edited)
    before = contents(raw.parent)
    code, lines = run("auto", raw)
    assert code == 0
    assert statuses(lines)["good.dng", "lightroom"] == "kept"
    assert "--overwrite" in lines[0]["reason"]
    assert lines[0]["recipe"] is None
    assert contents(raw.parent) == before
    _, lines = run("auto", raw, "--overwrite")
    assert statuses(lines)["good.dng", "lightroom"] == "written"
    assert sidecar.read_text() != edited


def test_settings_reach_the_recipe(raw: Path, run) -> None:
    _, lines = run("auto", raw, "--editor", "darktable", "--headroom", "1.5", "--dry-run")
    (whole,) = lines
    assert whole["editor"] == "darktable"
    assert whole["status"] == "skipped" and "dry run" in whole["reason"]
    assert whole["recipe"]["hdr"]["headroom"] == 1.5
    _, (none,) = run("auto", raw, "--editor", "darktable", "--strength", "0", "--dry-run")
    assert Recipe.from_json(none["recipe"]).sliders() == Recipe().sliders()
    assert {path.name for path in raw.parent.iterdir()} == {"good.dng"}


def test_the_configuration_supplies_what_options_do_not(raw: Path, home: Path, run) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text('editors = ["darktable"]\nheadroom = 0.5\n')
    _, lines = run("auto", raw, "--dry-run")
    assert [line["editor"] for line in lines] == ["darktable"]
    assert lines[0]["recipe"]["hdr"]["headroom"] == 0.5


def test_a_headroom_that_is_given_makes_a_duplicate(raw: Path, run) -> None:
    twin = raw.with_name("good_01.dng.xmp")
    _, lines = run("auto", raw, "--headroom", "2", "--workers", "1")
    assert [line["duplicate"] for line in lines] == [None, str(twin)]
    assert "the HDR twin is good_01.dng.xmp" in lines[1]["reason"]
    assert names(raw.parent) == {"good.dng", "good.xmp", "good.dng.xmp", twin.name}
    before = contents(raw.parent)
    _, lines = run("auto", raw, "--headroom", "2", "--dry-run")
    assert lines[1]["duplicate"] == str(twin) and contents(raw.parent) == before
    run("auto", raw, "--headroom", "0")
    assert names(raw.parent) == {"good.dng", "good.xmp", "good.dng.xmp", twin.name}
    assert twin.read_bytes() == before[twin.name]


def test_a_duplicate_crosses_processes(raw: Path, run) -> None:
    other = Path(shutil.copy(raw, raw.with_name("other.dng")))
    asked = ("--headroom", "1", "--editor", "darktable", "--workers", "2")
    _, lines = run("auto", raw, other, *asked)
    assert [Path(line["duplicate"]).name for line in lines] == [
        "good_01.dng.xmp",
        "other_01.dng.xmp",
    ]


def test_styles_for_the_export_dialog(
    raw: Path, folder: Path, run, capsys: pytest.CaptureFixture[str]
) -> None:
    styles = folder.with_name("styles")
    code, lines = run("auto", raw, "--dtstyle", styles)
    assert code == 0 and [line["status"] for line in lines] == ["written", "written"]
    assert names(styles) == {"good_hdr.dtstyle"}
    assert names(raw.parent) == {"good.dng", "good.xmp", "good.dng.xmp"}
    code, lines = run("auto", raw, "--dtstyle", styles, "--headroom", "0", "--overwrite")
    assert (code, lines[1]["status"]) == (1, "error")
    assert "no style: without headroom there is no HDR twin" in lines[1]["reason"]
    with pytest.raises(SystemExit) as stopped:
        main(["auto", str(raw), "--dtstyle", str(styles), "--editor", "lightroom"])
    assert stopped.value.code == 2
    assert "--dtstyle needs darktable" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--editor", "paint"], "lightroom, darktable"),
        (["--engine", "style:me"], "there are: auto"),
        (["--headroom", "5"], "from 0 to 4"),
        (["--strength", "nan"], "from 0 to 1"),
        (["--workers", "0"], "from 1 to 256"),
        (["--nonsense"], "unrecognized"),
    ],
)
def test_wrong_usage(
    folder: Path, arguments: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["auto", str(folder), *arguments])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert part in error and "Traceback" not in error


def test_an_unusable_configuration(
    folder: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("headroom = 9\n")
    with pytest.raises(SystemExit) as stopped:
        main(["auto", str(folder)])
    assert stopped.value.code == 2
    assert "config.toml" in capsys.readouterr().err


def test_our_own_folder_is_private_and_its_loss_is_one_line(
    raw: Path, home: Path, run, capsys: pytest.CaptureFixture[str]
) -> None:
    old = os.umask(0)
    try:
        run("auto", raw, "--editor", "darktable")
    finally:
        os.umask(old)
    for path in (home / "state", home / "state" / "first_versions"):
        assert path.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(home / "state")
    (home / "state").write_text("in the way")
    assert main(["auto", str(raw)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("sidelight: state: ") and error.count("\n") == 1


def test_a_jpeg_gets_darktables_sidecar_alone(shared: Path, folder: Path, run) -> None:
    shutil.copy(shared / "data/photos/pigallery2_IMG_1252.jpg", folder / "a.jpg")
    code, lines = run("auto", folder)
    assert code == 0
    assert statuses(lines) == {
        ("a.jpg", "lightroom"): "skipped",
        ("a.jpg", "darktable"): "written",
    }
    assert {path.name for path in folder.iterdir()} == {"a.jpg", "a.jpg.xmp"}


def test_the_pairs_jpeg_is_left_alone(raw: Path, shared: Path, run) -> None:
    shutil.copy(shared / "data/photos/pigallery2_IMG_1252.jpg", raw.with_suffix(".jpg"))
    code, lines = run("auto", raw.parent, "--editor", "darktable")
    assert code == 0
    assert statuses(lines) == {
        ("good.dng", "darktable"): "written",
        ("good.jpg", "darktable"): "skipped",
    }


@pytest.mark.parametrize("workers", [1, 2])
def test_bad_photos_are_named_and_the_others_done(
    raw: Path, shared: Path, folder: Path, run, workers: int
) -> None:
    photos = shared / "data" / "photos"
    whole = (photos / "canon_eos_d30_CRW.CRW").read_bytes()
    (folder / "cut.CRW").write_bytes(whole[: len(whole) // 2])
    (folder / "text.CR3").write_text("this is no photo\n" * 100)
    (folder / "empty.NEF").write_bytes(b"")
    (folder / "one.NEF").write_bytes(b"\0")
    shutil.copy(photos / "nikon_DSC_1339_768x512_rggb_u16le.raw", folder / "headerless.raw")
    shutil.copy(photos / "google_pixel7_hdrplus_small.dng", folder / "black.dng")
    bad = {"cut.CRW", "text.CR3", "empty.NEF", "one.NEF", "headerless.raw", "black.dng"}
    before = contents(folder)
    code, lines = run("auto", folder, "--workers", workers)
    assert code == 1
    found = statuses(lines)
    assert {name for (name, _), status in found.items() if status == "error"} == bad
    assert found["good.dng", "darktable"] == found["good.dng", "lightroom"] == "written"
    for line in lines:
        if line["status"] == "error":
            assert line["reason"] and "\n" not in line["reason"]
            assert "unexpected" not in line["reason"]
            assert line["recipe"] is None
    after = contents(folder)
    assert set(after) - set(before) == {"good.dng.xmp", "good.xmp"}
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF",
        b"\x89PNG\r\n",
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        b"<a>" * 500,
    ],
    ids=["empty", "cut off", "binary", "entity", "deep"],
)
def test_a_bad_sidecar_stays_and_the_other_editor_is_served(raw: Path, run, data: bytes) -> None:
    raw.with_suffix(".xmp").write_bytes(data)
    code, lines = run("auto", raw, "--overwrite")
    assert code == 1
    assert statuses(lines) == {
        ("good.dng", "lightroom"): "error",
        ("good.dng", "darktable"): "written",
    }
    assert "idecar" in lines[0]["reason"]
    assert raw.with_suffix(".xmp").read_bytes() == data


@pytest.mark.parametrize(
    ("number", "part"),
    [(28, "disk is full"), (30, "read-only"), (13, "not allowed to write"), (5, "written")],
    ids=["ENOSPC", "EROFS", "EACCES", "EIO"],
)
def test_when_the_file_system_refuses(
    raw: Path, run, monkeypatch: pytest.MonkeyPatch, number: int, part: str
) -> None:
    other = raw.with_name("other.dng")
    shutil.copy(raw, other)
    real = os.open

    def refuse(path, flags, *rest, **more):
        if str(path).endswith("tmp") and flags & os.O_CREAT and Path(path).parent == raw.parent:
            refused.append(path)
            if len(refused) <= 2:
                raise OSError(number, os.strerror(number), path)
        return real(path, flags, *rest, **more)

    refused: list[str] = []
    monkeypatch.setattr(os, "open", refuse)
    code, lines = run("auto", raw, other, "--workers", "1")
    assert code == 1
    assert set(statuses(lines).values()) == {"error", "written"}
    for line in lines:
        first = Path(line["photo"]).name == "good.dng"
        assert line["status"] == ("error" if first else "written")
        assert not first or part in line["reason"]
    assert {path.name for path in raw.parent.iterdir()} == {
        "good.dng",
        "other.dng",
        "other.dng.xmp",
        "other.xmp",
    }


def test_odd_names_are_never_interpreted(raw: Path, folder: Path, tmp_path: Path) -> None:
    names = [
        "$(touch pwned).dng",
        '"; touch pwned;".dng',
        "-rf.dng",
        "new\nline.dng",
        "\x1b[31mred\x07.dng",
        "\u202egnd.dng",
        "[bold]markup.dng",
    ]
    for name in names:
        os.link(raw, folder / name)
    bad = os.fsencode(folder) + b"/bad\xff.dng"
    os.link(raw, bad)
    raw.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "sidelight", "auto", "--editor", "darktable", "--workers", "1", "."],
        cwd=folder,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(b"written") == len(names) + 2
    for byte in (b"\x1b", b"\x07", "\u202e".encode()):
        assert byte not in done.stdout + done.stderr
    assert b"[bold]markup" in done.stdout
    written = {os.fsencode(path.name) for path in folder.iterdir() if path.suffix == ".xmp"}
    assert len(written) == len(names) + 1
    assert not list(tmp_path.rglob("pwned"))


def test_json_is_ascii_even_for_undecodable_names(raw: Path) -> None:
    name = os.fsencode(raw.parent) + b"/bad\xff\n.dng"
    raw.rename(os.fsdecode(name))
    done = subprocess.run(
        [sys.executable, "-m", "sidelight", "auto", "--json", "--editor", "darktable", name],
        capture_output=True,
        check=False,
    )
    (line,) = done.stdout.decode("ascii").splitlines()
    assert os.fsencode(json.loads(line)["photo"]) == name


def test_nothing_to_do(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["auto", str(folder)]) == 0
    assert "no photos found" in capsys.readouterr().out
    assert main(["auto", str(folder / "missing.dng")]) == 1
    assert "no such file" in capsys.readouterr().out


def test_the_table_for_people(raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["auto", str(raw), str(raw.parent / "gone.dng")]) == 1
    out = capsys.readouterr().out
    assert "good.dng" in out and "gone.dng" in out
    assert "%" in out and "EV" in out
    assert "2 written, 2 failed" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_stops_cleanly(raw: Path, workers: str) -> None:
    for number in range(12):
        shutil.copy(raw, raw.with_name(f"copy{number:02}.dng"))
    process = subprocess.Popen(
        [sys.executable, "-m", "sidelight", "auto", "--json", "--workers", workers, raw.parent],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in error
    assert not [path for path in raw.parent.iterdir() if "tmp" in path.name]


def test_a_closed_pipe_is_no_traceback(raw: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sidelight", "auto", "--json", raw],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    assert process.wait() == 1
    process.stderr.close()


def test_photos_of_a_series_get_one_look_unless_told_otherwise(
    tiny_burst, folder: Path, run, capsys: pytest.CaptureFixture[str]
) -> None:
    from sidelight.learning.burst import Frame

    paths = tiny_burst(folder, [Frame(), Frame(exposure_ev=0.67, after_s=1)])

    def recipes(*arguments: str) -> list[Recipe]:
        code, lines = run("auto", folder, "--editor", "lightroom", "--dry-run", *arguments)
        assert code == 0
        return [Recipe.from_json(line["recipe"]) for line in lines]

    alike = recipes()
    assert alike[0].exposure_ev - alike[1].exposure_ev == pytest.approx(0.67, abs=0.05)
    apart = recipes("--no-series")
    anchored = recipes("--anchor", str(paths[1]))
    assert anchored[1] == apart[1]
    assert anchored[0].exposure_ev == pytest.approx(apart[1].exposure_ev + 0.67, abs=0.05)
    for wrong, sentence in (
        (["--anchor", str(folder / "other.dng")], "is not among the photos"),
        (["--anchor", str(paths[0]), "--no-series"], "exclude one another"),
    ):
        with pytest.raises(SystemExit, match="2"):
            run("auto", folder, *wrong)
        assert sentence in capsys.readouterr().err
