"""Baselines that look at one photo and learn nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sidelight.errors import ToolError
from sidelight.imaging.darktable_cli import darktable_cli
from sidelight.imaging.difference import box_average
from sidelight.learning.darktable_render import default_sidecar
from sidelight.learning.evaluation.engine_method import render_predictions
from sidelight.learning.evaluation.methods import Answer, Rendition, Subject
from sidelight.learning.evaluation.references import preview_pixels
from sidelight.learning.evaluation.rendering import (
    LABELS,
    PROXY_PX,
    SidecarRender,
    render_sidecars,
)
from sidelight.learning.rawtherapee_render import auto_matched_profile, render_rawtherapee
from sidelight.recipe import Recipe

_RENDERED = "the photo is a finished picture, not a RAW"


class Identity:
    """No edit."""

    name = "identity"
    label = "No edit"
    learns = False

    def __init__(self, editor: str) -> None:
        self._editor = editor
        self.sentence = (
            f"The default rendering of {LABELS[editor]}, every slider at zero; a JPEG or TIFF as "
            "it is."
        )

    def render(self, subjects: Sequence[Subject]) -> list[Answer]:
        """Return each photo with a zero Recipe."""
        raws = [subject for subject in subjects if subject.image.info.is_raw]
        rendered = iter(render_predictions(raws, lambda subject: Recipe(), self._editor))
        return [
            next(rendered)
            if subject.image.info.is_raw
            else Rendition(subject.image.rgb, recipe=Recipe())
            for subject in subjects
        ]


class CameraJpeg:
    """The JPEG inside the RAW."""

    name = "camera-jpeg"
    label = "Camera JPEG"
    sentence = "The JPEG embedded in the RAW; one that no camera made is left out."
    learns = False

    def __init__(self, editor: str) -> None:
        pass

    def render(self, subjects: Sequence[Subject]) -> list[Answer]:
        """Return each photo's embedded JPEG."""
        return [_preview(subject) for subject in subjects]


def _preview(subject: Subject) -> Answer:
    if subject.case.reference.kind == "preview":
        return "it is the reference itself"
    pixels = preview_pixels(subject.image)
    if pixels is None or subject.image.preview is None:
        return "the photo holds no JPEG"
    if not subject.image.preview.from_camera:
        return subject.image.preview.reason
    return Rendition(pixels)


class DarktableDefault:
    """What darktable shows before anybody edits."""

    name = "darktable-default"
    label = "darktable's default"
    sentence = (
        "darktable-cli: temperature as shot, highlights by opposed inpainting, exposure +0.7 EV, "
        "sigmoid of contrast 1.5; its HDR rendition with the white target at the headroom."
    )
    learns = False

    def __init__(self, editor: str) -> None:
        darktable_cli()

    def render(self, subjects: Sequence[Subject]) -> list[Answer]:
        """Return darktable's default rendition of each RAW."""
        answers: list[Answer] = [_RENDERED] * len(subjects)
        raws = [i for i, subject in enumerate(subjects) if subject.image.info.is_raw]
        for index, sdr in zip(raws, self._rendered(subjects, raws, hdr=False), strict=True):
            answers[index] = sdr if isinstance(sdr, str) else Rendition(sdr[0])
        bright = [i for i in raws if subjects[i].wants_hdr]
        for index, hdr in zip(bright, self._rendered(subjects, bright, hdr=True), strict=True):
            answer = answers[index]
            if isinstance(answer, Rendition) and not isinstance(hdr, str):
                answers[index] = Rendition(answer.sdr, hdr[0])
        return answers

    def _rendered(
        self, subjects: Sequence[Subject], which: Sequence[int], *, hdr: bool
    ) -> list[SidecarRender | str]:
        jobs = []
        for index in which:
            info = subjects[index].image.info
            level = subjects[index].headroom if hdr else 0.0
            jobs.append((info.path, default_sidecar(info.white_balance.multipliers(), level)))
        return render_sidecars(jobs)


class RawTherapeeAuto:
    """RawTherapee's tone curve matched to the camera's JPEG."""

    name = "rawtherapee-auto"
    label = "RawTherapee's auto-matched curve"
    sentence = (
        "rawtherapee-cli with its profile 'Auto-Matched Curve - ISO Low', which fits a tone curve "
        "to the embedded JPEG."
    )
    learns = False

    def __init__(self, editor: str) -> None:
        auto_matched_profile()

    def render(self, subjects: Sequence[Subject]) -> list[Answer]:
        """Return RawTherapee's rendition of each RAW."""
        answers: list[Answer] = [_RENDERED] * len(subjects)
        raws = [i for i, subject in enumerate(subjects) if subject.image.info.is_raw]
        photos = [subjects[index].case.photo for index in raws]
        for index, answer in zip(raws, _rawtherapee(photos), strict=True):
            answers[index] = answer
        return answers


def _rawtherapee(photos: Sequence[Path]) -> list[Answer]:
    try:
        return [Rendition(box_average(rgb, PROXY_PX)) for rgb in render_rawtherapee(photos)]
    except ToolError as error:
        # One photo that fails takes the others of its run with it.
        if len(photos) == 1:
            return [str(error)]
        return [_rawtherapee([photo])[0] for photo in photos]
