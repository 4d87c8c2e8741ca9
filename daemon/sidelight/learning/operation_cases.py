"""What is tried of each darktable operation: sweeps of one slider, and random combinations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sidelight.editors.darktable.operations import DEFAULT_EXPOSURE_EV, Operation, operations
from sidelight.editors.darktable.sigmoid import BASE_CONTRAST
from sidelight.emulators.base import render
from sidelight.emulators.darktable import (
    DarktableEmulator,
    channelmixerrgb,
    exposure,
    highlights,
    sigmoid,
    temperature,
)
from sidelight.emulators.guide import exposure_boost, exposure_guide
from sidelight.imaging.image import Image
from sidelight.learning.random_recipe import SEED, random_recipes, recipes_for
from sidelight.recipe import Hdr, Lut3D, Recipe, ToneCurve, WhiteBalance

Pixels = NDArray[np.floating]
Matrix = NDArray[np.float64]

LUT_FILE = "look.cube"
"""Name of `look`'s file in darktable's LUT folder."""

CONTRASTS = (0.0, -100.0, -50.0, 50.0, 100.0)
HEADROOMS = (1.0, 2.0, 3.0, 4.0)
"""Of the twins that are compared."""

RECORDED = (
    "linear",
    "clip, warm",
    "mix",
    "mix drawn 2",
    "cat16",
    "cat16 and mix",
    "rgb ratio",
    "half hue",
    "default",
    "default, headroom 1",
    "default, headroom 2",
    "default, headroom 3",
    "default, headroom 4",
    "exposure_ev +1",
    "temperature drawn 1",
    "highlights -100",
    "shadows +100",
    "contrast -50, headroom 3",
    "contrast +75",
    "whites +50",
    "blacks -100",
    "vibrance +50",
    "saturation -50",
    "saturation +50, headroom 2",
    "wave, headroom 1",
    "look",
    "look, headroom 2",
    "many, headroom 2.3",
    "recipe 1",
)
"""Names of the cases whose renders by the program are kept for the tests."""

MIX: Matrix = np.array([[0.8, 0.15, 0.05], [0.1, 0.8, 0.1], [0.0, 0.1, 0.9]])

_POINTS = (-100.0, -50.0, 50.0, 100.0)
_WAVE = ToneCurve.from_offsets(0.1 * np.sin(np.linspace(0.0, 2.0 * np.pi, 16))[1:-1])


class Case(Protocol):
    """One rendition by darktable and how it is predicted."""

    @property
    def operation(self) -> str:
        """The operation it is about: a line of the table."""
        ...

    @property
    def name(self) -> str:
        """A name that no other case has."""
        ...

    @property
    def headroom(self) -> float:
        """Stops above SDR white."""
        ...

    def multipliers(self, balance: WhiteBalance) -> Matrix:
        """Return its multipliers of the camera's channels, (3,), green 1."""
        ...

    def chain(self, image: Image) -> list[Operation]:
        """Return darktable's operations for a photo, decoded as `image`."""
        ...

    def emulate(self, image: Image, peak: float | None = None) -> Pixels:
        """Return our rendition of an as-shot image; `peak` as in `emulators.base.render`."""
        ...

    def display(self, rgb: Pixels) -> Pixels:
        """Return darktable's or our rendition display-linear."""
        ...


@dataclass(frozen=True)
class RecipeCase:
    """A Recipe through the whole chain; what the operation does not read stands at zero."""

    operation: str
    name: str
    recipe: Recipe
    headroom: float = 0.0

    def multipliers(self, balance: WhiteBalance) -> Matrix:
        return balance.multipliers(self.recipe.temperature_mired, self.recipe.tint)

    def chain(self, image: Image) -> list[Operation]:
        boost = exposure_boost(exposure_guide(image), self.recipe.exposure_ev)
        balance = image.info.white_balance
        return operations(self.recipe, balance, self.headroom, boost, lut_path=LUT_FILE)

    def emulate(self, image: Image, peak: float | None = None) -> Pixels:
        return render(DarktableEmulator(), image, self.recipe, self.headroom, peak=peak)

    def display(self, rgb: Pixels) -> Pixels:
        return rgb


@dataclass(frozen=True)
class OperationCase:
    """Operations that no Recipe makes, after exposure 0.

    Attributes:
        own: They take the place of those of the same name.
        apply: (as-shot pixels, white balance) → pixels.
        is_display: Whether the result is display-linear already; else a plain sigmoid, the same
            on both sides, follows before it is compared.
        warmth: Factors of the camera's multipliers.
    """

    operation: str
    name: str
    own: tuple[Operation, ...]
    apply: Callable[[Pixels, WhiteBalance], Pixels]
    is_display: bool = False
    warmth: tuple[float, float, float] = (1.0, 1.0, 1.0)
    headroom: float = 0.0

    def multipliers(self, balance: WhiteBalance) -> Matrix:
        return balance.multipliers() * self.warmth

    def chain(self, image: Image) -> list[Operation]:
        own = {item.name: item for item in self.own}
        red, green, blue = self.multipliers(image.info.white_balance).tolist()
        none = float("nan")
        start = [
            Operation("temperature", {"red": red, "green": green, "blue": blue, "g2": none}),
            Operation("highlights", {"mode": highlights.OPPOSED}),
            Operation("exposure", {"exposure": 0.0}),
        ]
        return [own.pop(item.name, item) for item in start] + list(own.values())

    def emulate(self, image: Image, peak: float | None = None) -> Pixels:
        return self.apply(image.rgb, image.info.white_balance)

    def display(self, rgb: Pixels) -> Pixels:
        if self.is_display:
            return rgb
        exposed = exposure.apply(rgb, DEFAULT_EXPOSURE_EV)
        return np.asarray(sigmoid.apply(exposed, BASE_CONTRAST))


def look() -> Lut3D:
    """Return a LUT that bends every channel and mixes them, as its file holds it."""
    grid = Lut3D.identity(17).table
    table = grid**1.2 * [0.9, 0.95, 0.8] + 0.05 * grid[..., [1, 2, 0]] + [0.02, 0.0, 0.05]
    return Lut3D(np.clip(table, 0.0, 1.0).astype(np.float32), "look")


def cases() -> list[Case]:
    """Return everything that is tried, the lines of the table together."""
    random = np.random.default_rng(SEED)
    return [
        *_sweep("exposure", "exposure_ev", (-2.0, -1.0, 1.0, 2.0)),
        *_temperature_cases(random),
        *_highlights_cases(),
        *_channelmixerrgb_cases(random),
        *_toneequal_cases(random),
        *_sigmoid_cases(),
        *_colorbalancergb_cases(random),
        *_rgbcurve_cases(random),
        RecipeCase("lut3d", "look", Recipe(lut=look())),
        RecipeCase("lut3d", "look, headroom 2", Recipe(lut=look(), exposure_ev=1.0), 2.0),
        *_whole_chain_cases(),
    ]


def twin_case(contrast: float, headroom: float) -> RecipeCase:
    """Return the case of one contrast and headroom; headroom 0 is the SDR twin."""
    name = f"contrast {contrast:+g}" if contrast else "default"
    if headroom:
        name += f", headroom {headroom:g}"
    return RecipeCase("sigmoid", name, Recipe(contrast=contrast), headroom)


def _sweep(operation: str, slider: str, values: Sequence[float]) -> list[Case]:
    return [
        RecipeCase(operation, f"{slider} {value:+g}", Recipe(**{slider: value}))  # type: ignore[arg-type]
        for value in values
    ]


def _drawn(
    operation: str, random: np.random.Generator, reach: dict[str, float], count: int = 4
) -> list[Case]:
    """Draw several sliders at once."""
    return [
        RecipeCase(
            operation,
            f"{operation} drawn {number}",
            Recipe(**{name: float(random.uniform(-most, most)) for name, most in reach.items()}),  # type: ignore[arg-type]
        )
        for number in range(1, count + 1)
    ]


def _temperature_cases(random: np.random.Generator) -> list[Case]:
    return [
        *_sweep("temperature", "temperature_mired", (-60.0, -20.0, 20.0, 60.0)),
        *_sweep("temperature", "tint", (-20.0, 20.0)),
        *_drawn("temperature", random, {"temperature_mired": 60.0, "tint": 20.0}),
    ]


def _highlights_cases() -> list[Case]:
    return [
        OperationCase("highlights, opposed", "linear", (), lambda rgb, _: rgb),
        _clip_case("clip", (1.0, 1.0, 1.0)),
        _clip_case("clip, warm", (1.2, 1.0, 0.78)),
    ]


def _clip_case(name: str, warmth: tuple[float, float, float]) -> Case:
    """Clip at the sensor's limit after white balance moved by factors of its multipliers."""

    def apply(rgb: Pixels, balance: WhiteBalance) -> Pixels:
        multipliers = balance.multipliers() * warmth
        to_camera = np.asarray(balance.camera_from_working)
        camera = temperature.apply(rgb, balance, multipliers) @ to_camera.T
        clipped = highlights.apply(camera, multipliers, highlights.CLIP)
        return np.asarray(clipped @ np.linalg.inv(to_camera).T)

    clip = Operation("highlights", {"mode": highlights.CLIP})
    return OperationCase("highlights, clip", name, (clip,), apply, warmth=warmth)


def _channelmixerrgb_cases(random: np.random.Generator) -> list[Case]:
    drawn = [np.eye(3) + random.uniform(-0.2, 0.2, (3, 3)) for _ in range(3)]
    return [
        _mix_case("mix", MIX),
        *[_mix_case(f"mix drawn {number}", rows) for number, rows in enumerate(drawn, 1)],
        _cat16_case("cat16", 0.3805, 0.3768),
        _cat16_case("cat16, lamp", 0.4476, 0.4074),
        _cat16_case("cat16, shade", 0.2990, 0.3149),
        _cat16_case("cat16 and mix", 0.3805, 0.3768, MIX),
    ]


def _mix_case(name: str, rows: Matrix) -> Case:
    operation = _channelmixerrgb(rows)
    return OperationCase(
        "channelmixerrgb, matrix",
        name,
        (operation,),
        lambda rgb, _: channelmixerrgb.apply(rgb, rows),
    )


def _cat16_case(name: str, x: float, y: float, rows: Matrix | None = None) -> Case:
    light = {"illuminant": 7, "adaptation": 1, "x": x, "y": y}
    operation = _channelmixerrgb(np.eye(3) if rows is None else rows, **light)
    return OperationCase(
        "channelmixerrgb, CAT16",
        name,
        (operation,),
        lambda rgb, _: channelmixerrgb.adapt(rgb, x, y, rows),
    )


def _channelmixerrgb(rows: Matrix, **more: float) -> Operation:
    named = zip(("red", "green", "blue"), np.asarray(rows).tolist(), strict=True)
    return Operation(
        "channelmixerrgb",
        {**{name: [*row, 0.0] for name, row in named}, "gamut": 0.0, "clip": 0, **more},
    )


def _toneequal_cases(random: np.random.Generator) -> list[Case]:
    return [
        *_sweep("toneequal", "highlights", _POINTS),
        *_sweep("toneequal", "shadows", _POINTS),
        *_drawn("toneequal", random, {"highlights": 100.0, "shadows": 100.0}),
    ]


def _sigmoid_cases() -> list[Case]:
    return [
        *[twin_case(contrast, h) for contrast in CONTRASTS for h in (0.0, *HEADROOMS)],
        *_sweep("sigmoid", "contrast", (-75.0, -60.0, -25.0, 25.0, 75.0)),
        *[
            RecipeCase(
                "sigmoid",
                f"contrast {contrast:+g}, SDR whites {whites:g}",
                Recipe(contrast=contrast, hdr=Hdr(sdr_whites=whites)),
            )
            for contrast, whites in ((0.0, 30.0), (0.0, 100.0), (40.0, 60.0))
        ],
        OperationCase(
            "sigmoid, RGB ratio",
            "rgb ratio",
            (Operation("sigmoid", {"color_processing": 1}),),
            lambda rgb, _: sigmoid.apply_rgb_ratio(rgb, BASE_CONTRAST),
            is_display=True,
        ),
        OperationCase(
            "sigmoid, hue preservation 40 %",
            "half hue",
            (Operation("sigmoid", {"hue_preservation": 40.0}),),
            lambda rgb, _: sigmoid.apply(rgb, BASE_CONTRAST, hue_preservation=0.4),
            is_display=True,
        ),
    ]


def _colorbalancergb_cases(random: np.random.Generator) -> list[Case]:
    sliders = ("whites", "blacks", "vibrance", "saturation")
    return [
        *[case for slider in sliders for case in _sweep("colorbalancergb", slider, _POINTS)],
        *_drawn("colorbalancergb", random, dict.fromkeys(sliders, 100.0)),
        RecipeCase("colorbalancergb", "saturation +50, headroom 2", Recipe(saturation=50.0), 2.0),
    ]


def _rgbcurve_cases(random: np.random.Generator) -> list[Case]:
    drawn = [
        RecipeCase("rgbcurve", f"curve drawn {number}", Recipe(curve=recipe.curve))
        for number, recipe in enumerate(random_recipes(4, int(random.integers(1 << 30))), 1)
    ]
    return [RecipeCase("rgbcurve", "wave, headroom 1", Recipe(curve=_WAVE), 1.0), *drawn]


def _whole_chain_cases() -> list[Case]:
    many = Recipe(
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
    )
    drawn = recipes_for("chart", 10, DarktableEmulator())
    return [
        RecipeCase("whole chain", "many, headroom 2.3", many, 2.3),
        *[
            RecipeCase("whole chain", f"recipe {number}", recipe)
            for number, recipe in enumerate(drawn, 1)
        ],
        *[
            RecipeCase("whole chain", f"recipe {number}, headroom 2", recipe, 2.0)
            for number, recipe in enumerate(drawn[:3], 1)
        ],
    ]
