"""From a protocol and methods to measured photos.

Training photos are opened first where a method learns; then every measured photo is opened,
rendered by each method and compared, a few at a time, so that no more than those are in memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sidelight.errors import SidelightError
from sidelight.imaging import read_photo
from sidelight.imaging.difference import box_average
from sidelight.imaging.image import Image
from sidelight.learning.evaluation.learned import example_of
from sidelight.learning.evaluation.methods import (
    Example,
    Method,
    Pixels,
    Rendition,
    Subject,
    load_method,
)
from sidelight.learning.evaluation.picture_metrics import (
    compare_pictures,
    tone_curve,
)
from sidelight.learning.evaluation.pictures import pictures_of, small_jpeg
from sidelight.learning.evaluation.protocol import Case, Protocol
from sidelight.learning.evaluation.references import (
    OpenReference,
    open_references,
    reference_recipe,
)
from sidelight.learning.evaluation.rendering import PROXY_PX, check_framing, check_renderer
from sidelight.learning.evaluation.results import Evaluation, Measured, PhotoResult
from sidelight.learning.evaluation.twin_metrics import twin_figures
from sidelight.learning.truth import Truth

PICTURED = 24
"""Most photos whose pictures are kept, spread evenly over the measured ones."""

_AT_ONCE = 4


def load_methods(
    names: Sequence[str], editor: str, *, needed: bool
) -> tuple[tuple[Method, ...], dict[str, str]]:
    """Return methods by name, and those that cannot run with the reason.

    Args:
        names: As in `methods.load_method`.
        editor: Whose settings and rendering.
        needed: Whether one that cannot run is an error.

    Raises:
        SidelightError: A name is unknown or given twice, a needed method cannot run, or the
            editor's renderer is not installed.
    """
    check_renderer(editor)
    methods: list[Method] = []
    not_run = {}
    for name in names:
        try:
            method = load_method(name, editor)
        except SidelightError as error:
            if needed:
                raise
            not_run[name] = str(error)
            continue
        if any(method.name == other.name for other in methods):
            raise SidelightError(f"two methods are called {method.name!r}")
        methods.append(method)
    if not methods:
        raise SidelightError(f"no method can run: {'; '.join(not_run.values())}")
    return tuple(methods), not_run


@dataclass
class _Run:
    protocol: Protocol
    methods: tuple[Method, ...]
    editor: str
    headroom: float
    progress: Callable[[str, float], None]
    pictured: frozenset[str]
    failed: list[tuple[str, str]] = field(default_factory=list)
    not_learned: list[tuple[str, str]] = field(default_factory=list)


def evaluate(
    protocol: Protocol,
    methods: tuple[Method, ...],
    editor: str,
    headroom: float = 2.3,
    not_run: Mapping[str, str] | None = None,
    progress: Callable[[str, float], None] = lambda text, share: None,
) -> Evaluation:
    """Measure methods on the photos of a protocol.

    Args:
        protocol: Photos, references, split, size.
        methods: What to compare.
        editor: Whose settings engines and learners predict.
        headroom: Stops above SDR white that edits are made for.
        not_run: Methods that were left out, for the report.
        progress: Called with what is being done and the share 0..1 that is done.
    """
    started = time.perf_counter()
    cases = {case.name: case for case in protocol.cases}
    tested = [name for fold in protocol.split.folds for name in fold.test]
    step = max(1, -(-len(tested) // PICTURED))
    run = _Run(protocol, methods, editor, headroom, progress, frozenset(tested[::step]))
    examples = _examples(run, cases)
    known = {
        name: tuple(examples[n] for n in fold.train if n in examples)
        for fold in protocol.split.folds
        for name in fold.test
    }
    found: dict[str, PhotoResult] = {}
    for done, names in _chunks(tested):
        progress(", ".join(names), done / len(tested))
        for result in _measure(run, [cases[name] for name in names], known):
            found[result.case.name] = result
    return Evaluation(
        protocol,
        methods,
        dict(not_run or {}),
        editor,
        headroom,
        tuple(found[name] for name in cases if name in found),
        tuple(run.failed),
        tuple(run.not_learned),
        time.perf_counter() - started,
    )


def _chunks(names: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield a few names at a time, with how many went before them."""
    for start in range(0, len(names), _AT_ONCE):
        yield start, names[start : start + _AT_ONCE]


def _examples(run: _Run, cases: Mapping[str, Case]) -> dict[str, Example]:
    if not any(method.learns for method in run.methods):
        return {}
    names = list(dict.fromkeys(name for fold in run.protocol.split.folds for name in fold.train))
    found = {}
    for done, some in _chunks(names):
        run.progress(f"settings of {', '.join(some)}", done / len(names))
        for case, image, reference in _opened(run, [cases[n] for n in some], run.not_learned):
            try:
                recipe = reference_recipe(image, reference, run.editor)
                found[case.name] = example_of(case, recipe, image)
            except SidelightError as error:
                run.not_learned.append((case.name, str(error)))
    return found


def _opened(
    run: _Run, cases: Sequence[Case], failed: list[tuple[str, str]]
) -> list[tuple[Case, Image, OpenReference]]:
    readable, images = [], []
    for case in cases:
        try:
            images.append(read_photo(case.photo, PROXY_PX))
            readable.append(case)
        except SidelightError as error:
            failed.append((case.name, str(error)))
    opened = []
    references = open_references(readable, images, run.editor)
    for case, image, reference in zip(readable, images, references, strict=True):
        if isinstance(reference, str):
            failed.append((case.name, reference))
        else:
            opened.append((case, image, reference))
    return opened


def _measure(
    run: _Run, cases: Sequence[Case], examples: Mapping[str, tuple[Example, ...]]
) -> Iterator[PhotoResult]:
    opened = _opened(run, cases, run.failed)
    subjects = [
        Subject(
            case,
            image,
            examples[case.name],
            run.headroom,
            case.truth is not None and run.headroom > 0,
        )
        for case, image, _ in opened
    ]
    answers = {method.name: method.render(subjects) for method in run.methods}
    for index, (case, image, reference) in enumerate(opened):
        size = run.protocol.long_side(reference.rgb.shape)
        wanted = box_average(reference.rgb, size)
        scene = box_average(image.rgb, size)
        itself = compare_pictures(wanted, wanted, scene, image.clipped)
        results: dict[str, Measured | str] = {}
        for method in run.methods:
            answer = answers[method.name][index]
            results[method.name] = (
                answer
                if isinstance(answer, str)
                else _measured(run, case, image, answer, wanted, scene, size)
            )
        keep = case.name in run.pictured
        yield PhotoResult(
            case,
            results,
            reference.recipe,
            reference.note,
            tone_curve(scene, wanted)[0],
            itself.neutral,
            small_jpeg(image.rgb) if keep else None,
            small_jpeg(reference.rgb) if keep else None,
        )


def _measured(
    run: _Run,
    case: Case,
    image: Image,
    rendition: Rendition,
    wanted: Pixels,
    scene: Pixels,
    size: int,
) -> Measured | str:
    try:
        check_framing(rendition.sdr, wanted)
    except SidelightError as error:
        return str(error)
    compared = compare_pictures(box_average(rendition.sdr, size), wanted, scene, image.clipped)
    figures = compared.figures
    if rendition.hdr is not None and case.truth is not None:
        truth = Truth.load(case.truth)
        figures = figures | twin_figures(
            case, run.editor, truth, rendition.sdr, rendition.hdr, run.headroom
        )
    keep = case.name in run.pictured
    return Measured(
        figures,
        rendition.recipe,
        rendition.note,
        compared.curve,
        compared.neutral,
        pictures_of(rendition, run.headroom) if keep else None,
    )
