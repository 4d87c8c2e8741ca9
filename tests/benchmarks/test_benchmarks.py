"""The benchmarks run, and their figures are there and not absurd."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent

pytestmark = pytest.mark.slow


def quick(name: str, folder: Path) -> dict[str, Any]:
    out = folder / f"{name}.json"
    command = [sys.executable, str(FOLDER / f"{name}.py"), "--quick", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert json.loads(done.stdout) == figures
    assert all(math.isfinite(number) for number in numbers(figures))
    return figures


def numbers(figures: Any) -> Iterator[float]:
    if isinstance(figures, dict):
        for value in figures.values():
            yield from numbers(value)
    elif isinstance(figures, int | float):
        yield float(figures)


def test_fit(tmp_path: Path) -> None:
    figures = quick("fit", tmp_path)
    for name in ("lightroom", "darktable"):
        for mode in ("sdr", "hdr"):
            found = figures[f"{name} {mode}"]
            assert found["psnr_db"]["median"] > 50
            assert found["milliseconds_wall"]["median"] > 0
            if "times_faster_than_adam" in found:
                assert found["times_faster_than_adam"] > 5
                assert found["adam"]["settings_finite"]


@pytest.mark.usefixtures("shared")
def test_auto(tmp_path: Path) -> None:
    figures = quick("auto", tmp_path)
    assert figures["ratio_median_of_photos"]["median"] < 10
    for profile in figures["profile"].values():
        shares = profile["share_of_call"]
        whole = shares["decode"] + shares["predict, both editors"] + shares["write, both editors"]
        assert 0.7 < whole <= 1.0
    for found in figures["predict_over_fit"].values():
        assert all(0 < ratio["median"] < 40 for ratio in found["ratio_median_of_photos"].values())
    memory = figures["peak_memory_mb"]
    assert memory["imports"] < memory["decode"]
    assert memory["auto"] < 10 * memory["decode"]


def test_startup(tmp_path: Path) -> None:
    figures = quick("startup", tmp_path)
    assert 1 < figures["startup"]["ratio"]["median"] < 12
    assert 50 < figures["base_environment"]["megabytes"] < 800


@pytest.mark.usefixtures("shared")
def test_service(tmp_path: Path) -> None:
    figures = quick("service", tmp_path)
    assert 0.5 < figures["predict_one_client"]["p50_over_p50"] < 10
    assert figures["predict_eight_clients"]["throughput_over_bare_workers"]["median"] > 0.1
    assert figures["burst"]["jobs"]["done"] == figures["burst"]["photos"]
    assert figures["burst"]["rate_over_auto"] > 0.1
    tiny = figures["tiny_files"]
    assert tiny["jobs"] == tiny["different_photos"] == tiny["files"]
    assert figures["at_rest"]["rss_mb"] < 150
    assert figures["restart"]["seconds"]["median"] > 0
