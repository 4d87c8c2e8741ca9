"""What a calibration found, for people and programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from sidelight.workflows.triples import Skipped


@dataclass(frozen=True)
class SliderReport:
    """What was found about one slider.

    Attributes:
        slider: Its name.
        moved_by: Photos that move it by a tenth of its half range or more.
        share: Of all photos used.
        fitted: Whether its constants moved; they stay where too few photos move it.
        before, after: Mean ΔE2000 of the photos held back that move it, None where none does.
        constants: Name to (before, after).
    """

    slider: str
    moved_by: int
    share: float
    fitted: bool
    before: float | None
    after: float | None
    constants: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class GainMapReport:
    """The relation SDR = f(HDR) of one export: error of the emulator's in EV.

    `note` says why it does not count towards a fit, where it does not. `alone_*` are what the
    constants of HDR mode reach when they are fitted to this export alone.
    """

    path: Path
    headroom: float
    before_rms: float
    before_largest: float
    alone_rms: float
    alone_largest: float
    alone_constants: dict[str, float]
    relation: tuple[tuple[float, float], ...]
    note: str = ""


@dataclass(frozen=True)
class CalibrationReport:
    """What a calibration did.

    Attributes:
        status: `"saved"`, `"found"` (dry run), `"kept"` (nothing better was found) or
            `"too few"`.
        reason: One sentence.
        used, held_back: How many photos with an export.
        before, after: ΔE2000 on those held back, `"mean"` and `"p95"`; empty without a fit.
        sliders, gain_maps: One by one.
        gain_map_error: RMS in EV over the gain-map exports held back, `"before"` and `"after"`.
        skipped: What was not used.
    """

    status: str
    reason: str
    used: int = 0
    held_back: int = 0
    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)
    sliders: tuple[SliderReport, ...] = ()
    gain_maps: tuple[GainMapReport, ...] = ()
    gain_map_error: dict[str, float] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return plain(asdict(self))


def plain(value: Any) -> Any:
    """Return JSON values of nested values; None for numbers that are not finite."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return round(value, 4) if isfinite(value) else None
    return str(value) if isinstance(value, Path) else value
