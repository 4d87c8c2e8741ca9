"""Settings whose rendering looks like given colours: a robust fit in colour difference.

Residuals are the lightness, chroma and hue terms of CIEDE2000, its weights taken at the target and
its rotation term left out, so that least squares minimises what the eye sees. Weights from the
residuals themselves (Huber) make it the mean that counts, and outliers count little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.base import Context, Emulator
from sidelight.emulators.fit import settings_bounds
from sidelight.emulators.slope import SlopeRows, keep_rising
from sidelight.emulators.solve import chain_jacobian, forward, least_squares
from sidelight.engines.camera_cells import MatchedCells
from sidelight.imaging.color import D65_WHITE, REC2020_TO_XYZ, rgb_to_lab
from sidelight.imaging.difference import render_difference
from sidelight.recipe.fields import (
    BY_NAME,
    CURVE_KNOTS,
    CURVE_SLICE,
    INDEX,
    SLIDERS,
    VECTOR_SIZE,
)

Vector = NDArray[np.float64]
Pixels = NDArray[np.float32]

FREE_SLIDERS = tuple(INDEX[name] for name in SLIDERS if name not in ("highlights", "shadows"))
"""A camera's look acts on each pixel alone: nothing is left for sliders that look around."""

_ONE_DELTA_E: dict[str, float] = {
    "temperature_mired": 12.0,
    "tint": 12.0,
    "exposure_ev": 4.0,
    "contrast": 120.0,
    "whites": 100.0,
    "blacks": 100.0,
    "vibrance": 60.0,
    "saturation": 60.0,
}
"""Moves that must make up for a difference of one ΔE everywhere, each in its unit."""

_CURVE_ONE_DELTA_E = 0.3
_BEND_ONE_DELTA_E = 0.25
_HUBER_DELTA_E = 1.0
_ROUNDS = 8
_GAIN = 0.01
_SLOPE_WEIGHT = 30.0
_LEAK = 0.15
_WHITE = 0.99


@dataclass(frozen=True, eq=False)
class CameraFit:
    """What a fit found.

    Attributes:
        theta: The settings.
        delta_e: CIEDE2000 of each cell at these settings, shape (N,).
        lab: L*a*b* of the rendered cells, shape (N, 3).
        target_lab: The same of what was to be matched.
    """

    theta: Vector
    delta_e: Vector
    lab: Vector
    target_lab: Vector


def fit_camera(emulator: Emulator, context: Context, cells: MatchedCells) -> CameraFit:
    """Find the settings that render the cells' raw colours as the camera did.

    Sliders first, then the curve with them, where the emulator's chain has one.

    Args:
        emulator: Whose maths.
        context: Of the SDR rendition, without a guide.
        cells: What is matched.
    """
    problem = _Problem(emulator, context, cells)
    theta = np.zeros(VECTOR_SIZE)
    sliders = [i for i in FREE_SLIDERS if i in problem.reads]
    theta = problem.solve(theta, sliders, iterations=8)
    curve = [i for i in range(CURVE_SLICE.start, CURVE_SLICE.stop) if i in problem.reads]
    miss = np.inf
    for _ in range(_ROUNDS):
        theta = problem.solve(theta, sliders + curve, iterations=8)
        before, miss = miss, problem.mean_miss(theta)
        if miss > (1.0 - _GAIN) * before:
            break
    return measured(emulator, context, cells, keep_rising(emulator, theta))


def measured(emulator: Emulator, context: Context, cells: MatchedCells, theta: Vector) -> CameraFit:
    """Compare the cells, rendered with some settings, with what the camera made of them."""
    out = forward(emulator.stages(context), cells.rgb, theta)[-1]
    return CameraFit(
        theta,
        render_difference(out, cells.target),
        np.asarray(rgb_to_lab(np.clip(out, 0.0, 1.0)), np.float64),
        np.asarray(rgb_to_lab(cells.target), np.float64),
    )


class _Problem:
    """Residuals and Jacobian in colour difference."""

    def __init__(self, emulator: Emulator, context: Context, cells: MatchedCells) -> None:
        self.emulator = emulator
        self.stages = emulator.stages(replace(context, leak=_LEAK))
        self.reads = {i for stage in self.stages for i in stage.settings}
        self.cells = cells
        self.target = np.asarray(rgb_to_lab(cells.target), np.float64)
        self.to_terms = _terms_of_lab(self.target)
        self.white = cells.target >= _WHITE
        self.weights = cells.weights / cells.weights.sum()
        self.prior = np.zeros(VECTOR_SIZE)
        for name, amount in _ONE_DELTA_E.items():
            self.prior[INDEX[name]] = (BY_NAME[name].scale / amount) ** 2
        self.prior[CURVE_SLICE] = _CURVE_ONE_DELTA_E**-2
        self.bends = np.zeros((CURVE_KNOTS - 2, VECTOR_SIZE))
        self.bends[:, CURVE_SLICE] = _bends() / _BEND_ONE_DELTA_E

    def solve(self, theta: Vector, free: Sequence[int], iterations: int) -> Vector:
        """Improve the free settings under weights from the residuals at the start."""
        miss = self.misses(theta)
        trust = self.weights / np.maximum(miss, _HUBER_DELTA_E)
        trust = np.sqrt(trust * (self.weights.sum() / trust.sum()))
        slope = SlopeRows(self.emulator, free, _SLOPE_WEIGHT)

        def residual(values: Vector) -> tuple[Vector, list[Pixels]]:
            states = self.render(values)
            terms = (self.terms(states[-1]) * trust[:, None]).reshape(-1)
            return np.concatenate([terms, slope.values(values), self.bends @ values]), states

        def jacobian(values: Vector, states: list[Pixels]) -> Vector:
            columns = chain_jacobian(self.stages, states, values, free)
            seen = self.seen(states[-1])
            inner = self.to_terms @ _lab_slopes(seen) * trust[:, None, None]
            inner *= (seen == states[-1])[:, None, :]
            rows = (inner @ columns).reshape(-1, len(free))
            return np.vstack([rows, slope.jacobian(values), self.bends[:, list(free)]])

        found = least_squares(
            residual, jacobian, theta, free, settings_bounds(), prior=self.prior,
            centre=np.zeros(VECTOR_SIZE), iterations=iterations, tolerance=3e-3,
        )  # fmt: skip
        return found.theta

    def misses(self, theta: Vector) -> Vector:
        """Return each cell's colour difference, shape (N,)."""
        return np.asarray(np.linalg.norm(self.terms(self.render(theta)[-1]), axis=-1))

    def mean_miss(self, theta: Vector) -> float:
        """Return the mean colour difference, each cell weighing what it is trusted."""
        return float(self.weights @ self.misses(theta))

    def render(self, theta: Vector) -> list[Pixels]:
        return forward(self.stages, self.cells.rgb, theta)

    def seen(self, rgb: Pixels) -> Pixels:
        """Return rendered light, where it is to be white and beyond it exactly as it is to be."""
        return np.where(self.white & (rgb > self.cells.target), self.cells.target, rgb)

    def terms(self, rgb: Pixels) -> Vector:
        difference = np.asarray(rgb_to_lab(self.seen(rgb)), np.float64) - self.target
        return np.einsum("nij,nj->ni", self.to_terms, difference)


def _terms_of_lab(lab: Vector) -> Vector:
    """Return (N, 3, 3): differences in L*a*b* to CIEDE2000's three terms about each colour."""
    seventh = np.hypot(lab[:, 1], lab[:, 2]) ** 7
    lift = 1.0 + 0.5 * (1.0 - np.sqrt(seventh / (seventh + 25.0**7)))
    a, b = lab[:, 1] * lift, lab[:, 2]
    chroma, hue = np.hypot(a, b), np.arctan2(b, a)
    weight = (
        1.0
        - 0.17 * np.cos(hue - np.radians(30.0))
        + 0.24 * np.cos(2.0 * hue)
        + 0.32 * np.cos(3.0 * hue + np.radians(6.0))
        - 0.20 * np.cos(4.0 * hue - np.radians(63.0))
    )
    light = (lab[:, 0] - 50.0) ** 2
    s_l = 1.0 + 0.015 * light / np.sqrt(20.0 + light)
    s_c, s_h = 1.0 + 0.045 * chroma, 1.0 + 0.015 * chroma * weight
    terms = np.zeros((len(lab), 3, 3))
    terms[:, 0, 0] = 1.0 / s_l
    terms[:, 1, 1], terms[:, 1, 2] = np.cos(hue) * lift / s_c, np.sin(hue) / s_c
    terms[:, 2, 1], terms[:, 2, 2] = -np.sin(hue) * lift / s_h, np.cos(hue) / s_h
    return terms


def _lab_slopes(rgb: Pixels) -> Vector:
    """Return d(L*a*b*)/d(working RGB), shape (N, 3, 3)."""
    to_ratio = REC2020_TO_XYZ / D65_WHITE[:, None]
    ratio = rgb.astype(np.float64) @ to_ratio.T
    delta = 6.0 / 29.0
    root = np.cbrt(np.maximum(ratio, delta**3))
    slope = 1.0 / (3.0 * root * root)
    of_f = np.array([[0.0, 116.0, 0.0], [500.0, -500.0, 0.0], [0.0, 200.0, -200.0]])
    return np.asarray(of_f @ (slope[..., None] * to_ratio))


def _bends() -> NDArray[np.float64]:
    """Return second differences of the curve's knots, its ends fixed, shape (14, 14)."""
    second = np.zeros((CURVE_KNOTS - 2, CURVE_KNOTS))
    for row in range(CURVE_KNOTS - 2):
        second[row, row : row + 3] = 1.0, -2.0, 1.0
    return second[:, 1:-1]
