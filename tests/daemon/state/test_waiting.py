"""A recipe waits until the editor's plug-in takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.state import waiting as module
from sidelight.state.database import Database
from sidelight.state.faults import NotFoundError
from sidelight.state.waiting import WaitingNotFoundError, WaitingRecipes

ONE, TWO = Path("/photos/1.NEF").absolute(), Path("/photos/2.NEF").absolute()
ENTRY = {"recipe": {"exposure_ev": 0.5}, "terms": {"Exposure2012": 0.5}, "notes": ["é"]}


@pytest.fixture
def waiting(database: Database) -> WaitingRecipes:
    return WaitingRecipes(database)


def test_a_recipe_comes_back_as_it_was_put(waiting: WaitingRecipes) -> None:
    recipe = waiting.put(ONE, "lightroom", ENTRY, "the catalog holds it", "batch")
    assert (recipe.photo, recipe.editor, recipe.entry) == (ONE, "lightroom", ENTRY)
    assert (recipe.why, recipe.batch) == ("the catalog holds it", "batch")
    assert waiting.get(recipe.id) == recipe
    assert waiting.list() == [recipe]
    assert waiting.count() == 1


def test_a_newer_one_replaces_it(waiting: WaitingRecipes) -> None:
    old = waiting.put(ONE, "lightroom", ENTRY, "first", "a")
    other = waiting.put(ONE, "darktable", ENTRY, "first", "a")
    new = waiting.put(ONE, "lightroom", {}, "second", "b")
    assert new.id > other.id > old.id  # who asked for the rest gets it
    assert waiting.list(after=old.id) == [other, new]


def test_take_hands_it_out_once(waiting: WaitingRecipes) -> None:
    recipe = waiting.put(ONE, "lightroom", ENTRY, "why")
    assert waiting.take(recipe.id) == recipe
    for call in (waiting.take, waiting.get):
        with pytest.raises(WaitingNotFoundError) as caught:
            call(recipe.id)
        assert isinstance(caught.value, NotFoundError)


def test_pages(waiting: WaitingRecipes) -> None:
    for photo in (ONE, TWO):
        for editor in ("lightroom", "darktable"):
            waiting.put(photo, editor, ENTRY, "why", photo.name)

    def ids(**asked: object) -> list[int]:
        return [recipe.id for recipe in waiting.list(**asked)]  # type: ignore[arg-type]

    assert ids() == [1, 2, 3, 4]
    assert ids(after=1, limit=2) == [2, 3]
    assert ids(editor="lightroom") == [1, 3]
    assert ids(editor="lightroom", after=1) == [3]
    assert ids(photo=TWO) == [3, 4]
    assert ids(photo=TWO, editor="darktable") == [4]
    assert ids(photo=TWO, editor="darktable", after=4) == []


def test_a_batch_is_taken_back(waiting: WaitingRecipes) -> None:
    waiting.put(ONE, "lightroom", ENTRY, "why", "a")
    kept = waiting.put(TWO, "lightroom", ENTRY, "why", "b")
    assert waiting.remove_batch("a") == 1
    assert waiting.remove_batch("a") == 0
    assert waiting.list() == [kept]


def test_no_scan_and_no_sort(database: Database) -> None:
    values = {"editor": "", "photo": b"", "after": 0, "limit": 1}
    for (_, by_photo), statement in module.LISTS.items():
        steps = [row["detail"] for row in database.read(f"EXPLAIN QUERY PLAN {statement}", values)]
        assert steps[0].startswith("SEARCH waiting USING")
        assert len(steps) == 1 or by_photo  # a photo has one per editor: nothing to sort
