"""The report as JSON: everything that is needed to check or repeat a figure."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from sidelight import __version__
from sidelight.errors import SidelightError
from sidelight.imaging.scratch import scratch_folder
from sidelight.learning.evaluation import intervals
from sidelight.learning.evaluation.intervals import Estimate
from sidelight.learning.evaluation.page import write_page
from sidelight.learning.evaluation.rendering import PROXY_PX
from sidelight.learning.evaluation.results import (
    Evaluation,
    Measured,
    PhotoResult,
    shoot_consistency,
)
from sidelight.learning.evaluation.slider_metrics import DEFINITIONS, SliderFigures
from sidelight.learning.evaluation.summary import ALL_METRICS, MethodSummary, better, summarize
from sidelight.learning.operation_error import darktable_version
from sidelight.learning.rawtherapee_render import rawtherapee_cli

SCHEMA = 1
JSON_NAME = "evaluation.json"
HTML_NAME = "evaluation.html"


def write_report(evaluation: Evaluation, folder: Path) -> tuple[Path, Path]:
    """Write the JSON and the HTML report into a folder, which is made if need be.

    Returns:
        The two files.

    Raises:
        OSError: They cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    report = to_json(evaluation)
    text = json.dumps(report, ensure_ascii=True, allow_nan=False, indent=1)
    _replace(folder / JSON_NAME, text + "\n")
    write_page(folder / HTML_NAME, evaluation, report["programs"])
    return folder / JSON_NAME, folder / HTML_NAME


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the report as plain JSON values; no path of this computer is in it."""
    protocol = evaluation.protocol
    summaries = summarize(evaluation)
    reference_consistency = shoot_consistency(evaluation.photos, None)
    return {
        "schema": SCHEMA,
        "programs": programs(),
        "protocol": {
            "name": protocol.name,
            "title": protocol.title,
            "sentences": list(protocol.sentences),
            "size_px": protocol.size_px,
            "side": protocol.side,
            "input_px": PROXY_PX,
        },
        "split": {
            "name": protocol.split.name,
            "sentence": protocol.split.sentence,
            "seed": protocol.split.seed,
            "folds": [asdict(fold) for fold in protocol.split.folds],
        },
        "editor": evaluation.editor,
        "headroom": evaluation.headroom,
        "intervals": {
            "definition": intervals.DEFINITION,
            "level": intervals.LEVEL,
            "resamples": intervals.RESAMPLES,
            "seed": 0,
        },
        "metrics": [asdict(metric) for metric in ALL_METRICS],
        "slider_metrics": DEFINITIONS,
        "methods": {
            method.name: {
                "label": method.label,
                "sentence": method.sentence,
                "learns": method.learns,
                **_summary(summaries[method.name]),
            }
            for method in evaluation.methods
        },
        "not_run": evaluation.not_run,
        "reference_neutral_consistency_deg": _pair(reference_consistency),
        "photos": [_photo(photo) for photo in evaluation.photos],
        "failed": [{"photo": name, "reason": reason} for name, reason in evaluation.failed],
        "not_learned": [{"photo": n, "reason": reason} for n, reason in evaluation.not_learned],
        "without_reference": [{"photo": n, "reason": reason} for n, reason in protocol.left_out],
        "seconds": round(evaluation.seconds, 1),
    }


def programs() -> dict[str, str]:
    """Return the versions of what took part; a program that is not installed is left out."""
    found = {
        "sidelight": __version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "lightroom": "emulated by Sidelight, not calibrated",
    }
    for name, version in (("darktable", darktable_version), ("rawtherapee", _rawtherapee_version)):
        try:
            found[name] = version()
        except SidelightError:
            continue
    return found


def _rawtherapee_version() -> str:
    command = [rawtherapee_cli(), "-v"]
    with scratch_folder() as home:
        own = os.environ | {"HOME": str(home), "XDG_CONFIG_HOME": str(home)}
        told = subprocess.run(command, env=own, capture_output=True, timeout=60, check=False).stdout
    found = re.search(rb"\d+(?:\.\d+)+", told)
    return found.group().decode("ascii") if found else "of an unknown version"


def _summary(summary: MethodSummary) -> dict[str, Any]:
    by_name = {metric.name: metric for metric in ALL_METRICS}
    return {
        "figures": {name: _estimate(found) for name, found in summary.figures.items()},
        "versus": {
            other: {
                name: {**_estimate(found), "verdict": better(by_name[name], found)}
                for name, found in differences.items()
            }
            for other, differences in summary.versus.items()
        },
        "sliders": None if summary.sliders is None else _sliders(summary.sliders),
        "neutral_consistency_deg": _pair(summary.neutral_consistency_deg),
        "left_out": [{"photo": name, "reason": reason} for name, reason in summary.left_out],
    }


def _estimate(found: Estimate) -> dict[str, Any]:
    return {name: _rounded(value) for name, value in asdict(found).items()}


def _sliders(found: SliderFigures) -> dict[str, Any]:
    values = asdict(found)
    for name in ("mean_absolute_error", "rank_correlation", "r_squared"):
        values[name] = {slider: _rounded(value) for slider, value in values[name].items()}
    return values


def _pair(found: tuple[float, int] | None) -> dict[str, Any] | None:
    return None if found is None else {"mean": _rounded(found[0]), "shoots": found[1]}


def _photo(photo: PhotoResult) -> dict[str, Any]:
    recipe = photo.reference_recipe
    return {
        "name": photo.case.name,
        "scene": photo.case.scene,
        "reference": {
            "kind": photo.case.reference.kind,
            "file": photo.case.reference.path.name,
            "editor": photo.case.reference.editor or None,
            "recipe": None if recipe is None else recipe.to_json(),
            "note": photo.reference_note,
        },
        "methods": {name: _measured(found) for name, found in photo.methods.items()},
    }


def _measured(found: Measured | str) -> dict[str, Any]:
    if isinstance(found, str):
        return {"left_out": found}
    return {
        "figures": {name: _rounded(value) for name, value in found.figures.items()},
        "recipe": None if found.recipe is None else found.recipe.to_json(),
        "note": found.note,
    }


def _rounded(value: float | None) -> float | None:
    return round(value, 6) if isinstance(value, float) else value


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
