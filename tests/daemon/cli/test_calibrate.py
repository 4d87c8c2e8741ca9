"""`sidelight calibrate`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sidelight.cli import main
from sidelight.emulators.lightroom.calibration import Calibration
from sidelight.emulators.lightroom.constants import LightroomConstants
from sidelight.paths import lightroom_calibration_file

Run = Callable[..., tuple[int, list[dict[str, Any]]]]


def test_too_few_is_said_and_ends_with_one(run: Run, raw: Path) -> None:
    code, (report,) = run("calibrate", raw.parent)
    assert code == 1
    assert report["status"] == "too few" and "here are 0 and 0" in report["reason"]
    assert report["skipped"] == [{"path": str(raw), "reason": "there is no export of it"}]


def test_reset_forgets(run: Run, home: Path) -> None:
    file = lightroom_calibration_file()
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(Calibration(LightroomConstants(shadows_ev=2.0)).to_json()))
    assert run("calibrate", "--reset") == (0, [{"status": "removed"}])
    assert not file.exists()
    assert run("calibrate", "--reset") == (0, [{"status": "unchanged"}])


@pytest.mark.parametrize(
    "arguments", [[], ["--reset", "folder"], ["folder", "--exports", "/nowhere/at/all"]]
)
def test_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["calibrate", *arguments])
    assert error.value.code == 2


def test_tables_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    from sidelight.cli.calibrate import _show
    from sidelight.workflows.calibration_report import (
        CalibrationReport,
        GainMapReport,
        SliderReport,
    )
    from sidelight.workflows.triples import Skipped

    shadows = SliderReport("shadows", 12, 0.6, True, 4.0, 1.0, {"shadows_ev": (1.5, 2.0)})
    tint = SliderReport("vibrance", 1, 0.05, False, None, None, {"vibrance_scale": (1.0, 1.0)})
    gain = GainMapReport(Path("a.jpg"), 4.0, 0.42, 0.62, 0.07, 0.2, {}, (), "its SDR settings")
    skipped = tuple(Skipped(Path(f"{n}.cr3"), "it is cropped") for n in range(3))
    errors = [{"mean": 3.0, "p95": 6.0}, {"mean": 1.0, "p95": float("nan")}]
    _show(CalibrationReport("saved", "done", 20, 4, *errors, (shadows, tint), (gain,), {}, skipped))
    shown = capsys.readouterr().out
    for text in (
        "12 (60%)",
        "ev 1.50→2.00",
        "too few photos",
        "off by 0.42 EV",
        "no fit uses it: its SDR settings",
        "not used: 0.cr3 and 2 more: it is cropped",
        "saved: done",
    ):
        assert text in shown
