"""The solver against scipy, and the chain's Jacobian against differences of the whole chain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from sidelight.emulators.base import Stage, run
from sidelight.emulators.solve import Solution, chain_jacobian, forward, least_squares

SIZE = 6
WIDE = (np.full(SIZE, -50.0), np.full(SIZE, 50.0))


def solve_linear(
    matrix: NDArray[np.float64], right: NDArray[np.float64], **options: Any
) -> Solution:
    options = {"free": range(SIZE), "bounds": WIDE, "tolerance": 1e-14, **options}
    return least_squares(
        lambda theta: (matrix[:, : len(theta)] @ theta - right, None),
        lambda theta, state: matrix[:, list(options["free"])],
        np.zeros(SIZE),
        **options,
    )


@pytest.fixture
def problem() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(2)
    return random.normal(size=(40, SIZE)), random.normal(size=40)


def test_a_linear_problem_has_numpys_answer(
    problem: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    solution = solve_linear(*problem)
    wanted, rest, *_ = np.linalg.lstsq(*problem, rcond=None)
    assert np.allclose(solution.theta, wanted, atol=1e-6)
    assert solution.cost == pytest.approx(0.5 * rest[0])
    assert np.allclose(solution.normal_matrix, problem[0].T @ problem[0])


def test_bounds_are_met_as_scipy_meets_them(
    problem: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    bounds = (np.full(SIZE, -0.05), np.full(SIZE, 0.1))
    wanted = lsq_linear(*problem, bounds=bounds)
    assert (wanted.active_mask != 0).any()
    solution = solve_linear(*problem, bounds=bounds, iterations=60)
    assert np.allclose(solution.theta, wanted.x, atol=1e-4)


def test_the_prior_is_ridge_regression_about_its_centre(
    problem: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    matrix, right = problem
    prior, centre = np.linspace(1.0, 30.0, SIZE), np.linspace(-1.0, 1.0, SIZE)
    solution = solve_linear(matrix, right, prior=prior, centre=centre)
    normal = matrix.T @ matrix + np.diag(prior)
    assert np.allclose(
        solution.theta, np.linalg.solve(normal, matrix.T @ right + prior * centre), atol=1e-6
    )


def test_what_is_not_free_stays(
    problem: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    solution = solve_linear(*problem, free=(0, 3))
    wanted, *_ = np.linalg.lstsq(problem[0][:, [0, 3]], problem[1], rcond=None)
    assert np.allclose(solution.theta, [wanted[0], 0, 0, wanted[1], 0, 0], atol=1e-6)


def test_a_curved_valley() -> None:
    """Rosenbrock's function from its usual start, minimum at (1, 1)."""

    def residual(theta: NDArray[np.float64]) -> tuple[NDArray[np.float64], None]:
        return np.array([10 * (theta[1] - theta[0] ** 2), 1 - theta[0]]), None

    def jacobian(theta: NDArray[np.float64], state: object) -> NDArray[np.float64]:
        return np.array([[-20 * theta[0], 10.0], [-1.0, 0.0]])

    solution = least_squares(
        residual,
        jacobian,
        np.array([-1.2, 1.0]),
        (0, 1),
        (np.full(2, -5.0), np.full(2, 5.0)),
        iterations=200,
        tolerance=0.0,
        enough=1e-18,
    )
    assert np.allclose(solution.theta, 1.0, atol=1e-4)


def test_a_step_into_nothing_is_not_taken() -> None:
    """The residual is not a number beyond 0.5, where the first step leads."""

    def residual(theta: NDArray[np.float64]) -> tuple[NDArray[np.float64], None]:
        value = theta[0] - 2.0 if theta[0] < 0.5 else np.nan
        return np.array([value]), None

    solution = least_squares(
        residual,
        lambda theta, state: np.array([[1.0]]),
        np.zeros(1),
        (0,),
        (np.array([-5.0]), np.array([5.0])),
        iterations=60,
    )
    assert np.isfinite(solution.cost)
    assert 0.0 < solution.theta[0] < 0.5


MIX = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.0, 0.3, 0.7]])


def expose(rgb: Any, theta: Any) -> Any:
    return rgb * 2.0 ** theta[0]


def mix(rgb: Any, theta: Any) -> Any:
    luminance = rgb.mean(axis=-1, keepdims=True)
    return (rgb @ MIX.T.astype(rgb.dtype)) * (1 + theta[1] * luminance) ** theta[2]


def bend(rgb: Any, theta: Any) -> Any:
    return rgb ** (1.0 + 0.3 * theta[3]) + theta[0] * rgb**2


CHAIN = (
    Stage("expose", (0,), expose, True, columns=lambda b, a, t: [a * np.float32(np.log(2))]),
    Stage("mix", (1, 2), mix),
    Stage("bend", (3, 0), bend, True),
)


@pytest.mark.parametrize("free", [(0, 1, 2, 3), (2, 0), (3,), (1,)], ids=str)
@pytest.mark.parametrize("stages", [CHAIN, CHAIN[:2], CHAIN[1:]], ids=len)
def test_the_jacobian_is_that_of_the_whole_chain(
    free: tuple[int, ...], stages: tuple[Stage, ...]
) -> None:
    random = np.random.default_rng(3)
    rgb = random.uniform(0.05, 2.0, (30, 3))
    theta = np.array([0.2, 0.4, 0.7, -0.3, 0.0, 0.0])
    wanted = []
    for setting in free:
        step = np.zeros(SIZE)
        step[setting] = 1e-6
        wanted.append((run(stages, rgb, theta + step) - run(stages, rgb, theta - step)) / 2e-6)
    result = chain_jacobian(stages, forward(stages, rgb, theta), theta, free)
    assert result.shape == (30, 3, len(free))
    assert np.allclose(result, np.stack(wanted, axis=-1), rtol=0.01, atol=0.01)


@pytest.mark.parametrize("part", range(len(CHAIN) + 1))
def test_a_chain_may_be_cut_in_two(part: int) -> None:
    random = np.random.default_rng(4)
    rgb = random.uniform(0.05, 2.0, (30, 3))
    theta, free = np.array([0.2, 0.4, 0.7, -0.3, 0.0, 0.0]), (0, 1, 2, 3, 5)
    states = forward(CHAIN, rgb, theta)
    first = chain_jacobian(CHAIN[:part], states[: part + 1], theta, free)
    both = chain_jacobian(CHAIN[part:], states[part:], theta, free, first)
    assert np.allclose(both, chain_jacobian(CHAIN, states, theta, free), atol=1e-9)


def test_no_step_is_tried_that_promises_nothing(
    problem: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """At the answer there is nothing to gain."""
    matrix, right = problem
    answer = solve_linear(matrix, right).theta
    asked: list[NDArray[np.float64]] = []

    def residual(theta: NDArray[np.float64]) -> tuple[NDArray[np.float64], str]:
        asked.append(theta)
        return matrix @ theta - right, "state"

    solution = least_squares(
        residual, lambda theta, state: matrix, answer, range(SIZE), WIDE, least_gain=1e-4
    )
    assert len(asked) == 1
    assert np.array_equal(solution.theta, answer) and solution.state == "state"


def test_a_setting_that_no_stage_reads_has_no_slope() -> None:
    rgb = np.ones((4, 3), dtype=np.float32)
    theta = np.zeros(SIZE)
    states = forward(CHAIN, rgb, theta)
    assert not chain_jacobian(CHAIN, states, theta, (4, 5)).any()
    assert chain_jacobian(CHAIN, states, theta, (0, 4))[..., 0].all()


def test_forward_returns_every_state_in_the_pixels_dtype() -> None:
    rgb = np.full((4, 3), 0.5, dtype=np.float32)
    states = forward(CHAIN, rgb, np.ones(SIZE))
    assert len(states) == len(CHAIN) + 1
    assert states[0] is rgb
    assert np.array_equal(states[1], rgb * 2)
    assert all(state.dtype == np.float32 for state in states)
