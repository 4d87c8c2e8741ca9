"""The protocol of the virtual test set: the camera's JPEG, and the true radiance, as references."""

from __future__ import annotations

from sidelight.errors import SidelightError
from sidelight.learning.evaluation.protocol import Case, Protocol, Reference, Request
from sidelight.learning.evaluation.splits import make_split
from sidelight.learning.test_set import TEST_SET
from sidelight.learning.test_set import build as build_set

SIZE_PX = 512


def build(request: Request) -> Protocol:
    """Return the virtual photos, built into the cache folder, divided by scene.

    Raises:
        SidelightError: The radiance maps are not there, or OpenEXR is not installed.
    """
    if request.cache is None:
        raise SidelightError("the virtual photos need a folder to be built in")
    data = request.folders[0] if request.folders else None
    only = [p.name for p in TEST_SET if {p.name, f"{p.name}.dng"} & request.only]
    built = build_set(
        request.cache,
        data,
        only=only if request.only else None,
        progress=lambda photo: request.progress(photo.name),
    )
    cases = [
        Case(
            item.raw.name,
            item.raw,
            Reference("preview", item.raw),
            item.photo.scene,
            item.truth_path,
            item.photo.row,
        )
        for item in built
    ]
    return Protocol(
        name="virtual",
        title="Virtual photos against the camera's JPEG and the true radiance",
        sentences=(
            "The SDR rendition is compared with the JPEG of the virtual camera, whose look is in "
            "no emulator; it is one look among many, so distance from it is not badness.",
            "Where a method has an HDR rendition, both are judged by the true radiance: the "
            "reference rendition of ITU-R BT.2100 contrast with a shoulder, anchored at the "
            "method's own mid-tones.",
            "Photos of one radiance map are one scene.",
        ),
        cases=tuple(cases),
        split=make_split(request.split, cases, request.seed),
        size_px=request.size_px or SIZE_PX,
    )
