"""`sidelight evaluate`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sidelight.cli import main
from sidelight.editors import load_editor
from sidelight.editors.base import Order
from sidelight.imaging import read_photo
from sidelight.recipe import Recipe


@pytest.fixture
def edited(raw: Path, tmp_path: Path) -> Path:
    """A real raw file with somebody's edit beside it."""
    order = Order(tmp_path / "elsewhere", "test")
    info = read_photo(raw, 256).info
    load_editor("lightroom").write(info, Recipe(exposure_ev=0.4, contrast=15.0), order)
    return raw


def test_a_folder_is_evaluated_and_the_report_written(
    edited: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in edited.parent.iterdir()}
    out = tmp_path / "report"
    options = ["--methods", "auto,identity", "--size", "128", "--out", str(out)]
    assert main(["evaluate", str(edited.parent), "--editor", "lightroom", *options]) == 0
    said = capsys.readouterr().out
    assert "Sidelight auto" in said and "PSNR" in said and "1 photo of 1 scene" in said
    assert "evaluation.html" in said
    report = json.loads((out / "evaluation.json").read_text())
    (photo,) = report["photos"]
    assert photo["reference"]["editor"] == "lightroom"
    assert report["methods"]["identity"]["sliders"]["mean_absolute_error"]["contrast"] == 15.0
    assert {path: path.read_bytes() for path in edited.parent.iterdir()} == before


def test_another_programs_sidecars_and_pictures_are_scored(
    edited: Path, tmp_path: Path, run
) -> None:
    rival = tmp_path / "rival"
    rival.mkdir()
    shutil.copy(edited.with_suffix(".xmp"), rival)
    code, (report,) = run(
        "evaluate", "folder", edited.parent, "--editor", "lightroom", "--size", "128",
        "--methods", f"xmp:{rival},identity", "--out", tmp_path / "report",
    )  # fmt: skip
    assert code == 0 and report["schema"] == 1
    figures = report["methods"]["xmp:rival"]["figures"]
    assert figures["psnr_db"]["mean"] == 100.0, "the reference itself, copied"
    assert report["methods"]["identity"]["figures"]["psnr_db"]["mean"] < 40.0


def test_errors_are_one_sentence(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = (
        ([str(raw.parent)], "no references found"),
        ([str(tmp_path / "nowhere")], "there is no folder"),
        (["fivek", str(raw.parent)], "--reference"),
        ([str(raw.parent), "--methods", f"xmp:{tmp_path / 'nowhere'}"], "there is no folder"),
    )
    for arguments, part in cases:
        assert main(["evaluate", *arguments, "--out", str(tmp_path / "report")]) == 1
        err = capsys.readouterr().err
        assert part in err and err.count("\n") == 1
    assert not (tmp_path / "report").exists()


def test_a_missing_program_is_told_where_its_method_was_named(
    raw: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["evaluate", str(raw.parent), "--methods", "darktable-default"]) == 1
    assert "darktable-cli is not installed" in capsys.readouterr().err
    assert main(["evaluate", str(raw.parent), "--editor", "darktable"]) == 1
    assert "darktable-cli is not installed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--methods", "magic"], "there is no method 'magic'"),
        (["--editor", "paint"], "lightroom"),
        (["--split", "random"], "scenes"),
        (["--size", "5000"], "64 to 1024"),
        (["--seed", "-1"], "whole number"),
    ],
)
def test_wrong_usage(
    raw: Path, options: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", str(raw.parent), *options])
    assert stopped.value.code == 2
    assert part in capsys.readouterr().err


def test_a_photo_that_fails_is_named_and_the_exit_code_says_so(
    edited: Path, tmp_path: Path, run
) -> None:
    for name in ("bad.dng", "bad.xmp"):
        source = edited if name.endswith("dng") else edited.with_suffix(".xmp")
        (edited.parent / name).write_bytes(source.read_bytes()[: 5000 if ".dng" in name else None])
    code, (report,) = run(
        "evaluate", edited.parent, "--editor", "lightroom", "--methods", "identity",
        "--size", "64", "--out", tmp_path / "report",
    )  # fmt: skip
    assert code == 1
    assert [item["photo"] for item in report["failed"]] == ["bad.dng"]
    assert [item["name"] for item in report["photos"]] == ["good.dng"]
