"""Baselines that learn from the training side of a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import SidelightError
from sidelight.imaging.color import luminance, rgb_to_lab
from sidelight.imaging.image import Image
from sidelight.learning.evaluation.engine_method import render_predictions
from sidelight.learning.evaluation.methods import Answer, Example, Subject
from sidelight.learning.evaluation.protocol import Case
from sidelight.learning.evaluation.rendering import LABELS
from sidelight.learning.evaluation.sidecars import keywords_of
from sidelight.recipe import Recipe
from sidelight.recipe.fields import INDEX

NEAREST = 3
LEAST_EXAMPLES = 5
"""Below so many edits LrGeniusAI's rule gives no answer."""

WEIGHTS = {"picture": 0.50, "exposure": 0.25, "tags": 0.15, "time": 0.10}

_GRID = 8
_PERCENTILES = (1, 10, 25, 50, 75, 90, 99)
_EV_SCALE = 1.0
_BALANCE = [INDEX["temperature_mired"], INDEX["tint"]]


@dataclass(frozen=True, eq=False)
class PhotoFeatures:
    """What two photos are compared by.

    Attributes:
        picture: (200,), an 8 x 8 picture in Lab and seven percentiles of log luminance, centred
            and of length one: in the place of an image embedding.
        exposure: (2,), median and P1-P99 range of luminance in EV.
        tags: Keywords.
        hour: Time of day 0..24, None when unknown.
        is_raw: Whether white balance is in kelvin.
    """

    picture: NDArray[np.float64]
    exposure: NDArray[np.float64]
    tags: frozenset[str]
    hour: float | None
    is_raw: bool


def photo_features(image: Image, tags: frozenset[str] = frozenset()) -> PhotoFeatures:
    """Return the features of a photo; nothing of its edit is in them.

    Args:
        image: The proxy, as shot.
        tags: Its keywords.
    """
    from PIL import Image as Pillow

    y = np.maximum(luminance(image.rgb).astype(np.float64), 1e-5)
    levels = np.log2(np.percentile(y, _PERCENTILES))
    # Exposure has a weight of its own: here the picture is seen at one mid-tone.
    shown = np.clip(image.rgb * (0.18 / 2.0 ** levels[3]), 0.0, 1.0).astype(np.float32)
    planes = [
        np.asarray(Pillow.fromarray(part).resize((_GRID, _GRID), Pillow.Resampling.BOX))
        for part in np.moveaxis(rgb_to_lab(shown), 2, 0).astype(np.float32)
    ]
    vector = np.concatenate([np.stack(planes).ravel() / 50.0, levels - levels[3]])
    picture = vector - vector.mean()
    return PhotoFeatures(
        picture / max(float(np.linalg.norm(picture)), 1e-9),
        np.array([levels[3], levels[-1] - levels[0]]),
        tags,
        _hour(image.info.captured),
        image.info.is_raw,
    )


def similarity(one: PhotoFeatures, two: PhotoFeatures) -> float:
    """Return how alike two photos are, 0 to 1, by LrGeniusAI's weights.

    50 % picture (cosine), 25 % exposure (exp of minus the distance in EV), 15 % tags (Jaccard; 0
    when neither has any), 10 % time of day (1 at the same hour, 0 twelve hours apart; 0 when
    unknown).
    """
    distance = float(np.abs(one.exposure - two.exposure).mean())
    union = one.tags | two.tags
    apart = 12.0
    if one.hour is not None and two.hour is not None:
        apart = abs((one.hour - two.hour + 12.0) % 24.0 - 12.0)
    parts = {
        "picture": max(float(one.picture @ two.picture), 0.0),
        "exposure": float(np.exp(-distance / _EV_SCALE)),
        "tags": len(one.tags & two.tags) / len(union) if union else 0.0,
        "time": 1.0 - apart / 12.0,
    }
    return sum(WEIGHTS[name] * value for name, value in parts.items())


def mean_recipe(recipes: Sequence[Recipe], weights: Sequence[float] | None = None) -> Recipe:
    """Return the weighted mean of settings: sliders and curve; no LUT, HDR off."""
    vectors = np.stack([recipe.to_vector() for recipe in recipes])
    return Recipe().with_vector(np.average(vectors, axis=0, weights=weights))


class ConstantMean:
    """One preset for all photos."""

    name = "constant-mean"
    label = "Constant mean"
    learns = True

    def __init__(self, editor: str) -> None:
        self._editor = editor
        self.sentence = (
            "The mean of the training references' settings for every photo, rendered by "
            f"{LABELS[editor]}; settings of a reference picture are fitted to it."
        )

    def render(self, subjects: Sequence[Subject]) -> list[Answer]:
        """Return each photo with the mean of its examples."""

        def predict(subject: Subject) -> Recipe:
            if not subject.examples:
                raise SidelightError("the split leaves it nothing to learn from")
            return mean_recipe([example.recipe for example in subject.examples])

        return render_predictions(subjects, predict, self._editor)


class NearestThree:
    """The three most similar edits, blended by similarity."""

    name = "nearest-three"
    label = "Nearest three edits"
    learns = True

    def __init__(self, editor: str) -> None:
        self._editor = editor
        self.sentence = (
            "The three most similar training edits blended by similarity, after LrGeniusAI's "
            "weights (50 % picture, 25 % exposure, 15 % tags, 10 % time of day; at least five "
            "edits) with Sidelight's features for its image embedding, rendered by "
            f"{LABELS[editor]}."
        )

    def render(self, subjects: Sequence[Subject]) -> list[Answer]:
        """Return each photo with a blend of its nearest examples."""
        return render_predictions(subjects, nearest_recipe, self._editor)


def nearest_recipe(subject: Subject) -> Recipe:
    """Return the blend of the nearest examples' settings.

    White balance is taken from examples of the photo's own kind, raw or rendered, and left as shot
    where none of the nearest is.

    Raises:
        SidelightError: There are fewer than five examples.
    """
    if len(subject.examples) < LEAST_EXAMPLES:
        raise SidelightError(
            f"{len(subject.examples)} edits to learn from; the rule needs {LEAST_EXAMPLES}"
        )
    features = photo_features(subject.image, keywords_of(subject.case.photo))
    scored = [(similarity(features, example.info), example) for example in subject.examples]
    best = sorted(scored, key=lambda pair: (-pair[0], pair[1].name))[:NEAREST]
    weights = [max(score, 1e-6) for score, _ in best]
    blended = mean_recipe([example.recipe for _, example in best], weights).to_vector()
    kind = [(weight, example) for weight, (_, example) in zip(weights, best, strict=True)
            if example.info.is_raw == features.is_raw]  # fmt: skip
    if not kind:
        blended[_BALANCE] = 0.0
    else:
        same = mean_recipe([e.recipe for _, e in kind], [w for w, _ in kind]).to_vector()
        blended[_BALANCE] = same[_BALANCE]
    return Recipe().with_vector(blended)


def example_of(case: Case, recipe: Recipe, image: Image) -> Example:
    """Return a photo and its reference's settings as an example."""
    features = photo_features(image, keywords_of(case.photo))
    return Example(case.name, case.scene, recipe, features)


def _hour(captured: str) -> float | None:
    try:
        hour, minute = (int(part) for part in captured.split(" ")[1].split(":")[:2])
    except (IndexError, ValueError):
        return None
    return hour + minute / 60.0
