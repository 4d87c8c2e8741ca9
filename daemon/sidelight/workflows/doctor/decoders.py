"""Do the decoders work? Samples are made on the spot."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sidelight.errors import SidelightError
from sidelight.workflows.doctor.check import Check
from sidelight.workflows.pool import in_processes


def check_decoders() -> Check:
    """Decode a small raw file and a small JPEG, made on the spot, in a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        calls = [(path,) for path in _make_samples(Path(folder))]
        answers = list(in_processes(_decode, calls, 1, lambda call, reason: reason))
    failures = [answer for answer in answers if answer]
    if failures:
        return Check("decoders", "failed", "; ".join(failures))
    return Check("decoders", "ok", "a raw file and a JPEG were decoded")


def _make_samples(folder: Path) -> tuple[Path, Path]:
    import io

    import numpy as np
    from PIL import Image as Pillow

    from sidelight.learning.dng import Dng

    random = np.random.default_rng(0)
    height, width = 96, 128
    ramp = np.linspace(0.02, 0.9, width)[None, :] * np.linspace(0.3, 1.0, height)[:, None]
    noisy = np.clip(ramp + random.normal(0, 0.01, ramp.shape), 0, 1)
    stream = io.BytesIO()
    Pillow.fromarray((255 * noisy[..., None].repeat(3, axis=2)).astype(np.uint8)).save(
        stream, "JPEG"
    )
    raw = Dng(
        mosaic=(1024 + 15000 * noisy).astype(np.uint16),
        black=1024,
        white=16383,
        color_matrix=np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]]),
        as_shot_neutral=np.array([0.5, 1.0, 0.6]),
        jpeg=stream.getvalue(),
        jpeg_size=(width, height),
        make="Sidelight",
        model="Doctor",
        software="Sidelight",
        exposure_s=0.01,
        f_number=8.0,
        iso=100,
        focal_length_mm=50.0,
        captured="2026:01:01 12:00:00",
    )
    samples = folder / "sample.dng", folder / "sample.jpg"
    samples[0].write_bytes(raw.to_bytes())
    samples[1].write_bytes(stream.getvalue())
    return samples


def _decode(photo: Path) -> str:
    from sidelight.imaging import read_photo

    try:
        read_photo(photo)
    except SidelightError as error:
        return f"{photo.name}: {error}"
    return ""
