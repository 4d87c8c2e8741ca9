"""From what was predicted for each photo to what fits the whole series."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidelight.editors import load_editor
from sidelight.editors.base import Order
from sidelight.errors import RecipeError
from sidelight.learning.burst import Frame
from sidelight.recipe import Recipe
from sidelight.workflows.develop_job import work
from sidelight.workflows.predict import predicted_info, predicted_recipe
from sidelight.workflows.series import edit_alike, edits_that_stay, follow

EDITORS = ("lightroom", "darktable")
OPTIONS = {"editors": list(EDITORS)}
STOPS = (0.0, 0.67, -0.67, 0.33)
FRAMES = [
    Frame(exposure_ev=stop, as_shot_mired=(0.0, 12.0, -12.0, 6.0)[i], after_s=i)
    for i, stop in enumerate(STOPS)
]
NAMES = [f"burst_{i:02d}.dng" for i in range(len(STOPS))]


@pytest.fixture(scope="module")
def photos(tiny_burst, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return tiny_burst(tmp_path_factory.mktemp("burst"), FRAMES)


@pytest.fixture(scope="module")
def alone(photos: list[Path]) -> list[dict[str, Any]]:
    """Answers as a worker process sends them."""
    return [json.loads(json.dumps(work(photo, OPTIONS))) for photo in photos]


def exposed(answers: list[dict[str, Any]], editor: str) -> np.ndarray:
    recipes = [predicted_recipe(answer["editors"][editor]) for answer in answers]
    return np.array([r.exposure_ev + stop for r, stop in zip(recipes, STOPS, strict=True)])


@pytest.mark.parametrize("editor", EDITORS)
def test_a_series_is_edited_alike_in_any_order(alone, editor: str) -> None:
    solved = edit_alike(alone, NAMES, EDITORS)
    assert np.ptp(exposed(solved, editor)) < 0.06 < np.ptp(exposed(alone, editor))
    backwards = edit_alike(alone[::-1], NAMES[::-1], EDITORS)
    assert backwards[::-1] == solved
    for before, after in zip(alone, solved, strict=True):
        entry = after["editors"][editor]
        assert set(entry) == set(before["editors"][editor])
        recipe = predicted_recipe(entry)
        info = predicted_info(after, Path("a.dng"))
        mask = entry["mask_exposure_ev"]
        assert entry["terms"] == load_editor(editor).terms(info, recipe, mask)
        moved = {name for name, value in recipe.sliders().items() if abs(value) >= 1.0}
        assert moved - {"exposure_ev"} <= {reason["slider"] for reason in entry["reasons"]}
        for reason in entry["reasons"]:
            assert reason["value"] == getattr(recipe, reason["slider"])
        assert entry["notes"][-1] == "One of a series of 4 photos that are edited alike."
    json.dumps(solved, allow_nan=False)


def test_one_photo_and_one_that_failed_stay_as_they_are(alone) -> None:
    assert edit_alike(alone[:1], NAMES[:1], EDITORS) == alone[:1]
    failed = {**alone[1], "editors": {name: {"error": "no"} for name in EDITORS}}
    assert edit_alike([alone[0], failed], NAMES[:2], EDITORS) == [alone[0], failed]


def test_an_edit_that_stays_rules(alone) -> None:
    recipe = Recipe(exposure_ev=1.0 - STOPS[1], contrast=-20.0, temperature_mired=-30.0)
    ruling = {**alone[1], "editors": {}, "edits": {"lightroom": {"recipe": recipe.to_json()}}}
    answers = [alone[0], ruling, *alone[2:]]
    solved = edit_alike(answers, NAMES, ("lightroom",))
    assert solved[1] == ruling
    for number in (0, 2, 3):
        entry = solved[number]["editors"]["lightroom"]
        found = predicted_recipe(entry)
        assert found.exposure_ev + STOPS[number] == pytest.approx(1.0, abs=0.06)
        assert found.contrast == -20.0
        assert entry["notes"][-1].endswith("It follows burst_01.dng.")
        (contrast,) = [each for each in entry["reasons"] if each["slider"] == "contrast"]
        assert contrast["text"] == "Contrast −20 is that of burst_01.dng."
    assert solved[0]["editors"]["darktable"] == alone[0]["editors"]["darktable"]


def test_a_named_photo_rules_before_edits_that_stay(alone) -> None:
    recipe = Recipe(exposure_ev=2.0)
    ruling = {**alone[1], "editors": {}, "edits": {"lightroom": {"recipe": recipe.to_json()}}}
    solved = edit_alike([alone[0], ruling, *alone[2:]], NAMES, ("lightroom",), {3})
    own = predicted_recipe(alone[3]["editors"]["lightroom"])
    entry = solved[3]["editors"]["lightroom"]
    assert entry["reasons"] == alone[3]["editors"]["lightroom"]["reasons"]
    assert entry["notes"][-1] == "The other 3 photos of its series follow it."
    assert predicted_recipe(solved[3]["editors"]["lightroom"]) == own
    zero = predicted_recipe(solved[0]["editors"]["lightroom"])
    assert zero.exposure_ev == pytest.approx(own.exposure_ev + STOPS[3], abs=0.06)


def test_darktables_hdr_twin_keeps_its_headroom(alone) -> None:
    recipe = Recipe(exposure_ev=0.5, contrast=5.0)
    ruling = {**alone[1], "editors": {}, "edits": {"darktable": {"recipe": recipe.to_json()}}}
    solved = edit_alike([alone[0], ruling], NAMES[:2], ("darktable",))
    entry = solved[0]["editors"]["darktable"]
    assert predicted_recipe(entry).hdr.enabled and entry["terms"]["hdr"] is not None


def test_most_photos_say_whether_lost_light_had_a_colour(alone) -> None:
    def flagged(flags: str) -> list[dict[str, Any]]:
        return [
            {**each, "info": {**each["info"], "lost_light_is_neutral": flag == "n"}}
            for each, flag in zip(alone, flags, strict=True)
        ]

    def told(answers: list[dict[str, Any]]) -> str:
        return "".join("n" if a["info"]["lost_light_is_neutral"] else "c" for a in answers)

    for flags, wanted in (("nncn", "nnnn"), ("ccnc", "cccc"), ("nncc", "cccc")):
        solved = edit_alike(flagged(flags), NAMES, ("darktable",), {2})
        assert told(solved) == wanted
        for answer in solved:
            entry = answer["editors"]["darktable"]
            info, recipe = predicted_info(answer, Path("a.dng")), predicted_recipe(entry)
            again = load_editor("darktable").terms(info, recipe, entry["mask_exposure_ev"])
            assert entry["terms"] == again
    # What is written already decides for those that come late.
    first = flagged("nccc")
    known = {NAMES[0]: follow(NAMES[0], first[0], {})}
    late = follow(NAMES[1], first[1], dict(known))
    assert told([late]) == "n"
    assert follow(NAMES[1], first[1], {**known, NAMES[1]: late})["info"] == late["info"]


@pytest.mark.parametrize("editor", EDITORS)
def test_photos_join_one_after_the_other_in_any_order(alone, editor: str) -> None:
    for order in ((0, 1, 2, 3), (3, 1, 0, 2)):
        known: dict[str, dict[str, Any]] = {}
        for number in order:
            known[NAMES[number]] = follow(NAMES[number], alone[number], dict(known))
        assert known[NAMES[order[0]]] == alone[order[0]]
        answers = [known[name] for name in NAMES]
        assert np.ptp(exposed(answers, editor)) < 0.08
        looks = {predicted_recipe(each["editors"][editor]).contrast for each in answers}
        assert len(looks) == 1


def test_the_same_photo_gets_the_same_answer_again(alone) -> None:
    known = {NAMES[0]: alone[0]}
    joined = follow(NAMES[1], alone[1], known)
    assert joined != alone[1]
    known |= {NAMES[1]: joined, NAMES[2]: follow(NAMES[2], alone[2], known)}
    assert follow(NAMES[1], alone[1], known)["editors"] == joined["editors"]
    assert follow(NAMES[0], alone[0], known)["editors"] == alone[0]["editors"]


def test_a_photo_of_something_else_joins_nothing(alone) -> None:
    info = {**alone[1]["info"], "captured": "2025:06:01 18:00:00"}
    later = {**alone[1], "info": info}
    assert follow(NAMES[1], later, {NAMES[0]: alone[0]}) == later


def test_nonsense_is_an_error_and_no_crash(alone) -> None:
    with pytest.raises(RecipeError):
        follow("b", {**alone[1], "series": {}}, {"a": alone[0]})


def test_a_series_that_cannot_be_solved_keeps_what_was_predicted(alone) -> None:
    broken = {**alone[1]["editors"]["lightroom"], "recipe": {"schema": 99}}
    answers = [alone[0], {**alone[1], "editors": {"lightroom": broken}}]
    solved = edit_alike(answers, NAMES[:2], ("lightroom",))
    entry = solved[0]["editors"]["lightroom"]
    assert entry["recipe"] == alone[0]["editors"]["lightroom"]["recipe"]
    assert "edited by itself, not with its series" in entry["notes"][-1]
    assert solved[0]["editors"]["darktable"] == alone[0]["editors"]["darktable"]


def test_edits_are_read_from_the_sidecars(photos, alone, tmp_path: Path) -> None:
    photo = Path(shutil.copy(photos[0], tmp_path / "a.dng"))
    info = predicted_info(alone[0], photo)
    assert edits_that_stay(info, EDITORS) == {}
    recipe = Recipe(exposure_ev=0.5, contrast=10.0)
    for name in EDITORS:
        load_editor(name).write(info, recipe, Order(tmp_path / "first_versions", "b"))
    found = edits_that_stay(info, EDITORS)
    assert set(found) == set(EDITORS)
    for name in EDITORS:
        read = predicted_recipe(found[name])
        assert read.exposure_ev == pytest.approx(0.5, abs=0.01)
        assert read.contrast == pytest.approx(10.0, abs=1.0)
    damaged = replace(info, path=tmp_path / "b.dng")
    (tmp_path / "b.xmp").write_text("<x")
    assert edits_that_stay(damaged, ("lightroom",)) == {}
