"""A pair of pictures → the Recipe that turns one into the other → its sidecar, if asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidelight.errors import PhotoError
from sidelight.workflows.develop import new_batch
from sidelight.workflows.predict import PROXY_PX, mask_exposure_ev
from sidelight.workflows.result import sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sidelight.imaging.image import Image
    from sidelight.recipe import Recipe

SAME_SHAPE = 0.02
"""Largest relative difference of the two pictures' proportions."""


@dataclass(frozen=True)
class FitReport:
    """What a fit found.

    Attributes:
        before, after: The two pictures.
        editor: Whose settings.
        status: `"fitted"` without a sidecar, otherwise as for any written photo.
        reason: One sentence or empty.
        sidecar: The file written or found.
        recipe: The settings, None when the fit failed.
        sliders: Each setting that is not zero: `slider`, `label`, `value`, `uncertainty`, `unit`.
        psnr_db, psnr_sliders_db: Match on held-back pixels, with and without the curve.
    """

    before: Path
    after: Path
    editor: str
    status: str
    reason: str = ""
    sidecar: Path | None = None
    recipe: dict[str, Any] | None = None
    sliders: tuple[dict[str, Any], ...] = ()
    psnr_db: float | None = None
    psnr_sliders_db: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "before": str(self.before),
            "after": str(self.after),
            "editor": self.editor,
            "status": self.status,
            "reason": self.reason,
            "sidecar": None if self.sidecar is None else str(self.sidecar),
            "recipe": self.recipe,
            "sliders": list(self.sliders),
            "psnr_db": self.psnr_db,
            "psnr_sliders_db": self.psnr_sliders_db,
        }


def fit_pair(
    before: Path,
    after: Path,
    editor: str,
    *,
    first_versions: Path | None = None,
    overwrite: bool = False,
) -> FitReport:
    """Find an editor's settings that make `after` of `before`.

    Args:
        before: A photo, raw or rendered.
        after: A finished picture of the same framing.
        editor: The editor the settings are for.
        first_versions: Where sidecars are kept as they were; None writes no sidecar.
        overwrite: Replace an edit that is not ours.
    """
    try:
        return _fit_pair(before, after, editor, first_versions, overwrite)
    except Exception as error:  # the answer is a report, whatever went wrong
        return FitReport(before, after, editor, "error", sentence(error))


def _fit_pair(
    before: Path, after: Path, editor: str, first_versions: Path | None, overwrite: bool
) -> FitReport:
    from sidelight.editors import load_editor
    from sidelight.editors.base import Order
    from sidelight.emulators import load_emulator
    from sidelight.emulators.fit import fit_pair as fit
    from sidelight.imaging import read_photo

    target = read_photo(after, size_px=PROXY_PX)
    image = read_photo(before, size_px=max(target.rgb.shape[:2]))
    if target.info.is_raw:
        raise PhotoError("AFTER is a raw file; it takes a finished picture")
    found = fit(image, same_size(target, image), load_emulator(editor))
    report = FitReport(
        before,
        after,
        editor,
        "fitted",
        recipe=found.recipe.to_json(),
        sliders=_sliders(found.recipe, found.uncertainty),
        psnr_db=round(found.psnr_db, 2),
        psnr_sliders_db=round(found.psnr_sliders_db, 2),
    )
    if first_versions is None:
        return report
    mask = mask_exposure_ev(image, found.recipe, editor)
    order = Order(first_versions, new_batch(), overwrite, mask_exposure_ev=mask)
    outcome = load_editor(editor).write(image.info, found.recipe, order)
    return replace(report, status=outcome.status, reason=outcome.reason, sidecar=outcome.sidecar)


def same_size(target: Image, image: Image) -> NDArray[np.float32]:
    """Return the target's pixels on the image's grid, box-averaged or interpolated in light."""
    import numpy as np
    from PIL import Image as Pillow

    height, width = image.rgb.shape[:2]
    rows, columns = target.rgb.shape[:2]
    if abs(columns * height / (rows * width) - 1) > SAME_SHAPE:
        raise PhotoError("the two pictures do not show the same framing")
    if (rows, columns) == (height, width):
        return target.rgb
    planes = [
        Pillow.fromarray(np.ascontiguousarray(target.rgb[..., channel])).resize(
            (width, height), Pillow.Resampling.BILINEAR
        )
        for channel in range(3)
    ]
    return np.stack([np.asarray(plane, dtype=np.float32) for plane in planes], axis=-1)


def _sliders(recipe: Recipe, uncertainty: dict[str, float]) -> tuple[dict[str, Any], ...]:
    from sidelight.recipe.fields import FIELDS

    return tuple(
        {
            "slider": field.name,
            "label": field.label,
            "value": round(getattr(recipe, field.name), 3),
            "uncertainty": round(uncertainty[field.name], 3) if field.name in uncertainty else None,
            "unit": field.unit,
        }
        for field in FIELDS
        if getattr(recipe, field.name)
    )
