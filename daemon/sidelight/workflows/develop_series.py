"""Photos developed as series: what may belong together is predicted, solved, then written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sidelight.editors import load_editor
from sidelight.errors import SidelightError
from sidelight.workflows.deliver import edits_in_place
from sidelight.workflows.develop import Options, failed, write_predicted
from sidelight.workflows.pool import in_processes
from sidelight.workflows.predict import Settings, predict_image, predicted_info, read_image
from sidelight.workflows.result import Result, sentence
from sidelight.workflows.series import Answer, edit_alike, edits_that_stay, summary
from sidelight_xmp.first_versions import opened

Call = tuple[Path, Options, str]
"""A photo, how it is developed, and the stem of its previews."""

LONGEST_GAP_S = 120.0
"""Photos further apart in time are of different series, so that what is known may be written."""

ANCHOR = "it rules its series, so its edit stays"


def develop_series(
    calls: Sequence[Call], workers: int, predicted: Callable[[Path], None]
) -> Iterator[list[Result]]:
    """Develop photos, one list of results for each, in their order.

    Args:
        calls: The photos.
        workers: Processes at once; one works in this process.
        predicted: Called with each photo as it is predicted.
    """
    # Previews are rendered in processes of their own, which are not started for every few photos.
    once = workers > 1 and any(options.preview for _, options, _ in calls)
    pending: list[tuple[Call, dict[str, Any]]] = []
    latest: float | None = None
    for call, half in zip(calls, _each(_predict, calls, workers, _no_prediction), strict=True):
        predicted(call[0])
        taken = _captured_s(call[0], half)
        if taken is not None and latest is not None and taken - latest > LONGEST_GAP_S and not once:
            yield from _finish(pending, workers)
            pending, latest = [], None
        pending.append((call, half))
        if taken is not None:
            latest = taken if latest is None else max(latest, taken)
    yield from _finish(pending, workers)


def _captured_s(photo: Path, half: dict[str, Any]) -> float | None:
    return predicted_info(half["answer"], photo).captured_s if half["answer"] else None


def _finish(pending: Sequence[tuple[Call, dict[str, Any]]], workers: int) -> Iterator[list[Result]]:
    """Solve the series among photos, write their edits, and return the results in order."""
    calls, halves = [call for call, _ in pending], [half for _, half in pending]
    # Edits that stay rule photos beside them; elsewhere nobody needs to see them.
    busy = {call[0].parent for call, half in pending if half["answer"]}
    kept = [
        number
        for number, (call, half) in enumerate(pending)
        if call[0].parent in busy and not half["answer"] and _is_kept(half)
    ]
    seen = _each(_see, [calls[number] for number in kept], workers, _no_prediction)
    for number, half in zip(kept, seen, strict=True):
        halves[number]["answer"] = half["answer"]
    _solve(calls, halves)
    finished = [(*call, half) for call, half in zip(calls, halves, strict=True)]
    # Only previews take long enough for processes of their own.
    renders = workers if any(options.preview for _, options, _ in calls) else 1
    for results in _each(_write, finished, renders, lambda call, why: failed(call[:3], why)):
        yield [Result.from_plain(result) for result in results]


def _each(
    function: Callable[..., Any],
    calls: Sequence[tuple[Any, ...]],
    workers: int,
    failed: Callable[[Any, str], Any],
) -> Iterator[Any]:
    if workers > 1 and len(calls) > 1:
        yield from in_processes(function, calls, workers, failed)
    else:
        for call in calls:
            yield function(*call)


def _predict(photo: Path, options: Options, stem: str) -> dict[str, Any]:
    """Return what is known of a photo before its series is: `results` and, or None, `answer`."""
    started = time.perf_counter()
    settings = options.settings
    with opened(options.first_versions) as store:
        results = edits_in_place(photo, settings, replace(options.delivery, first_versions=store))
        if photo in options.anchors:
            results |= _anchored(photo, settings, store)
    waiting = tuple(name for name in settings.editors if name not in results)
    answer = None
    if waiting:
        try:
            answer = _answer(photo, results, replace(settings, editors=waiting), started)
        except Exception as error:  # one photo's failure, foreseen or not, ends that photo only
            seconds = time.perf_counter() - started
            results |= {
                name: Result(photo, name, "error", sentence(error), seconds=seconds)
                for name in waiting
            }
    plain = {name: result.to_plain() for name, result in results.items()}
    return {"results": plain, "answer": answer}


def _anchored(photo: Path, settings: Settings, store: Any) -> dict[str, Result]:
    """Return the editors that hold an edit of an anchor, whoever made it."""
    found = {}
    for name in settings.editors:
        try:
            edit = load_editor(name).edit(photo, store)
        except SidelightError:
            continue  # said by `edits_in_place`
        if edit.state != "none":
            found[name] = Result(photo, name, "kept", ANCHOR, edit.sidecar)
    return found


def _see(photo: Path, options: Options, stem: str) -> dict[str, Any]:
    """Return the answer of a photo whose edits stay."""
    settings = options.settings
    kept = {name: Result(photo, name, "kept") for name in settings.editors}
    try:
        return {"answer": _answer(photo, kept, None)}
    except Exception:  # it only does not rule; its own results are known
        return {"answer": None}


def _answer(
    photo: Path, results: dict[str, Result], wanted: Settings | None, started: float | None = None
) -> Answer:
    image = read_image(photo)
    answer: Answer = {"info": image.info.to_json(), "editors": {}}
    if wanted is not None:
        answer = predict_image(image, wanted, started)
    kept = [name for name, result in results.items() if result.status == "kept"]
    return {**answer, "series": summary(image), "edits": edits_that_stay(image.info, kept)}


def _no_prediction(call: Call, reason: str) -> dict[str, Any]:
    results = {result["editor"]: result for result in failed(call, reason)}
    return {"results": results, "answer": None}


def _is_kept(half: dict[str, Any]) -> bool:
    return any(result["status"] == "kept" for result in half["results"].values())


def _solve(calls: Sequence[Call], halves: Sequence[dict[str, Any]]) -> None:
    """Replace the answers by those that fit their series."""
    known = [number for number, half in enumerate(halves) if half["answer"]]
    if not known:
        return
    options = calls[0][1]
    solved = edit_alike(
        [halves[number]["answer"] for number in known],
        [str(calls[number][0]) for number in known],
        options.editors,
        {at for at, number in enumerate(known) if calls[number][0] in options.anchors},
    )
    for number, answer in zip(known, solved, strict=True):
        halves[number]["answer"] = answer


def _write(photo: Path, options: Options, stem: str, half: dict[str, Any]) -> list[dict[str, Any]]:
    results = {name: Result.from_plain(plain) for name, plain in half["results"].items()}
    if half["answer"] is None and any(result.status == "error" for result in results.values()):
        return [results[name].to_plain() for name in options.editors]
    answer = half["answer"] or {"editors": {}}
    with opened(options.first_versions) as store:
        delivery = replace(options.delivery, first_versions=store)
        done = write_predicted(
            photo, options, delivery, stem, results, answer, lambda: read_image(photo)
        )
    return [result.to_plain() for result in done]
