"""What an engine answers, and how one is found."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from sidelight.engines import ENGINES, load_engine
from sidelight.engines.base import Prediction, Reason
from sidelight.errors import RecipeError
from sidelight.recipe import Recipe


def test_every_engine_loads_and_knows_its_name() -> None:
    assert {name: load_engine(name).name for name in ENGINES} == {name: name for name in ENGINES}


def test_an_unknown_engine_is_named_with_those_there_are() -> None:
    with pytest.raises(RecipeError, match=r"guess.*auto"):
        load_engine("guess")


def test_a_prediction_without_reasons_is_the_default_rendering() -> None:
    prediction = Prediction(Recipe())
    assert prediction.reasons == ()
    assert prediction.notes == ()
    assert 0 <= prediction.confidence <= 1


def test_answers_cannot_be_changed_afterwards() -> None:
    reason = Reason("contrast", 4.0, "contrast", "Contrast +4 keeps it.")
    with pytest.raises(FrozenInstanceError):
        reason.value = 5.0  # type: ignore[misc]
