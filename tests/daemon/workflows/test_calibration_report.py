"""A calibration's report as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from sidelight.workflows.calibration_report import CalibrationReport, SliderReport, plain
from sidelight.workflows.triples import Skipped


def test_every_report_is_json() -> None:
    shadows = SliderReport("shadows", 3, 1 / 3, True, None, 1.0, {"shadows_ev": (1.5, 2.0)})
    report = CalibrationReport(
        "kept",
        "nothing better",
        before={"mean": float("nan")},
        sliders=(shadows,),
        skipped=(Skipped(Path("a.cr3"), "it is cropped"),),
    )
    values = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert values["before"] == {"mean": None}
    assert values["sliders"][0]["constants"] == {"shadows_ev": [1.5, 2.0]}
    assert values["sliders"][0]["share"] == 0.3333
    assert values["skipped"] == [{"path": "a.cr3", "reason": "it is cropped"}]


def test_plain_values_stay() -> None:
    assert plain({"a": [1, "b", None, True, 0.123456]}) == {"a": [1, "b", None, True, 0.1235]}
