"""SDR = f(HDR): the relation of the two renditions in a gain-map export, measured and emulated.

Such a file holds twins of one edit, not the raw they were made of, so that this relation is all
it can tell: how the emulator's HDR mode leaves the SDR rendition, not how either follows the raw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

from sidelight.emulators.base import Context, run
from sidelight.emulators.lightroom import LightroomConstants, LightroomEmulator
from sidelight.emulators.lightroom.constants import DEFAULTS, bounds_of, names_of
from sidelight.imaging.color import luminance
from sidelight.recipe import Hdr, Recipe
from sidelight.recipe.white_balance import RelativeWhiteBalance

BIN_EV = 0.5
LOWEST_EV, HIGHEST_EV = -8.0, 4.0
_LEAST_SHARE = 5e-4
_CLIPPED = 0.98
_SCENE = 2.0 ** np.linspace(-14.0, 12.0, 2081)
_PRIOR = 0.02


@dataclass(frozen=True, eq=False)
class Relation:
    """The tone relation of one export.

    Attributes:
        hdr_ev: log2 of the HDR rendition's luminance, middle of each bin, (B,), 0 = SDR white.
        sdr_ev: Median of the SDR rendition's in each bin.
        share: Of the pixels that fall into each bin.
        headroom: The HDR limit that was set, in stops.
    """

    hdr_ev: NDArray[np.float64]
    sdr_ev: NDArray[np.float64]
    share: NDArray[np.float64]
    headroom: float


@dataclass(frozen=True)
class RelationError:
    """How far the emulator's SDR rendition is from the measured one at equal HDR light, in EV.

    Attributes:
        rms: Over the bins, weighted by their pixels.
        largest: Over the bins.
    """

    rms: float
    largest: float


def measure_relation(sdr: ArrayLike, hdr: ArrayLike, headroom: float) -> Relation:
    """Return the tone relation of two renditions.

    Args:
        sdr, hdr: Display-linear Rec.2020, shape (H, W, 3), 1.0 = SDR white.
        headroom: The HDR limit that was set, in stops.
    """
    sdr, hdr = np.asarray(sdr, dtype=np.float64), np.asarray(hdr, dtype=np.float64)
    usable = (sdr.max(axis=-1) < _CLIPPED) & (luminance(sdr) > 0) & (luminance(hdr) > 0)
    sdr_ev = np.log2(luminance(sdr)[usable])
    hdr_ev = np.log2(luminance(hdr)[usable])
    edges = np.arange(LOWEST_EV, HIGHEST_EV + BIN_EV, BIN_EV)
    found = []
    for low in edges[:-1]:
        inside = (hdr_ev >= low) & (hdr_ev < low + BIN_EV)
        share = inside.sum() / usable.size
        if share >= _LEAST_SHARE:
            # The slope within a bin is not one: its own middle, not the bin's.
            found.append((np.median(hdr_ev[inside]), np.median(sdr_ev[inside]), share))
    columns = np.array(found, dtype=np.float64).reshape(-1, 3).T
    return Relation(columns[0], columns[1], columns[2], headroom)


def emulated_sdr_ev(relation: Relation, constants: LightroomConstants) -> NDArray[np.float64]:
    """Return the SDR rendition that the emulator has where its HDR rendition has `hdr_ev`."""
    emulator = LightroomEmulator(constants)
    grey = np.repeat(_SCENE[:, None], 3, axis=1)
    # HDR mode off would bring in the point curve, which is the identity anyway.
    recipe = Recipe(hdr=Hdr(True, relation.headroom))
    sdr, hdr = (
        run(
            emulator.stages(Context(RelativeWhiteBalance(), headroom, hdr=recipe.hdr)),
            grey,
            recipe.to_vector(),
        )[:, 1]
        for headroom in (0.0, relation.headroom)
    )
    rising = np.r_[True, np.diff(hdr) > 1e-9]
    return np.interp(relation.hdr_ev, np.log2(hdr[rising]), np.log2(sdr[rising]))


def relation_error(relation: Relation, constants: LightroomConstants) -> RelationError:
    """Return how far the emulator's relation is from the measured one."""
    miss = emulated_sdr_ev(relation, constants) - relation.sdr_ev
    weight = relation.share / relation.share.sum()
    return RelationError(float(np.sqrt(weight @ miss**2)), float(np.abs(miss).max()))


def fit_relation(
    relations: Sequence[Relation], start: LightroomConstants = DEFAULTS
) -> LightroomConstants:
    """Return the constants of HDR mode that fit some exports best, the others as in `start`.

    Args:
        relations: With at least one bin each.
        start: Where to begin; a weak prior pulls to it.
    """
    names = names_of(["hdr"])
    first = np.array([getattr(start, name) for name in names])
    low, high = np.array([bounds_of(name) for name in names]).T
    span = high - low

    def constants_of(values: NDArray[np.float64]) -> LightroomConstants:
        return replace(start, **dict(zip(names, map(float, values), strict=True)))

    def residual(values: NDArray[np.float64]) -> NDArray[np.float64]:
        constants = constants_of(np.clip(values, low, high))
        rows = [
            # Every stop of light counts, not only where most pixels are.
            np.sqrt(np.sqrt(r.share) / np.sqrt(r.share).sum())
            * (emulated_sdr_ev(r, constants) - r.sdr_ev)
            for r in relations
        ]
        return np.concatenate([*rows, _PRIOR * (values - first) / span])

    found = least_squares(residual, first, bounds=(low, high), x_scale=span, diff_step=1e-3)
    return constants_of(np.clip(found.x, low, high))
