from __future__ import annotations

import json
from pathlib import Path

import pytest

from sidelight import __version__
from sidelight.learning.evaluation.report import SCHEMA, programs, to_json, write_report
from sidelight.learning.evaluation.results import Evaluation
from sidelight.learning.evaluation.summary import ALL_METRICS
from sidelight.recipe import Recipe


def test_the_report_can_be_checked_and_repeated(evaluation: Evaluation, photos: Path):
    text = json.dumps(to_json(evaluation), allow_nan=False)
    report = json.loads(text)
    assert report["schema"] == SCHEMA
    assert report["programs"]["sidelight"] == __version__
    assert "emulated" in report["programs"]["lightroom"]
    assert report["protocol"]["size_px"] == 256 and report["split"]["name"] == "scenes"
    assert report["split"]["folds"] == [{"train": [], "test": ["a.dng", "b.dng", "c.dng"]}]
    assert {metric["name"] for metric in report["metrics"]} == {m.name for m in ALL_METRICS}
    assert all(metric["definition"] for metric in report["metrics"])
    assert str(photos) not in text, "no path of this computer"


def test_the_means_are_those_of_the_photos(evaluation: Evaluation):
    report = to_json(evaluation)
    for name, method in report["methods"].items():
        for metric, found in method["figures"].items():
            values = [p["methods"][name]["figures"][metric] for p in report["photos"]]
            assert found["mean"] == pytest.approx(sum(values) / len(values), abs=1e-5)
    recipe = Recipe.from_json(report["photos"][0]["methods"]["auto"]["recipe"])
    measured = evaluation.photos[0].methods["auto"]
    assert not isinstance(measured, str) and measured.recipe is not None
    assert recipe.sliders() == measured.recipe.sliders()
    versus = report["methods"]["auto"]["versus"]["identity"]["psnr_db"]
    assert versus["verdict"] == "undecided" and versus["low"] is None, "one scene"


def test_both_files_are_written_whole(evaluation: Evaluation, tmp_path: Path):
    files = write_report(evaluation, tmp_path / "new" / "report")
    assert [path.name for path in files] == ["evaluation.json", "evaluation.html"]
    assert sorted(path.name for path in files[0].parent.iterdir()) == sorted(p.name for p in files)
    assert json.loads(files[0].read_text())["seconds"] > 0


def test_programs_that_are_not_installed_are_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not {"darktable", "rawtherapee"} & set(programs())


def test_versions_are_told(darktable_cli: str):
    assert programs()["darktable"][0].isdigit()
