"""The scene table's program: figures, summary, command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sidelight.learning.metrics import Black, HeadroomError, ItpGuard, SdrUse
from sidelight.learning.rendered_scene import SceneCheck
from sidelight.learning.scene_table import (
    SceneResult,
    broken,
    checks_of,
    expected_share,
    figure_shares,
    guard_means,
    main,
    report,
)
from sidelight.learning.twins import Evaluation

GUARD = ItpGuard(9.0, 5.0)


def _result(value: float = 0.5, stops: float = 0.1, guard: ItpGuard = GUARD):
    checks = tuple(
        SceneCheck("p", 12, "lightroom", f"a {kind}", kind, value, 0.0, 1.0, "EV")
        for kind in ("must not", "expected", "principle")
    )
    evaluation = Evaluation(
        "p", 12, "lightroom", HeadroomError(stops, (1.0, 1.0), (1.0, 1.0)), 0.02,
        Black(0.005, False, 0.0), SdrUse(0.7, 0.0),
    )  # fmt: skip
    return SceneResult(checks, evaluation, guard)


def test_figures_have_their_limits() -> None:
    assert all(_result().figures().values())
    assert not _result(stops=0.26).figures()["headroom"]
    assert not _result(guard=ItpGuard(5.0, 5.1)).figures()["HDR nearer than SDR"]


def test_what_is_broken_and_what_is_met() -> None:
    results = [_result(), _result(1.5)]
    assert [check.name for check in broken(results)] == ["a must not"]
    assert expected_share(results) == 0.5
    assert figure_shares([_result(), _result(stops=0.3)])["headroom"] == 0.5
    means = guard_means([_result(), _result(guard=ItpGuard(11.0, 7.0))])
    assert means["sdr"] == 10.0 and means["hdr"] == 6.0 and np.isnan(means["default"])


def test_the_report_tells_what_fails() -> None:
    text = report([_result(), _result(1.5)])
    assert text.count("FAIL") == 3 and text.count("pass") == 3
    assert "must not: 1 of 2 kept (50.0 %)" in text
    assert "headroom: 100.0 %" in text


def test_every_rule_takes_part(rendered_scene) -> None:
    heads = np.zeros((48, 64), np.uint8)
    heads[20:30, 20:30] = 1
    ramp = np.exp2(np.linspace(-6, 0, 48 * 64)).reshape(48, 64)
    scene = rendered_scene(
        ramp, 12, heads=heads, skins=("light",), counterpart=np.ones((48, 64, 3))
    )
    names = {check.name for check in checks_of(scene)}
    assert {"mid-tones", "largest slider", "HDR P99.9", "light head", "mean Y", "tint"} <= names
    assert "off its well-exposed twin" in names


def test_the_command_builds_renders_and_writes(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    arguments = ["--editors", "lightroom", "--only", "virtual_05_under", "--json", str(out)]
    assert main([*arguments, "--set", str(tmp_path / "set")]) == 0
    text = capsys.readouterr().out
    assert "lightroom, 2 photos" in text, "its well-exposed photo with it"
    assert "virtual_05_under lightroom must not  off its well-exposed twin" in text
    rows = json.loads(out.read_text(encoding="utf-8"))
    assert [row["photo"] for row in rows] == ["virtual_05", "virtual_05_under"]
    assert rows[0]["guard"]["default"] is None, "darktable was not asked"
    assert all(isinstance(check["passed"], bool) for row in rows for check in row["checks"])
