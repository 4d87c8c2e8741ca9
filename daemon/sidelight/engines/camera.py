"""Match the camera: sliders and a curve that look like the JPEG the camera put into its raw file.

Places that both pictures show are compared colour by colour and the settings are solved through
the target editor's emulator, for its SDR rendition: a camera's JPEG says nothing about light above
SDR white.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sidelight.emulators import load_emulator
from sidelight.emulators.base import context_of
from sidelight.engines.base import Prediction
from sidelight.engines.camera_cells import MatchedCells, matched_cells
from sidelight.engines.camera_fit import CameraFit, fit_camera, measured
from sidelight.engines.camera_sentences import camera_notes, camera_reasons
from sidelight.errors import PhotoError
from sidelight.imaging.image import Image
from sidelight.recipe import Hdr, Recipe
from sidelight.recipe.fields import BY_NAME, SLIDERS

LEAST_CELLS = 48
_SOLVED_CELLS = 600
_SDR_WHITES = 100.0  # A camera's JPEG reaches white, which darktable's tone mapper only nears.
_VISIBLE = {"EV": 0.02, "points": 2.0, "mired": 2.0}


class CameraEngine:
    """Matches the camera's own JPEG."""

    name = "camera"

    def predict(
        self, image: Image, editor: str, headroom: float = 2.3, strength: float = 1.0
    ) -> Prediction:
        """Return settings that match the camera; see `Engine.predict`.

        Raises:
            PhotoError: There is no camera's look in the file, or too little to compare.
        """
        cells = _cells(image)
        emulator = load_emulator(editor)
        whites = _SDR_WHITES if emulator.raises_sdr_white else 0.0
        hdr = Hdr(enabled=headroom > 0, headroom=headroom, sdr_whites=whites)
        start = Recipe(hdr=replace(hdr, sdr_whites=whites * strength))
        context = context_of(image, Recipe(hdr=hdr), 0.0)
        found = fit_camera(emulator, context, _thinned(cells))
        recipe = _settled(start.with_vector(found.theta * strength))
        compared = cells.take(~cells.clipped)
        plain = replace(context, hdr=replace(hdr, sdr_whites=0.0))
        before = measured(emulator, plain, compared, start.to_vector())
        # The JPEG is matched by the whole edit, whatever part of it is used.
        after = measured(emulator, context, compared, found.theta)
        return Prediction(
            recipe=recipe,
            reasons=camera_reasons(recipe, before),
            confidence=_confidence(image, cells.share, after, editor),
            notes=camera_notes(image, recipe, editor, cells.share, before, after),
        )


def _cells(image: Image) -> MatchedCells:
    preview = image.preview
    if preview is None:
        raise PhotoError("no JPEG of a camera is embedded in it, so there is no look to match")
    if not preview.from_camera:
        raise PhotoError(f"there is no camera's look to match: {preview.reason}")
    cells = matched_cells(image)
    if cells is None:
        raise PhotoError("its embedded JPEG shows something else than the raw data")
    if np.count_nonzero(~cells.clipped) < LEAST_CELLS:
        raise PhotoError("too little of its embedded JPEG can be compared with the raw data")
    return cells


def _thinned(cells: MatchedCells) -> MatchedCells:
    """Return some of the cells, evenly spread over the frame."""
    last = len(cells.weights) - 1
    return cells.take(np.unique(np.linspace(0, last, _SOLVED_CELLS).round().astype(np.intp)))


def _settled(recipe: Recipe) -> Recipe:
    """Return the recipe on the editors' slider steps, without moves that nobody sees."""
    unseen = {
        name: 0.0 for name in SLIDERS if abs(getattr(recipe, name)) < _VISIBLE[BY_NAME[name].unit]
    }
    return replace(recipe, **unseen).on_slider_steps()  # type: ignore[arg-type]


def _confidence(image: Image, share: float, fit: CameraFit, editor: str) -> float:
    """Return 0..1: how well the JPEG is matched, on how much of the frame."""
    confidence = 0.95 * float(np.exp(-0.1 * fit.delta_e.mean()))
    confidence *= 0.5 + 0.5 * min(2.0 * share, 1.0)
    if image.info.white_balance_source not in ("camera", "none"):
        confidence *= 0.9
    if editor == "lightroom":
        confidence *= 0.85
    return round(float(np.clip(confidence, 0.05, 0.95)), 2)
