"""Renders by the real darktable: a RAW and a sidecar in, display-linear Rec.2020 out.

`sidelight.imaging.darktable_cli` says how it is run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sidelight.errors import ToolError
from sidelight.imaging.darktable_cli import (
    dropped_entries,
    read_pfm,
    run_darktable_cli,
)
from sidelight.imaging.scratch import scratch_folder
from sidelight_xmp.darktable import History, HistoryEntry, merge_history


@dataclass(frozen=True, eq=False)
class Render:
    """What darktable made of a photo.

    Attributes:
        rgb: float32, shape (H, W, 3), linear Rec.2020, upright, unbounded.
        stderr: What it complained about, line by line.
    """

    rgb: NDArray[np.float32]
    stderr: tuple[str, ...]

    @property
    def dropped(self) -> tuple[str, ...]:
        """Lines that say an entry of the sidecar did not take part."""
        return dropped_entries(self.stderr)


def render_darktable(
    photo: Path,
    sidecar: bytes,
    *,
    size_px: int = 0,
    lut_root: Path | None = None,
    timeout_s: float = 180.0,
) -> Render:
    """Render one photo.

    Args:
        photo: The RAW; it and what lies beside it are not touched.
        sidecar: The whole XMP file.
        size_px: Longest side, 0 for full size.
        lut_root: Folder that `lut3d` entries name their file in.
        timeout_s: When to give up.

    Raises:
        ToolError: darktable-cli is missing, failed or took too long.
    """
    with scratch_folder() as folder:
        sidecar_path, out = folder / "edit.xmp", folder / "out.pfm"
        sidecar_path.write_bytes(sidecar)
        inputs = [str(photo.resolve()), str(sidecar_path), str(out)]
        stderr = run_darktable_cli(
            inputs, folder, size_px=size_px, lut_root=lut_root, timeout_s=timeout_s
        )
        return Render(_result(out, photo, stderr), stderr)


def render_darktable_batch(
    photos: Sequence[tuple[Path, bytes]],
    *,
    size_px: int = 0,
    lut_root: Path | None = None,
    timeout_s: float = 900.0,
) -> list[Render]:
    """Render several photos, each with its sidecar, in one run of darktable.

    Start-up is most of a small photo's time, so this is about three times faster. Should a line
    tell of a dropped entry, the photos are rendered again one by one to learn whose it was.

    Raises:
        ToolError: As `render_darktable`.
    """
    if not photos:
        return []
    with scratch_folder() as folder:
        (folder / "in").mkdir()
        (folder / "out").mkdir()
        outputs = []
        for number, (photo, sidecar) in enumerate(photos):
            link = folder / "in" / f"{number:05d}{photo.suffix}"
            link.symlink_to(photo.resolve())
            link.with_name(link.name + ".xmp").write_bytes(sidecar)
            outputs.append(folder / "out" / f"{number:05d}.pfm")
        inputs = ["--import", str(folder / "in"), str(folder / "out"), "--out-ext", "pfm"]
        stderr = run_darktable_cli(
            inputs, folder, size_px=size_px, lut_root=lut_root, timeout_s=timeout_s
        )
        if not dropped_entries(stderr):
            return [
                Render(_result(out, photo, stderr), stderr)
                for out, (photo, _) in zip(outputs, photos, strict=True)
            ]
    return [
        render_darktable(photo, sidecar, size_px=size_px, lut_root=lut_root, timeout_s=timeout_s)
        for photo, sidecar in photos
    ]


def linear_sidecar(multipliers: ArrayLike, highlights: str = "opposed") -> bytes:
    """Return a sidecar without any tone mapping: scene-linear pixels as later operations see them.

    Args:
        multipliers: (3,) of the raw channels, green 1.
        highlights: Mode of the highlights operation; `"opposed"` is mode 5, the default of
            darktable's own interface, `"clip"` mode 0.
    """
    return _sidecar([*_base(multipliers, highlights), HistoryEntry.from_values("exposure", {})])


def default_sidecar(multipliers: ArrayLike, headroom: float = 0.0) -> bytes:
    """Return darktable's default rendition, the baseline of comparisons.

    As-shot temperature, highlights mode 5, exposure +0.7 EV, sigmoid of contrast 1.5, skew 0 and
    white target 100 x 2^headroom percent.
    """
    return _sidecar(
        [
            *_base(multipliers, "opposed"),
            HistoryEntry.from_values("exposure", {"exposure": 0.7}),
            HistoryEntry.from_values(
                "sigmoid",
                {
                    "middle_grey_contrast": 1.5,
                    "contrast_skewness": 0.0,
                    "display_white_target": 100.0 * 2.0**headroom,
                },
            ),
        ]
    )


def _base(multipliers: ArrayLike, highlights: str) -> list[HistoryEntry]:
    red, green, blue = np.asarray(multipliers, dtype=float)[:3]
    balance = {"red": red / green, "green": 1.0, "blue": blue / green}
    return [
        HistoryEntry.from_values("temperature", balance),
        HistoryEntry.from_values("highlights", {"mode": highlights}),
    ]


def _sidecar(entries: list[HistoryEntry]) -> bytes:
    return merge_history(None, History(tuple(entries), history_end=len(entries)))


def _result(path: Path, photo: Path, stderr: tuple[str, ...]) -> NDArray[np.float32]:
    if not path.exists():
        raise ToolError(f"darktable-cli wrote nothing for {photo.name}: {' '.join(stderr[-2:])}")
    return read_pfm(path)
