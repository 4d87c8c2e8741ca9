"""Shoots by capture time, and splits that keep the photos of a scene on one side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from sidelight.errors import SidelightError
from sidelight.learning.evaluation.protocol import Case, Fold, Split

SHOOT_GAP_S = 3600.0
"""Photos of one folder taken within this time of one another belong to one shoot."""

SPLITS: dict[str, str] = {
    "scenes": "Each scene is measured once; all the others may be learned from.",
    "folds": "Five folds of whole scenes, drawn with the seed; each is measured once and the "
    "other four may be learned from.",
    "tenth": "Whole scenes, drawn with the seed until they hold a tenth of the photos, are "
    "measured; the others may be learned from.",
    "lists": "The names in test.txt are measured, those in train.txt may be learned from, as "
    "published with the photos or written by whoever evaluates.",
}

_FOLDS = 5
_MANY_SCENES = 30


def shoots(captured: Mapping[Path, str], gap_s: float = SHOOT_GAP_S) -> dict[Path, str]:
    """Return the shoot of each photo.

    Args:
        captured: EXIF time of each photo, `"YYYY:MM:DD HH:MM:SS"`; those of a folder that have
            none count as one shoot.
        gap_s: A longer pause begins a new shoot.
    """
    found: dict[Path, str] = {}
    times = {path: _seconds(text) for path, text in captured.items()}
    for folder in sorted({path.parent for path in captured}):
        mine = [path for path in captured if path.parent == folder]
        timed = sorted((time, path) for path in mine if (time := times[path]) is not None)
        label, last = "", -np.inf
        for time, path in timed:
            if time - last > gap_s:
                label = f"{folder.name} {captured[path]}".strip()
            found[path], last = label, time
        found |= {path: f"{folder.name} (no time)" for path in mine if times[path] is None}
    return found


def make_split(name: str, cases: Sequence[Case], seed: int, folder: Path | None = None) -> Split:
    """Divide photos.

    Args:
        name: As in `SPLITS`; empty takes the lists where they are there, otherwise scenes one by
            one, or five folds where there are more than 30 scenes.
        cases: The photos.
        seed: Of the draw.
        folder: Where `train.txt` and `test.txt` are.

    Raises:
        SidelightError: There is no split of that name, or its lists cannot be used.
    """
    scenes = sorted({case.scene for case in cases})
    if not name:
        has_lists = folder is not None and (folder / "test.txt").is_file()
        name = "lists" if has_lists else "folds" if len(scenes) > _MANY_SCENES else "scenes"
    if name not in SPLITS:
        raise SidelightError(f"there is no split {name!r}; there are: {', '.join(SPLITS)}")
    drawn = None if name in ("scenes", "lists") else seed
    if name == "lists":
        folds: tuple[Fold, ...] = (_lists(cases, folder),)
    elif name == "scenes":
        folds = tuple(_fold(cases, {scene}) for scene in scenes)
    else:
        order = np.random.default_rng(seed).permutation(scenes).tolist()
        if name == "folds":
            parts = [set(order[start::_FOLDS]) for start in range(min(_FOLDS, len(order)))]
            folds = tuple(_fold(cases, part) for part in parts)
        else:
            folds = (_fold(cases, _share(cases, order, 0.1)),)
    return Split(name, SPLITS[name], drawn, folds)


def _share(cases: Sequence[Case], order: Sequence[str], share: float) -> set[str]:
    chosen: set[str] = set()
    for scene in order:
        if chosen and sum(case.scene in chosen for case in cases) >= share * len(cases):
            break
        chosen.add(scene)
    return chosen


def _fold(cases: Sequence[Case], measured: set[str]) -> Fold:
    return Fold(
        tuple(case.name for case in cases if case.scene not in measured),
        tuple(case.name for case in cases if case.scene in measured),
    )


def _lists(cases: Sequence[Case], folder: Path | None) -> Fold:
    if folder is None or not (folder / "test.txt").is_file():
        raise SidelightError("the split 'lists' needs test.txt, and train.txt, beside the photos")
    train, test = (_named(cases, folder / f"{part}.txt") for part in ("train", "test"))
    if not test:
        raise SidelightError("test.txt names none of the photos that have a reference")
    if both := sorted(set(train) & set(test)):
        raise SidelightError(f"train.txt and test.txt both name {both[0]}")
    return Fold(train, test)


def _named(cases: Sequence[Case], path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    lines = {line.strip() for line in path.read_text(encoding="utf-8").splitlines()}
    return tuple(c.name for c in cases if lines & {c.name, c.photo.name, c.photo.stem})


def _seconds(text: str) -> float | None:
    try:
        return datetime.strptime(text, "%Y:%m:%d %H:%M:%S").timestamp()
    except ValueError:
        return None
