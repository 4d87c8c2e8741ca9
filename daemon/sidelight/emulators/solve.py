"""Damped least squares over an emulator's chain, with Jacobians built stage by stage.

A chain of pointwise stages X0 → X1 → … → Xn has a cheap Jacobian. Going backward, D is the
derivative of the residual by a stage's output, (N, 3, 3) per pixel; a setting of stage k gives
the column D · ∂Sk/∂θ, and D · ∂Sk/∂X continues to the stage before. Every stage is evaluated
3 + its own settings times, where differencing the whole chain would evaluate all of them once per
setting. Damping after Levenberg and Marquardt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sidelight.emulators.base import Stage

Vector = NDArray[np.float64]
Pixels = NDArray[np.float32]

_STEP = 2e-3
_STEP_RGB = 2e-3
_DAMPING = 1e-3
_EACH = np.eye(3)[:, None, :]


@dataclass(frozen=True)
class Solution:
    """What a solve returns.

    Attributes:
        theta: Settings vector, shape (VECTOR_SIZE,).
        cost: Half the sum of squared residuals, the prior included.
        iterations: Accepted and refused steps.
        normal_matrix: JᵀJ + prior of the free settings at the end.
        state: What `residual` returned with the last accepted settings.
    """

    theta: Vector
    cost: float
    iterations: int
    normal_matrix: NDArray[np.float64]
    state: Any = None


def forward(stages: Sequence[Stage], rgb: Pixels, theta: Vector) -> list[Pixels]:
    """Return the pixels before and after every stage, `len(stages) + 1` arrays (N, 3)."""
    theta = theta.astype(rgb.dtype)
    states = [rgb]
    for stage in stages:
        states.append(stage.apply(states[-1], theta))
    return states


def chain_jacobian(
    stages: Sequence[Stage],
    states: Sequence[Pixels],
    theta: Vector,
    free: Sequence[int],
    entering: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Return d(output)/d(theta), shape (N, 3, len(free)), by differences within each stage.

    Args:
        stages: The chain, or its end.
        states: Of `forward`.
        theta: The settings.
        free: Those to derive by.
        entering: d(input)/d(theta) where it has one, of the same shape.
    """
    column = {setting: k for k, setting in enumerate(free)}
    dtype = states[0].dtype
    base = theta.astype(dtype)
    result = np.zeros((len(free), *states[0].shape), dtype=dtype)
    if entering is None:
        reads = (k for k, s in enumerate(stages) if any(i in column for i in s.settings))
        first = next(reads, len(stages))
    else:
        first = 0
    down: NDArray[np.float32] | None = None
    for k in range(len(stages) - 1, first - 1, -1):
        stage, before, after = stages[k], states[k], states[k + 1]
        own = [setting for setting in stage.settings if setting in column]
        if own:
            change = _own_columns(stage, before, after, base, own)
            result[[column[i] for i in own]] += change if down is None else _along(change, down)
        if k == first and entering is None:
            break
        local = _local_jacobian(stage, before, after, base)
        down = local if down is None else _along(local, down)
    if entering is not None:
        above = entering.transpose(2, 0, 1)
        result += above if down is None else _along(above, down)
    return result.transpose(1, 2, 0)


def _own_columns(
    stage: Stage, before: Pixels, after: Pixels, theta: NDArray[np.float32], own: Sequence[int]
) -> NDArray[np.float32]:
    """Return d(after)/d(setting) of the settings in `own`, shape (len(own), N, 3)."""
    if stage.columns is not None:
        known = dict(zip(stage.settings, stage.columns(before, after, theta), strict=True))
        return np.stack([known[setting] for setting in own])
    columns = np.empty((len(own), *before.shape), dtype=before.dtype)
    for k, setting in enumerate(own):
        moved = theta.copy()
        moved[setting] += _STEP
        columns[k] = stage.apply(before, moved)
    columns -= after
    columns *= before.dtype.type(1 / _STEP)
    return columns


def _along(vectors: NDArray[np.float32], down: NDArray[np.float32]) -> NDArray[np.float32]:
    """Send per-pixel vectors through later stages.

    Args:
        vectors: (S, N, 3), derivatives of a stage's output.
        down: (3, N, 3), d(last output)/d(that output), first axis the channel that is moved.
    """
    out = vectors[..., 0:1] * down[0]
    out += vectors[..., 1:2] * down[1]
    out += vectors[..., 2:3] * down[2]
    return out


def _local_jacobian(
    stage: Stage, before: Pixels, after: Pixels, theta: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return d(after)/d(before), shape (3, N, 3), first axis the channel that is moved."""
    if stage.channelwise:
        step = _STEP_RGB * (np.abs(before) + np.float32(1e-3))
        slope = (stage.apply(before + step, theta) - after) / step
        return slope * _EACH.astype(before.dtype)
    top = np.maximum(np.maximum(before[:, 0], before[:, 1]), before[:, 2])
    step = (_STEP_RGB * (np.abs(top) + np.float32(1e-3)))[:, None]
    moved = before + step * _EACH.astype(before.dtype)
    return (stage.apply(moved, theta) - after) / step


State = TypeVar("State")


@dataclass(frozen=True, eq=False)
class _Prior:
    """A quadratic pull of the free settings towards `centre`."""

    precision: Vector
    centre: Vector

    def cost(self, values: Vector) -> float:
        return 0.5 * float(self.precision @ (values - self.centre) ** 2)

    def gradient(self, values: Vector) -> Vector:
        return self.precision * (values - self.centre)

    def linearised(self, rows: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return a Jacobian in double precision, and its normal matrix with the prior."""
        j = np.asarray(rows, dtype=np.float64)
        return j, j.T @ j + np.diag(self.precision)


def least_squares(
    residual: Callable[[Vector], tuple[Vector, State]],
    jacobian: Callable[[Vector, State], NDArray[np.float64]],
    theta: Vector,
    free: Sequence[int],
    bounds: tuple[Vector, Vector],
    *,
    prior: Vector | None = None,
    centre: Vector | None = None,
    iterations: int = 24,
    tolerance: float = 1e-4,
    least_gain: float = 0.0,
    enough: float = 0.0,
) -> Solution:
    """Minimise |residual|² + Σ prior (θ − centre)² over the free settings, within bounds.

    Args:
        residual: theta → (residuals (M,), state handed to `jacobian`).
        jacobian: (theta, state) → d residual / d free settings, shape (M, len(free)).
        theta: Start, shape (VECTOR_SIZE,).
        free: Positions of the settings that move.
        bounds: Lowest and highest theta, each (VECTOR_SIZE,).
        prior: Precision of each setting around `centre`, (VECTOR_SIZE,); zero when absent.
        centre: Where the prior pulls to; `theta` when absent.
        iterations: Most steps tried.
        tolerance: Stop when a step improves the cost by less than this share of it.
        least_gain: Stop before a step that by all signs would improve it by less than this share;
            for an answer that need not be exact, since signs may err far from it.
        enough: Stop when the cost is this low.

    Returns:
        The solution; settings that are not free keep their start value.
    """
    index = np.asarray(free, dtype=int)
    theta = np.clip(np.asarray(theta, dtype=np.float64), *bounds)
    pull = _Prior(
        np.zeros(len(index)) if prior is None else np.asarray(prior, dtype=np.float64)[index],
        (theta if centre is None else np.asarray(centre, dtype=np.float64))[index],
    )
    damping, used = _DAMPING, 0
    r, state = residual(theta)
    cost = 0.5 * float(r @ r) + pull.cost(theta[index])
    j, normal = pull.linearised(jacobian(theta, state))
    while used < iterations and damping <= 1e8:
        used += 1
        gradient = j.T @ r + pull.gradient(theta[index])
        scale = np.diag(normal) + 0.1 * np.diag(normal).mean()
        step = _bounded_step(normal, scale * damping, gradient, theta[index], index, bounds)
        if least_gain and _expected_gain(normal, gradient, step) < least_gain * cost:
            break
        trial = theta.copy()
        trial[index] += step
        r_trial, state_trial = residual(trial)
        cost_trial = 0.5 * float(r_trial @ r_trial) + pull.cost(trial[index])
        if not np.isfinite(cost_trial) or cost_trial >= cost:
            damping *= 6.0
            continue
        gain = (cost - cost_trial) / max(cost, 1e-30)
        theta, r, state, cost = trial, r_trial, state_trial, cost_trial
        damping = max(damping * 0.2, 1e-9)
        if gain < tolerance or cost < enough:
            break
        j, normal = pull.linearised(jacobian(theta, state))
    return Solution(theta, cost, used, normal, state)


def _expected_gain(normal: NDArray[np.float64], gradient: Vector, step: Vector) -> float:
    """Return by how much the linearised residuals say that a step lowers the cost."""
    return -float(gradient @ step + 0.5 * step @ (normal @ step))


def _bounded_step(
    normal: NDArray[np.float64],
    damping: Vector,
    gradient: Vector,
    values: Vector,
    index: NDArray[np.int_],
    bounds: tuple[Vector, Vector],
) -> Vector:
    """Damped Gauss-Newton step; settings pushed out of bounds are held there and solved again."""
    low, high = bounds[0][index] - values, bounds[1][index] - values
    held = np.zeros(len(values), dtype=bool)
    step = np.zeros(len(values))
    for _ in range(len(values)):
        loose = ~held
        if not loose.any():
            break
        matrix = normal[np.ix_(loose, loose)] + np.diag(damping[loose])
        right = -gradient[loose] - normal[np.ix_(loose, held)] @ step[held]
        step[loose] = np.linalg.solve(matrix, right)
        outside = loose & ((step < low) | (step > high))
        if not outside.any():
            break
        step[outside] = np.clip(step[outside], low[outside], high[outside])
        held |= outside
    return step
