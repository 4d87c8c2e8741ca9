from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.learning.evaluation.learned import (
    ConstantMean,
    PhotoFeatures,
    example_of,
    mean_recipe,
    nearest_recipe,
    photo_features,
    similarity,
)
from sidelight.learning.evaluation.methods import Example, Rendition, Subject
from sidelight.recipe import Hdr, Recipe, ToneCurve


def _features(
    vector: tuple[float, float] = (1.0, 0.0), ev: float = -3.0, tags: str = "", hour=12.0, raw=True
) -> PhotoFeatures:
    return PhotoFeatures(np.array(vector), np.array([ev, 8.0]), frozenset(tags.split()), hour, raw)


def test_the_parts_of_similarity_have_their_weights():
    same = _features(tags="sea")
    assert similarity(same, same) == pytest.approx(1.0)
    assert similarity(same, _features((0.0, 1.0), tags="sea")) == pytest.approx(0.5)
    assert similarity(same, _features((-1.0, 0.0), tags="sea")) == pytest.approx(0.5)
    assert similarity(same, _features(ev=-500.0, tags="sea")) == pytest.approx(0.75)
    assert similarity(same, _features(tags="town")) == pytest.approx(0.85)
    assert similarity(same, _features(tags="sea town")) == pytest.approx(0.925)
    assert similarity(same, _features(tags="sea", hour=0.0)) == pytest.approx(0.9)
    assert similarity(same, _features(tags="sea", hour=None)) == pytest.approx(0.9)
    late, early = _features(hour=23.0), _features(hour=1.0)
    assert similarity(late, early) == pytest.approx(0.85 - 0.1 * 2 / 12), "round midnight"


def test_features_know_exposure_apart_from_the_picture(subject: Subject):
    one = photo_features(subject.image)
    brighter = photo_features(replace(subject.image, rgb=4.0 * subject.image.rgb))
    assert one.picture @ one.picture == pytest.approx(1.0)
    assert one.picture @ brighter.picture == pytest.approx(1.0, abs=0.01)
    assert brighter.exposure[0] - one.exposure[0] == pytest.approx(2.0, abs=0.05)
    assert one.hour == 12.0 and one.is_raw
    turned = photo_features(replace(subject.image, rgb=subject.image.rgb[::-1]))
    assert one.picture @ turned.picture < 0.9


def test_a_mean_is_of_sliders_and_curve():
    curve = ToneCurve((0.02,) * 14)
    recipes = [Recipe(contrast=10.0, curve=curve, hdr=Hdr(enabled=True)), Recipe(exposure_ev=1.0)]
    mean = mean_recipe(recipes)
    assert mean.contrast == pytest.approx(5.0) and mean.exposure_ev == pytest.approx(0.5)
    assert mean.curve.offsets[3] == pytest.approx(0.01) and not mean.hdr.enabled
    assert mean_recipe(recipes, [3.0, 1.0]).contrast == pytest.approx(7.5)


def test_the_constant_mean_is_that_of_its_examples(subject: Subject):
    examples = tuple(
        example_of(subject.case, Recipe(contrast=value), subject.image) for value in (10.0, 30.0)
    )
    (answer,) = ConstantMean("lightroom").render([replace(subject, examples=examples)])
    assert isinstance(answer, Rendition) and answer.recipe is not None
    assert answer.recipe.contrast == pytest.approx(20.0)


def _examples(subject: Subject, raw: tuple[bool, ...]) -> tuple[Example, ...]:
    """Three that are like the photo, two that are not, with contrast 10, 20, 30, 90, 90."""
    mine = photo_features(subject.image)
    far = PhotoFeatures(-mine.picture, mine.exposure + 20.0, frozenset(), None, True)
    recipes = [Recipe(contrast=c, tint=c) for c in (10.0, 20.0, 30.0, 90.0, 90.0)]
    near = [replace(mine, is_raw=flag) for flag in raw]
    features = [*near, far, far]
    return tuple(
        Example(f"{i}", "s", recipe, info)
        for i, (recipe, info) in enumerate(zip(recipes, features, strict=True))
    )


def test_the_nearest_three_are_blended(subject: Subject):
    found = nearest_recipe(replace(subject, examples=_examples(subject, (True, True, True))))
    assert found.contrast == pytest.approx(20.0) and found.tint == pytest.approx(20.0)


def test_white_balance_is_taken_from_the_same_kind_of_file_only(subject: Subject):
    found = nearest_recipe(replace(subject, examples=_examples(subject, (True, False, False))))
    assert found.contrast == pytest.approx(20.0) and found.tint == pytest.approx(10.0)
    none = nearest_recipe(replace(subject, examples=_examples(subject, (False, False, False))))
    assert none.contrast == pytest.approx(20.0) and none.tint == 0.0
