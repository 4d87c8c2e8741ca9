"""Figures of SDR and HDR twins where the truth behind a photo is known."""

from __future__ import annotations

from sidelight.learning.evaluation.methods import Pixels
from sidelight.learning.evaluation.picture_metrics import Metric
from sidelight.learning.evaluation.protocol import Case
from sidelight.learning.metrics import itp_guard
from sidelight.learning.truth import Truth
from sidelight.learning.twins import evaluate_twins, fitted

TWIN_METRICS: tuple[Metric, ...] = (
    Metric(
        "headroom_stops", "Headroom error", "stops", "lower", 2,
        "Mean over P99 and P99.9 of |log2 luminance of the HDR rendition - reference rendition's|, "
        "both limited to 0..headroom. The reference rendition is the true radiance the RAW holds, "
        "anchored at the method's own mid-tones, times (Y/g)^0.2, with a shoulder.",
    ),
    Metric(
        "grey_lift_ev", "Grey lift", "EV", "lower", 3,
        "|median of log2(HDR / SDR)| over the truly darkest fifth.",
    ),
    Metric(
        "black", "Black P0.5", "", "lower", 4,
        "P0.5 of the SDR rendition's luminance; 0.012 is the limit unless the scene is flat.",
    ),
    Metric(
        "crushed_percent", "Crushed", "%", "lower", 2,
        "Pixels below 0.0008 whose true signal stands above twice the noise.",
    ),
    Metric(
        "sdr_white", "SDR P99.5", "", "higher", 3,
        "P99.5 of the SDR rendition's luminance; a scene with a diffuse white should reach 0.85 "
        "to 1.",
    ),
    Metric(
        "clipped_percent", "Clipped", "%", "lower", 2,
        "Pixels at white in any channel of the SDR rendition beyond those clipped in the RAW.",
    ),
    Metric(
        "delta_e_itp", "ΔE ITP (guard)", "", "lower", 1,
        "Mean ΔE ITP (ITU-R BT.2124) of the HDR rendition to the reference rendition at 128 px, "
        "1.0 = 203 nits. A guard against gross errors, no score of quality.",
    ),
)  # fmt: skip
"""Figures of methods that have an HDR rendition, in protocols that know the truth."""


def twin_figures(
    case: Case, editor: str, truth: Truth, sdr: Pixels, hdr: Pixels, headroom: float
) -> dict[str, float]:
    """Return the figures of twins by metric name.

    Args:
        case: The photo.
        editor: Whose rendering.
        truth: Its scene.
        sdr, hdr: The twins, display-linear Rec.2020.
        headroom: Stops above SDR white of the HDR twin.
    """
    found = evaluate_twins(case.name, case.row, editor, truth, (sdr, hdr), headroom)
    long_side = min(max(sdr.shape[:2]), max(truth.heads.shape))
    small = truth.averaged(long_side)
    shape = small.rgb.shape[:2]
    twins = [fitted(twin, shape, long_side) for twin in (sdr, hdr)]
    guard = itp_guard(small.limited(), twins[0], twins[1], headroom)
    return {
        "headroom_stops": found.headroom.stops,
        "grey_lift_ev": found.grey_lift_ev,
        "black": found.black.level,
        "crushed_percent": 100.0 * found.black.crushed,
        "sdr_white": found.sdr_use.white,
        "clipped_percent": 100.0 * found.sdr_use.clipped,
        "delta_e_itp": guard.hdr,
    }
