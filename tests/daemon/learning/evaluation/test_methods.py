"""What every method keeps to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidelight.errors import SidelightError
from sidelight.learning.evaluation.learned import example_of
from sidelight.learning.evaluation.methods import (
    METHODS,
    Rendition,
    Subject,
    default_methods,
    is_method,
    known_methods,
    load_method,
)
from sidelight.recipe import Recipe

OTHER_PROGRAM = {"darktable-default": "darktable_cli", "rawtherapee-auto": "rawtherapee_cli"}


@pytest.fixture
def rawtherapee_cli() -> None:
    from sidelight.learning.rawtherapee_render import auto_matched_profile

    try:
        auto_matched_profile()
    except SidelightError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in OTHER_PROGRAM else name
        for name in default_methods()
    ],
)
def test_a_method_says_what_it_is_and_answers_for_every_photo(
    name: str, subject: Subject, photos: Path, request: pytest.FixtureRequest
):
    if name in OTHER_PROGRAM:
        request.getfixturevalue(OTHER_PROGRAM[name])
    method = load_method(name, "lightroom")
    assert method.name == name and method.label
    assert method.sentence.endswith(".")
    example = example_of(subject.case, Recipe(exposure_ev=0.5), subject.image)
    full = Subject(subject.case, subject.image, (example,) * 5)
    answers = method.render([full, full])
    assert len(answers) == 2
    for answer in answers:
        assert isinstance(answer, Rendition), answer
        assert answer.sdr.ndim == 3 and answer.sdr.shape[2] == 3
        assert np.isfinite(answer.sdr).all()
        assert answer.hdr is None, "not asked for"
    assert method.render([]) == []
    if method.learns:
        assert isinstance(method.render([subject])[0], str), "nothing to learn from"


def test_a_method_that_does_not_exist_is_refused_with_a_list():
    with pytest.raises(SidelightError, match=r"there are: auto, .*identity.*xmp:FOLDER"):
        load_method("magic", "lightroom")


def test_names_are_checked_without_loading_anything():
    assert all(is_method(name) for name in default_methods())
    assert is_method("xmp:anywhere") and is_method("renders:any where")
    assert not any(is_method(name) for name in ("xmp:", "magic", "pp3:folder", ""))
    assert set(METHODS) < set(known_methods())
