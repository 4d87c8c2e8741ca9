"""What a run says in numbers: means with intervals, differences of methods, sliders."""

from __future__ import annotations

from dataclasses import dataclass

from sidelight.learning.evaluation.intervals import Estimate, estimate
from sidelight.learning.evaluation.picture_metrics import METRICS, Metric
from sidelight.learning.evaluation.results import Evaluation, Measured, shoot_consistency
from sidelight.learning.evaluation.slider_metrics import SliderFigures, slider_figures
from sidelight.learning.evaluation.twin_metrics import TWIN_METRICS

ALL_METRICS: tuple[Metric, ...] = METRICS + TWIN_METRICS


@dataclass(frozen=True)
class MethodSummary:
    """One method over all measured photos.

    Attributes:
        figures: By metric name.
        versus: Other method → metric name → this method's figure minus the other's, on the photos
            that both have.
        sliders: Where the references' own settings are known, else None.
        neutral_consistency_deg: With the number of shoots, else None.
        left_out: Photos without a rendition, each with the reason.
    """

    figures: dict[str, Estimate]
    versus: dict[str, dict[str, Estimate]]
    sliders: SliderFigures | None
    neutral_consistency_deg: tuple[float, int] | None
    left_out: tuple[tuple[str, str], ...]


def summarize(evaluation: Evaluation) -> dict[str, MethodSummary]:
    """Return the summary of each method, in the run's order."""
    names = [method.name for method in evaluation.methods]
    return {name: _summary(evaluation, name, names) for name in names}


def better(metric: Metric, difference: Estimate) -> str:
    """Return `"better"`, `"worse"` or `"undecided"`: whether the whole interval is on one side."""
    if not difference.excludes_zero:
        return "undecided"
    return "better" if (difference.mean > 0) == (metric.better == "higher") else "worse"


def _summary(evaluation: Evaluation, name: str, names: list[str]) -> MethodSummary:
    mine = _figures(evaluation, name)
    figures, versus = {}, {}
    scenes = {photo.case.name: photo.case.scene for photo in evaluation.photos}
    for metric in ALL_METRICS:
        values = {
            photo: found[metric.name] for photo, found in mine.items() if metric.name in found
        }
        result = estimate(list(values.values()), [scenes[photo] for photo in values])
        if result is not None:
            figures[metric.name] = result
    for other in names:
        if other != name:
            differences = _differences(mine, _figures(evaluation, other), scenes)
            if differences:
                versus[other] = differences
    results = [(photo, photo.methods[name]) for photo in evaluation.photos]
    pairs = [
        (result.recipe, photo.reference_recipe)
        for photo, result in results
        if isinstance(result, Measured)
        and result.recipe is not None
        and photo.reference_recipe is not None
    ]
    left_out = tuple((p.case.name, result) for p, result in results if isinstance(result, str))
    consistency = shoot_consistency(evaluation.photos, name)
    return MethodSummary(figures, versus, slider_figures(pairs), consistency, left_out)


def _figures(evaluation: Evaluation, name: str) -> dict[str, dict[str, float]]:
    results = ((photo.case.name, photo.methods[name]) for photo in evaluation.photos)
    return {photo: found.figures for photo, found in results if isinstance(found, Measured)}


def _differences(
    mine: dict[str, dict[str, float]], theirs: dict[str, dict[str, float]], scenes: dict[str, str]
) -> dict[str, Estimate]:
    found = {}
    for metric in ALL_METRICS:
        both = [
            photo
            for photo in mine
            if metric.name in mine[photo] and metric.name in theirs.get(photo, {})
        ]
        mean = estimate(
            [mine[photo][metric.name] - theirs[photo][metric.name] for photo in both],
            [scenes[photo] for photo in both],
        )
        if mean is not None:
            found[metric.name] = mean
    return found
