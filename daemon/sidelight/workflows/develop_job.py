"""A photo that somebody queued: what a worker process does for it and what is written then."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol

from sidelight.editors.base import Store
from sidelight.errors import SidelightError
from sidelight.jobs.model import Job
from sidelight.recipe.model import SCHEMA
from sidelight.state.series import SeriesPhoto, SeriesPhotos
from sidelight.state.values import path_to_text, to_json, to_text
from sidelight.state.waiting import WaitingRecipes
from sidelight.workflows.deliver import Delivery, deliver, edits_in_place
from sidelight.workflows.predict import (
    Settings,
    predict_image,
    predicted_info,
    read_image,
)
from sidelight.workflows.result import Result
from sidelight.workflows.series import summary

INSIDE = "inside"
"""Option: the watched folder that the photo must lie in, absolute; absent for any photo."""

SERIES_S = 600.0
"""Photos taken within this time of one another may be of one series."""

MOST_NEIGHBOURS = 8
"""Photos that a new one is compared with."""


@dataclass(frozen=True)
class HandlerContext:
    """What a handler may use, all from the service process.

    Attributes:
        first_versions: Keeps sidecars as they were; an open store saves opening it each time.
        waiting: Where recipes wait for an editor's plug-in.
        holders: Editors whose catalog holds a photo, with a sentence each.
        series: Photos that later ones may follow, or None when each is edited by itself.
    """

    first_versions: Store
    waiting: WaitingRecipes
    holders: Callable[[Path], Mapping[str, str]]
    series: SeriesPhotos | None = None


@dataclass(frozen=True)
class Finished:
    """How a job ended.

    Attributes:
        result: Plain JSON values to be stored with the job.
        reason: One sentence, or empty.
        retry: Whether the job should be tried again later.
    """

    result: dict[str, Any]
    reason: str = ""
    retry: bool = False


class Handler(Protocol):
    """What the queue needs to know of one kind of job."""

    work: ClassVar[str]
    """"module:function" of (photo, options) for a worker process, answering plain JSON values."""

    join: ClassVar[str]
    """The same of (photo's name, answer, what `near` returned), for the answer that fits."""

    def key(self, sha256: str, options: Mapping[str, Any]) -> str:
        """Return one name for content, engine and settings; jobs of one key share the work.

        Raises:
            SidelightError: The options are unusable.
        """
        ...

    def before(self, job: Job, context: HandlerContext) -> dict[str, Any] | None:
        """Return a result that needs no work, or None."""
        ...

    def near(
        self, job: Job, answer: dict[str, Any], context: HandlerContext
    ) -> dict[str, dict[str, Any]]:
        """Return answers given before that this one should fit, by the photos' names.

        No other job of the folder is between this and the end of `finish`.
        """
        ...

    def finish(self, job: Job, answer: dict[str, Any], context: HandlerContext) -> Finished:
        """Do something with the work's answer."""
        ...


class DevelopJob:
    """Predicts a photo's edit and writes its sidecars.

    Options: those of `Settings.to_json`, `overwrite`, and `inside`. Methods raise SidelightError
    for others.
    """

    work: ClassVar[str] = "sidelight.workflows.develop_job:work"
    join: ClassVar[str] = "sidelight.workflows.series:follow"

    def key(self, sha256: str, options: Mapping[str, Any]) -> str:
        """Return one name for content and settings, whatever is done with the answer."""
        asked = {**Settings.from_json(options).to_json(), "schema": SCHEMA, "sha256": sha256}
        text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def before(self, job: Job, context: HandlerContext) -> dict[str, Any] | None:
        """Return the result when no editor needs a prediction: edits to keep, no sidecar."""
        settings = Settings.from_json(job.options)
        found = edits_in_place(job.photo, settings, _delivery(job, context))
        # What may pass by itself, and what a plug-in may apply, is for `finish`.
        held = context.holders(job.photo)
        if any(name not in found or found[name].retry for name in settings.editors):
            return None
        if any(name in held and found[name].status != "kept" for name in settings.editors):
            return None
        return {"results": [_stored(found[name]) for name in settings.editors]}

    def near(
        self, job: Job, answer: dict[str, Any], context: HandlerContext
    ) -> dict[str, dict[str, Any]]:
        """Return what was done in the folder for photos taken about the same time."""
        own = _series_photo(job, answer)
        if own is None or context.series is None:
            return {}
        found = context.series.near(own, SERIES_S, MOST_NEIGHBOURS)
        return {path_to_text(each.photo): each.answer for each in found if each.answer}

    def finish(self, job: Job, answer: dict[str, Any], context: HandlerContext) -> Finished:
        """Write the sidecars; a recipe that cannot become one waits."""
        own = _series_photo(job, answer)
        if own is not None and context.series is not None:
            # Before the sidecar: whoever does this again after a crash gets the same answer.
            context.series.put(own)
        answer = {name: value for name, value in answer.items() if name != "series"}
        settings = Settings.from_json(job.options)
        delivery = _delivery(job, context)
        held = context.holders(job.photo)
        kept = _kept(job.photo, settings, delivery, held)
        wanted = tuple(name for name in settings.editors if name not in kept)
        results = kept
        if wanted:
            rest = replace(settings, editors=wanted)
            delivered = deliver(job.photo, answer, rest, delivery, held=held)
            results = kept | {result.editor: result for result in delivered}
        for result in results.values():
            if result.status == "waiting":
                entry = answer["editors"][result.editor]
                context.waiting.put(job.photo, result.editor, entry, result.reason, job.batch)
        ordered = [results[name] for name in settings.editors]
        if own is not None and context.series is not None and not _has_edit(ordered):
            context.series.forget(own.photo)
        stored = {"results": [_stored(result) for result in ordered], "prediction": answer}
        return Finished(stored, _reason(ordered), any(result.retry for result in ordered))


def work(photo: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Decode and predict, in a worker process; as `predict_photo`, and how its series sees it."""
    started = time.perf_counter()
    image = read_image(photo, _inside(options))
    predicted = predict_image(image, Settings.from_json(options), started)
    return {**predicted, "series": summary(image)}


def _series_photo(job: Job, answer: dict[str, Any]) -> SeriesPhoto | None:
    """Return a photo of a watched place as later ones may follow it, None where they may not."""
    if job.root is None or "series" not in answer:
        return None
    info = predicted_info(answer, job.photo)
    if info.captured_s is None:
        return None
    asked = {**Settings.from_json(job.options).to_json(), "camera": [info.make, info.model]}
    entries = {name: each for name, each in answer["editors"].items() if "error" not in each}
    kept = {"info": answer["info"], "series": answer["series"], "editors": entries}
    return SeriesPhoto(job.photo, to_json(asked), info.captured_s, kept)


def _has_edit(results: list[Result]) -> bool:
    return any(result.status in ("written", "waiting") for result in results)


def _delivery(job: Job, context: HandlerContext) -> Delivery:
    return Delivery(
        context.first_versions,
        job.batch,
        overwrite=bool(job.options.get("overwrite", False)),
        may_wait=True,
        inside=_inside(job.options),
    )


def _inside(options: Mapping[str, Any]) -> Path | None:
    folder = options.get(INSIDE)
    if folder is None:
        return None
    if not isinstance(folder, str):
        raise SidelightError(f"{INSIDE} is the path of a folder")
    return Path(folder)


def _kept(
    photo: Path, settings: Settings, delivery: Delivery, held: Mapping[str, str]
) -> dict[str, Result]:
    """Return the editors that hold both the photo and an edit in its sidecar: no recipe waits."""
    both = tuple(name for name in settings.editors if name in held)
    if not both:
        return {}
    found = edits_in_place(photo, replace(settings, editors=both), delivery)
    return {name: result for name, result in found.items() if result.status == "kept"}


def _stored(result: Result) -> dict[str, Any]:
    """Return a result as it is kept with the job: names in it are display text."""
    return {
        **result.to_json(),
        "photo": path_to_text(result.photo),
        "sidecar": None if result.sidecar is None else path_to_text(result.sidecar),
        "reason": to_text(result.reason),
    }


def _reason(results: list[Result]) -> str:
    failed = [result for result in results if result.status == "error"]
    return "; ".join(dict.fromkeys(f"{item.editor}: {item.reason}" for item in failed))
