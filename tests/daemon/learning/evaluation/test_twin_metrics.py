from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.learning.evaluation.methods import Subject
from sidelight.learning.evaluation.twin_metrics import TWIN_METRICS, twin_figures
from sidelight.learning.metrics import reference_rendition
from sidelight.learning.truth import Truth


def test_the_reference_rendition_itself_is_without_error(truth: Truth, subject: Subject):
    sdr = np.clip(truth.rgb, 0, 1)
    hdr = reference_rendition(truth.limited(), sdr, 2.0)
    case = replace(subject.case, row=1)
    found = twin_figures(case, "lightroom", truth, sdr, hdr, 2.0)
    assert set(found) == {metric.name for metric in TWIN_METRICS}
    assert found["headroom_stops"] == pytest.approx(0.0, abs=1e-3)
    assert found["delta_e_itp"] == pytest.approx(0.0, abs=1e-2)
    brighter = twin_figures(case, "lightroom", truth, sdr, 1.2 * hdr, 2.0)
    assert brighter["delta_e_itp"] > 1.0 and brighter["headroom_stops"] > 0.2
    cropped = twin_figures(case, "lightroom", truth, sdr[1:-1, 1:-1], hdr[1:-1, 1:-1], 2.0)
    assert cropped["headroom_stops"] < 0.05
