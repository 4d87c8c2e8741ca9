from __future__ import annotations

import numpy as np

from sidelight.engines import load_engine
from sidelight.errors import RecipeError
from sidelight.learning.evaluation.engine_method import EngineMethod, render_predictions
from sidelight.learning.evaluation.methods import Rendition, Subject
from sidelight.learning.evaluation.rendering import render_recipe
from sidelight.recipe import Hdr, Recipe


def test_an_engine_is_rendered_with_what_it_predicts(subject: Subject):
    (answer,) = EngineMethod("auto", "lightroom").render([subject])
    expected = load_engine("auto").predict(subject.image, "lightroom", subject.headroom).recipe
    assert isinstance(answer, Rendition) and answer.recipe == expected
    np.testing.assert_array_equal(answer.sdr, render_recipe("lightroom", subject.image, expected))


def test_the_hdr_rendition_is_made_where_it_is_wanted_and_the_edit_has_one(subject: Subject):
    wanted = Subject(subject.case, subject.image, (), 2.0, wants_hdr=True)
    bright = Recipe(exposure_ev=1.0, hdr=Hdr(enabled=True))
    (answer,) = render_predictions([wanted], lambda _: bright, "lightroom")
    assert isinstance(answer, Rendition) and answer.hdr is not None
    assert 1.5 < answer.hdr.max() < 4.5 and answer.sdr.max() < 1.1
    (plain,) = render_predictions([wanted], lambda _: Recipe(), "lightroom")
    assert isinstance(plain, Rendition) and plain.hdr is None


def test_a_photo_that_cannot_be_predicted_has_a_sentence_and_spoils_no_other(subject: Subject):
    count = iter(range(2))

    def predict(_: Subject) -> Recipe:
        if next(count) == 0:
            raise RecipeError("no idea")
        return Recipe()

    one, two = render_predictions([subject, subject], predict, "lightroom")
    assert one == "no idea" and isinstance(two, Rendition)
