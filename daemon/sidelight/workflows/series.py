"""Photos of one series edited alike: from what was predicted for each to what fits them all.

An answer is what `predict_photo` returns, with two keys more: `series`, the photo as its series
sees it, and `edits`, by editor the entries of edits that stay as they are and rule.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from sidelight.editors import load_editor
from sidelight.errors import SidelightError
from sidelight.recipe import PhotoInfo, Recipe
from sidelight.recipe.fields import FIELDS
from sidelight.workflows.predict import predicted_info, predicted_recipe, reason_to_json
from sidelight.workflows.result import sentence

if TYPE_CHECKING:
    from sidelight.engines.series import Place
    from sidelight.engines.series_member import Member
    from sidelight.imaging.image import Image

Answer = dict[str, Any]


def summary(image: Image) -> dict[str, Any]:
    """Return a photo as its series sees it: plain JSON values, about 6 kB."""
    from sidelight.engines.series_member import summarise

    return summarise(image).to_json()


def edits_that_stay(info: PhotoInfo, editors: Collection[str]) -> dict[str, Any]:
    """Return the edits in a photo's sidecars as entries; those that say nothing are left out."""
    found = {}
    for name in editors:
        try:
            recipe = load_editor(name).read(info).recipe
        except SidelightError:
            continue
        if replace(recipe, hdr=Recipe().hdr) != Recipe():
            found[name] = {"recipe": recipe.to_json()}
    return found


def edit_alike(
    answers: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    editors: Sequence[str],
    anchors: Collection[int] = (),
) -> list[Answer]:
    """Return the answers with the entries of every series solved together.

    Args:
        answers: Of all photos, in any order.
        names: Theirs, each once.
        editors: Whose entries there are.
        anchors: Positions of photos that rule their series; where there are none in a series, the
            edits that stay rule it, and where there are none of them either, all together.

    Raises:
        SidelightError: An answer cannot be read.
    """
    from sidelight.engines.series_grouping import group
    from sidelight.engines.series_member import Member

    members = [
        Member.from_json(answer["series"], name, predicted_info(answer, Path(name)))
        for answer, name in zip(answers, names, strict=True)
    ]
    solved = [{**answer, "editors": dict(answer["editors"])} for answer in answers]
    for positions in group(members):
        edited = [p for p in positions if any(_entry(solved[p], name) for name in editors)]
        if len(edited) > 1:
            _agree_on_lost_light(solved, members, edited)
        for editor in editors:
            try:
                _edit_group(solved, members, positions, editor, anchors)
            except (SidelightError, ValueError, ArithmeticError) as error:
                _note_failure([solved[p] for p in positions], editor, sentence(error))
    return solved


def follow(name: str, answer: Answer, others: Mapping[str, Answer]) -> Answer:
    """Return a photo's answer so that it fits the series that were edited before.

    Args:
        name: The photo's.
        answer: Predicted for it alone.
        others: Answers of photos taken about the same time, by name. If the photo itself is among
            them, unchanged, it gets the same answer again.

    Raises:
        SidelightError: An answer cannot be read.
    """
    before = others.get(name)
    if before is not None and before["series"] == answer["series"]:
        return {**answer, "info": before["info"], "editors": before["editors"]}
    fixed = {
        other: {**each, "editors": {}, "edits": each["editors"]}
        for other, each in others.items()
        if other != name
    }
    answers = [*fixed.values(), answer]
    return edit_alike(answers, [*fixed, name], list(answer["editors"]))[-1]


def _agree_on_lost_light(
    answers: list[Answer], members: list[Member], positions: Sequence[int]
) -> None:
    """Let one sky not be white in one photo and pink in the next: most photos decide.

    Where edits of the series stand already, they do.
    """
    voters = [p for p in positions if answers[p].get("edits")] or positions
    votes = [members[p].info.lost_light_is_neutral for p in voters]
    neutral = 2 * sum(votes) > len(votes)
    for p in positions:
        info = replace(members[p].info, lost_light_is_neutral=neutral)
        members[p] = replace(members[p], info=info)
        answers[p]["info"] = {**answers[p]["info"], "lost_light_is_neutral": neutral}


def _edit_group(
    answers: list[Answer],
    members: Sequence[Member],
    positions: Sequence[int],
    editor: str,
    anchors: Collection[int],
) -> None:
    """Solve one series for one editor; the answers' entries are replaced."""
    from sidelight.engines.series import solve_series

    entries = {p: entry for p in positions if (entry := _entry(answers[p], editor)) is not None}
    fixed = {p for p in entries if editor in answers[p].get("edits", {})}
    if len(entries) < 2 or len(fixed) == len(entries):
        return
    usable = list(entries)
    rulers = [p for p in usable if p in anchors] or [p for p in usable if p in fixed]
    recipes = {p: predicted_recipe(entries[p]) for p in usable}
    places = solve_series(
        [members[p] for p in usable],
        list(recipes.values()),
        editor,
        {usable.index(p): recipes[p] for p in rulers},
    )
    sure = [entry.get("confidence") for entry in entries.values()]
    confidence = median([value for value in sure if value is not None] or [0.5])
    for p, place in zip(usable, places, strict=True):
        if p in fixed:
            continue
        if p in rulers:
            mask = entries[p]["mask_exposure_ev"]
            answers[p]["editors"][editor] = {
                **entries[p],
                "terms": load_editor(editor).terms(members[p].info, recipes[p], mask),
                "notes": [*entries[p]["notes"], _rules(len(usable) - 1)],
            }
            continue
        ruler = usable[place.ruler]
        name = members[ruler].name if ruler in rulers else ""
        answers[p]["editors"][editor] = {
            **{key: value for key, value in entries[p].items() if key != "lut"},
            **_placed(members[p].info, recipes[p], place, entries[ruler], editor),
            "reasons": _reasons(place, entries[ruler], len(usable) - 1, Path(name).name),
            "notes": [*entries[p]["notes"], _note(len(usable), Path(name).name)],
            "confidence": confidence,
        }


def _note_failure(answers: Sequence[Answer], editor: str, reason: str) -> None:
    """Say that each photo keeps the edit predicted for it alone."""
    for answer in answers:
        entry = answer["editors"].get(editor, {"error": ""})
        if "error" not in entry:
            note = f"It was edited by itself, not with its series: {reason}."
            answer["editors"][editor] = {**entry, "notes": [*entry["notes"], note]}


def _entry(answer: Answer, editor: str) -> Mapping[str, Any] | None:
    entry = answer.get("edits", {}).get(editor) or answer["editors"].get(editor)
    return None if entry is None or "error" in entry else entry


def _placed(
    info: PhotoInfo, alone: Recipe, place: Place, ruling: Mapping[str, Any], editor: str
) -> dict[str, Any]:
    """Return what of an entry follows from the settings."""
    from sidelight.emulators.guide import exposure_boost

    recipe = place.recipe
    mask = 0.0
    if editor == "darktable":
        if not recipe.hdr.enabled:
            # Read from a sidecar, which is the SDR twin: it does not say how far the other goes.
            recipe = replace(recipe, hdr=alone.hdr)
        if recipe.highlights or recipe.shadows:
            mask = exposure_boost([place.guide_peak], recipe.exposure_ev)
    entry = {
        "recipe": recipe.to_json(),
        "terms": load_editor(editor).terms(info, recipe, mask),
        "mask_exposure_ev": mask,
    }
    return {**entry, "lut": ruling["lut"]} if "lut" in ruling else entry


def _reasons(
    place: Place, ruling: Mapping[str, Any], others: int, ruler: str
) -> list[dict[str, Any]]:
    """Return the reasons of the sliders that are the photo's own, then of the look."""
    from sidelight.engines.series import OWN, reasons_of

    own = [reason_to_json(reason) for reason in reasons_of(place, others)]
    said = {reason["slider"]: reason for reason in ruling.get("reasons", ())}
    look = []
    for item in FIELDS:
        value = getattr(place.recipe, item.name)
        if item.name in OWN or not value:
            continue
        reason = said.get(item.name)
        if reason is None or reason["value"] != value:
            whose = f"that of {ruler}" if ruler else "the same in the whole series"
            text = f"{item.label} {value:+.0f} is {whose}.".replace(" -", " \N{MINUS SIGN}")
            reason = {"slider": item.name, "value": value, "term": "series", "text": text}
        look.append(reason)
    # The largest effect first, as the ruler's reasons are.
    rank = {slider: position for position, slider in enumerate(said)}
    return own + sorted(look, key=lambda reason: rank.get(reason["slider"], len(rank)))


def _rules(others: int) -> str:
    if others == 1:
        return "The other photo of its series follows it."
    return f"The other {others} photos of its series follow it."


def _note(count: int, ruler: str) -> str:
    follows = f" It follows {ruler}." if ruler else ""
    return f"One of a series of {count} photos that are edited alike.{follows}"
