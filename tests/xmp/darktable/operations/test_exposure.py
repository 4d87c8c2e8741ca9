"""exposure v6: the workflow default and the refusal of what darktable would obey."""

from __future__ import annotations

import pytest

from sidelight_xmp.darktable.operations import encode
from sidelight_xmp.errors import InvalidValueError

WORKFLOW = """
00000000  # mode: manual
000080b9  # black: -1/4096
3333333f  # exposure: 0.7 EV
00004842  # deflicker_percentile: 50
000080c0  # deflicker_target_level: -4 EV
01000000  # compensate_exposure_bias: yes
"""


def test_decode_and_encode(check_operation):
    check_operation(
        "exposure",
        WORKFLOW,
        {
            "mode": "manual",
            "black": -0.000244140625,
            "exposure": 0.7,
            "deflicker_percentile": 50.0,
            "deflicker_target_level": -4.0,
            "compensate_exposure_bias": True,
        },
    )


@pytest.mark.parametrize("exposure", [18.1, -18.1, float("nan"), float("inf"), "bright", None])
def test_refuses_what_is_no_exposure(exposure):
    with pytest.raises(InvalidValueError, match="exposure: exposure cannot hold"):
        encode("exposure", {"exposure": exposure})
