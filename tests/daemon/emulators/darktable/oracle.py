"""A chart of known colours, and what darktable 4.2.1 makes of it: live or recorded.

The chart is a Bayer DNG whose camera is Rec.2020 itself, so balanced camera RGB is working RGB
and every patch is known exactly. `renders.json` beside this file holds what the program made of
`cases`, so that the tests mean something where it is not installed; `test_oracle.py` compares the
file with the program, and writes it when the environment has SIDELIGHT_RECORD=1.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture

from sidelight.editors.darktable.operations import Operation, operations
from sidelight.emulators.base import Context, run
from sidelight.emulators.darktable import DarktableEmulator
from sidelight.emulators.guide import exposure_boost, exposure_guide, guide_peak
from sidelight.imaging.color import XYZ_TO_REC2020, rgb_to_lab
from sidelight.imaging.image import Image
from sidelight.learning.darktable_render import render_darktable_batch
from sidelight.learning.dng import Dng
from sidelight.recipe import CameraWhiteBalance, PhotoInfo, Recipe, ToneCurve
from sidelight_xmp.darktable import History, HistoryEntry, merge_history
from sidelight_xmp.darktable.iop_order import RAW_ORDER, Placement, place

NEUTRAL = np.array([0.5, 1.0, 0.65])
PATCH = 48
COLUMNS = 12
BLACK, WHITE = 1024, 65000
RECORDED = Path(__file__).with_name("renders.json")


@dataclass(frozen=True)
class Chart:
    """The chart as a file and as numbers.

    Attributes:
        path: The DNG.
        rgb: What each patch holds, linear Rec.2020 at as-shot white balance, shape (96, 3).
        grey: Which patches are grey.
        white_balance: The camera's.
    """

    path: Path
    rgb: NDArray[np.float64]
    grey: NDArray[np.bool_]
    white_balance: CameraWhiteBalance

    @property
    def picture(self) -> NDArray[np.float32]:
        """The whole chart's pixels, without a mosaic, shape (H, W, 3)."""
        return _spread(self.rgb).astype(np.float32)


def patches() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return 24 greys from -9 to +2.5 EV of 0.18 and 72 colours from pale to spectral."""
    greys = 0.18 * 2.0 ** np.linspace(-9.0, 2.4, 24)
    rng = np.random.default_rng(20)
    hue = np.eye(3)[np.arange(72) % 3] * 1.0 + np.roll(np.eye(3), 1, 0)[np.arange(72) % 3] * (
        rng.uniform(0, 1, (72, 1))
    )
    purity = np.tile([0.15, 0.4, 0.7, 0.9, 0.97, 1.0], 12)[:, None]
    level = 0.18 * 2.0 ** rng.uniform(-6.0, 2.0, (72, 1))
    colours = level * (purity * hue + (1.0 - purity))
    rgb = np.concatenate([np.repeat(greys[:, None], 3, 1), colours])
    # Whole counts of the file, so that the numbers below are exactly what it holds.
    counts = np.rint(np.minimum(rgb, 0.98) * NEUTRAL * (WHITE - BLACK))
    return counts / (WHITE - BLACK) / NEUTRAL, np.arange(len(rgb)) < 24


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    grid = values.reshape(-1, COLUMNS, 3)
    return grid.repeat(PATCH, axis=0).repeat(PATCH, axis=1)


def patch_means(picture: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean of each patch's inner part, shape (96, 3)."""
    rows = picture.shape[0] // PATCH
    blocks = picture[: rows * PATCH, : COLUMNS * PATCH].reshape(rows, PATCH, COLUMNS, PATCH, 3)
    inner = blocks[:, 14:-14, :, 14:-14].astype(np.float64)
    return inner.mean(axis=(1, 3)).reshape(-1, 3)


def write_chart(path: Path) -> Chart:
    """Write the chart as a DNG."""
    rgb, grey = patches()
    camera = _spread(rgb) * NEUTRAL
    raw = BLACK + np.rint(camera * (WHITE - BLACK))
    mosaic = np.empty(raw.shape[:2], dtype=np.uint16)
    for y, x, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        mosaic[y::2, x::2] = raw[y::2, x::2, channel]
    buffer = io.BytesIO()
    Picture.new("RGB", (64, 48)).save(buffer, "JPEG")
    matrix = NEUTRAL[:, None] * XYZ_TO_REC2020
    dng = Dng(
        mosaic=mosaic,
        black=BLACK,
        white=WHITE,
        color_matrix=matrix,
        as_shot_neutral=NEUTRAL,
        jpeg=buffer.getvalue(),
        jpeg_size=(64, 48),
        make="Sidelight",
        model="Chart",
        software="Sidelight",
        exposure_s=0.01,
        f_number=4.0,
        iso=100,
        focal_length_mm=35.0,
        captured="2024:05:01 12:00:00",
    )
    path.write_bytes(dng.to_bytes())
    white_balance = CameraWhiteBalance.from_color_matrix(matrix, 1.0 / NEUTRAL)
    return Chart(path, rgb, grey, white_balance)


def sidecar(operations: Sequence[Operation]) -> bytes:
    """Return the sidecar of some operations, in their order."""
    entries = tuple(
        HistoryEntry.from_values(
            item.name,
            item.params,
            multi_name=item.multi_name,
            multi_priority=item.multi_priority,
        )
        for item in operations
    )
    history = History(entries, history_end=len(entries))
    if any(item.multi_priority for item in operations):
        places = [Placement("exposure", 1, "lut3d"), Placement("exposure", 2, "colisa")]
        order = place(RAW_ORDER, places)
        history = History(entries, len(entries), iop_order_version=0, iop_order=order)
    return merge_history(None, history)


def render_patches(
    chart: Chart, cases: Sequence[Sequence[Operation]], lut_root: Path | None = None
) -> list[NDArray[np.float64]]:
    """Return the real program's patches, one (96, 3) per list of operations."""
    jobs = [(chart.path, sidecar(operations)) for operations in cases]
    renders = render_darktable_batch(jobs, lut_root=lut_root)
    assert not any(render.dropped for render in renders), renders[0].dropped
    return [patch_means(render.rgb) for render in renders]


def lone(*more: Operation) -> list[Operation]:
    """Return operations after white balance as shot, clipping, and exposure 0."""
    balance = {"red": 2.0, "green": 1.0, "blue": 1.0 / 0.65, "g2": float("nan")}
    start = [Operation("temperature", balance), Operation("highlights", {"mode": 0})]
    if not any(item.name == "exposure" for item in more):
        start.append(Operation("exposure", {"exposure": 0.0}))
    return [*start, *more]


MIX = np.array([[0.8, 0.15, 0.05], [0.1, 0.8, 0.1], [0.0, 0.1, 0.9]])
_ROWS = {name: [*row, 0.0] for name, row in zip(("red", "green", "blue"), MIX, strict=True)}
_EYE = {name: [*row, 0.0] for name, row in zip(("red", "green", "blue"), np.eye(3), strict=True)}
_FREE = {"gamut": 0.0, "clip": 0}

OPERATIONS: dict[str, list[Operation]] = {
    "linear": lone(),
    "mix": lone(Operation("channelmixerrgb", {**_ROWS, **_FREE})),
    "cat16": lone(
        Operation(
            "channelmixerrgb",
            {**_EYE, **_FREE, "illuminant": 7, "adaptation": 1, "x": 0.3805, "y": 0.3768},
        )
    ),
    "rgb ratio": lone(Operation("sigmoid", {"color_processing": 1})),
    "half hue": lone(Operation("sigmoid", {"hue_preservation": 40.0})),
    "warm clip": [
        Operation("temperature", {"red": 2.4, "green": 1.0, "blue": 1.2, "g2": float("nan")}),
        *lone()[1:],
    ],
}
"""Name to operations that no Recipe makes."""

_WAVE = ToneCurve.from_offsets(0.1 * np.sin(np.linspace(0.0, 2.0 * np.pi, 16))[1:-1])

RECIPES: dict[str, tuple[Recipe, float]] = {
    "default": (Recipe(), 0.0),
    "default hdr": (Recipe(), 2.3),
    "exposure": (Recipe(exposure_ev=1.0), 0.0),
    "contrast down": (Recipe(contrast=-40.0), 3.0),
    "contrast up": (Recipe(contrast=70.0), 0.0),
    "temperature": (Recipe(temperature_mired=30.0, tint=-10.0), 0.0),
    "curve": (Recipe(curve=_WAVE), 1.0),
    "highlights": (Recipe(highlights=-100.0), 0.0),
    "shadows": (Recipe(shadows=100.0), 0.0),
    "whites": (Recipe(whites=60.0), 0.0),
    "blacks": (Recipe(blacks=-80.0), 0.0),
    "vibrance": (Recipe(vibrance=50.0), 0.0),
    "saturation down": (Recipe(saturation=-60.0), 0.0),
    "saturation up": (Recipe(saturation=40.0), 2.0),
    "many": (
        Recipe(
            temperature_mired=-20.0,
            tint=8.0,
            exposure_ev=0.4,
            contrast=15.0,
            highlights=-50.0,
            shadows=40.0,
            whites=20.0,
            blacks=-15.0,
            vibrance=25.0,
            saturation=-10.0,
            curve=_WAVE,
        ),
        2.3,
    ),
}
"""Name to Recipe and headroom."""


def guide_of(chart: Chart, recipe: Recipe) -> NDArray[np.float32]:
    """Return the whole chart's guide, refreshed at a Recipe's exposure and white balance."""
    picture = chart.picture
    info = PhotoInfo(chart.path, True, chart.white_balance)
    image = Image(picture, np.zeros(picture.shape, dtype=bool), info)
    matrix = chart.white_balance.matrix(recipe.temperature_mired, recipe.tint)
    return exposure_guide(image, recipe.exposure_ev, matrix)


def recipe_operations(chart: Chart, recipe: Recipe, headroom: float) -> list[Operation]:
    """Return a Recipe's operations for the chart, clipped pixels left clipped."""
    boost = exposure_boost(guide_of(chart, recipe), recipe.exposure_ev)
    return operations(recipe, chart.white_balance, headroom, boost, 0)


def emulate(chart: Chart, recipe: Recipe, headroom: float) -> NDArray[np.float64]:
    """Return our render of the patches, shape (96, 3)."""
    guide = guide_of(chart, recipe)
    means = patch_means(np.repeat(guide[..., None], 3, axis=-1))[:, 0]
    context = Context(
        chart.white_balance, headroom, guide=means, guide_peak=guide_peak(guide), lut=recipe.lut
    )
    return run(DarktableEmulator().stages(context), chart.rgb, recipe.to_vector())


def unclipped(chart: Chart, recipe: Recipe) -> NDArray[np.bool_]:
    """Return which patches stay below the sensor's limit at a Recipe's white balance."""
    balance = chart.white_balance
    camera = chart.rgb @ balance.matrix(recipe.temperature_mired, recipe.tint).T
    limit = balance.multipliers(recipe.temperature_mired, recipe.tint).min()
    return camera.max(axis=1) < 0.97 * limit


def delta_e(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], headroom: float = 0.0
) -> NDArray[np.float64]:
    """Return CIEDE2000 of display-linear patches, the brightest white at L* 100."""
    colour = pytest.importorskip("colour")
    labs = [rgb_to_lab(np.clip(rgb / 2.0**headroom, 0.0, 1.0)) for rgb in (ours, theirs)]
    return np.asarray(colour.difference.delta_E_CIE2000(*labs))


def read_renders() -> dict[str, NDArray[np.float64]]:
    """Return the recorded patches by case, each (96, 3)."""
    stored = json.loads(RECORDED.read_text(encoding="ascii"))
    return {name: np.array(values) for name, values in stored.items()}


def write_renders(renders: dict[str, NDArray[np.float64]]) -> None:
    """Record patches, six digits each."""
    rounded = {
        name: [[float(f"{value:.6g}") for value in row] for row in values]
        for name, values in renders.items()
    }
    lines = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(values, separators=(',', ':'))}"
        for name, values in rounded.items()
    )
    RECORDED.write_text(f"{{{lines}}}\n", encoding="ascii")
