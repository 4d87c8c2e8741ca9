"""Sidecars written by darktable (4.2.1 unless it says 5.4.1), and a check for operations.

imported.xmp   import only: no history yet
opened.xmp     opened in the darkroom: darktable's own operations
edited.xmp     then exposure set to 1 EV
retouched.xmp  a full edit: lens, two denoise instances, crop, rotation, flip switched off,
               sharpen, watermark, vignette, color zones, a retouched circle; rating,
               label, title and tags
ours.xmp       retouched.xmp with an edit of ours in it, twin.xmp the HDR twin beside it
ours_421.xmp   ours.xmp after 4.2.1 had imported it and somebody had given three stars
twin_541.xmp   twin.xmp after 5.4.1 had imported it: newer versions of most operations
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sidelight_xmp.darktable.operations import decode, encode, modversion

SIDECARS = Path(__file__).parent / "sidecars"


@pytest.fixture
def sidecar() -> Callable[[str], bytes]:
    """Return the bytes of one of the sidecars by name."""
    return lambda name: (SIDECARS / f"{name}.xmp").read_bytes()


@pytest.fixture
def check_operation() -> Callable[[str, str, Mapping[str, Any]], None]:
    """Check bytes -> values -> bytes of annotated hex; floats to float32's precision."""

    def check(operation: str, annotated_hex: str, expected: Mapping[str, Any]) -> None:
        lines = (line.split("#")[0] for line in annotated_hex.splitlines())
        data = bytes.fromhex(re.sub(r"\s", "", "".join(lines)))
        values = decode(operation, modversion(operation), data)
        assert isinstance(values, dict)
        assert {name: values[name] for name in expected} == {
            name: _approximately(value) for name, value in expected.items()
        }
        assert encode(operation, values) == data

    return check


def _approximately(value: Any) -> Any:
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-6, nan_ok=math.isnan(value))
    return value
