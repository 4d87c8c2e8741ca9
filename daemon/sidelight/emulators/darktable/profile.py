"""darktable's working profile: linear Rec.2020 with an ICC profile's white, D50."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sidelight.imaging.color import D50_WHITE, D65_WHITE, REC2020_TO_XYZ, adaptation

Matrix = NDArray[np.float64]

WORKING_TO_XYZ_D50: Matrix = adaptation(D65_WHITE, D50_WHITE) @ REC2020_TO_XYZ
"""(3, 3) working RGB to XYZ of the profile connection space (Bradford)."""

XYZ_D50_TO_WORKING: Matrix = np.asarray(np.linalg.inv(WORKING_TO_XYZ_D50), dtype=np.float64)

XYZ_D50_TO_D65: Matrix = np.array(
    [
        [9.89466254e-01, -4.00304626e-02, 4.40530317e-02],
        [-5.40518733e-03, 1.00666069e00, -1.75551955e-03],
        [-4.03920992e-04, 1.50768030e-02, 1.30210211e00],
    ]
)
"""(3, 3) CAT16 from D50 to D65."""

WORKING_TO_XYZ_D65: Matrix = XYZ_D50_TO_D65 @ WORKING_TO_XYZ_D50
XYZ_D65_TO_WORKING: Matrix = np.asarray(np.linalg.inv(WORKING_TO_XYZ_D65), dtype=np.float64)
