"""What a run measured: values from one method on one photo up to all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sidelight.learning.evaluation.methods import Method
from sidelight.learning.evaluation.picture_metrics import angle_deg
from sidelight.learning.evaluation.protocol import Case, Protocol
from sidelight.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Pictures:
    """JPEGs of one rendition for the report.

    Attributes:
        sdr: The SDR rendition.
        hdr_dark: The HDR rendition darkened by the headroom, None without.
        above_white: Where the HDR rendition is above SDR white: black at white, white at the
            headroom's limit, logarithmic.
    """

    sdr: bytes
    hdr_dark: bytes | None = None
    above_white: bytes | None = None


@dataclass(frozen=True, eq=False)
class Measured:
    """One method on one photo.

    Attributes:
        figures: By metric name.
        recipe: Settings behind it, or None.
        note: Or empty.
        curve: (64,) tone curve.
        neutral: (3,) or None.
        pictures: None where none are kept.
    """

    figures: dict[str, float]
    recipe: Recipe | None
    note: str
    curve: NDArray[np.float64]
    neutral: NDArray[np.float64] | None
    pictures: Pictures | None = None


@dataclass(frozen=True, eq=False)
class PhotoResult:
    """One photo of a protocol, measured.

    Attributes:
        case: The photo.
        methods: By method name: what was measured, or the sentence why nothing was.
        reference_recipe: The reference's own settings, where known.
        reference_note: Or empty.
        reference_curve: (64,) tone curve.
        reference_neutral: (3,) or None.
        before, reference: JPEGs of the input and the reference, None where none are kept.
    """

    case: Case
    methods: dict[str, Measured | str]
    reference_recipe: Recipe | None
    reference_note: str
    reference_curve: NDArray[np.float64]
    reference_neutral: NDArray[np.float64] | None
    before: bytes | None = None
    reference: bytes | None = None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """All that was measured in one run.

    Attributes:
        protocol: What was evaluated.
        methods: Those that ran.
        not_run: Method name → the sentence why it did not run.
        editor: Whose settings engines and learners predicted.
        headroom: Stops above SDR white that edits were made for.
        photos: In the protocol's order.
        failed: Photos that could not be measured at all, each with the reason.
        not_learned: Training photos whose settings could not be had, each with the reason.
        seconds: How long it took.
    """

    protocol: Protocol
    methods: tuple[Method, ...]
    not_run: dict[str, str]
    editor: str
    headroom: float
    photos: tuple[PhotoResult, ...]
    failed: tuple[tuple[str, str], ...] = ()
    not_learned: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0


def shoot_consistency(
    photos: Sequence[PhotoResult], method: str | None
) -> tuple[float, int] | None:
    """Return the white-balance consistency of a method, and of how many shoots.

    Per shoot of two photos or more: the mean angle, in degrees, between each photo's neutral and
    the shoot's mean neutral; then the mean over shoots. None without such shoots.

    Args:
        photos: The measured photos.
        method: Its name; None for the reference.
    """
    shoots: dict[str, list[NDArray[np.float64]]] = {}
    for photo in photos:
        result = None if method is None else photo.methods[method]
        neutral = photo.reference_neutral
        if method is not None:
            neutral = result.neutral if isinstance(result, Measured) else None
        if neutral is not None:
            shoots.setdefault(photo.case.scene, []).append(neutral / np.linalg.norm(neutral))
    means = [
        float(np.mean([angle_deg(one, np.mean(some, axis=0)) for one in some]))
        for some in shoots.values()
        if len(some) > 1
    ]
    return (float(np.mean(means)), len(means)) if means else None
