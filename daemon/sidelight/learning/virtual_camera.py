"""A virtual camera: a view into a radiance map becomes a DNG and the truth behind it.

The chain: view and heads, colour matrix of the sensor under the scene's own illuminant, exposure,
shot and read noise, clipping, Bayer mosaic, DNG with the camera's own JPEG. The as-shot neutral
is a little off the illuminant, as a camera's automatic white balance is.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from scipy.ndimage import convolve

from sidelight.imaging.color import (
    D65_WHITE,
    REC2020_TO_XYZ,
    SRGB_TO_REC2020,
    SRGB_TO_XYZ,
    adaptation,
    luminance,
)
from sidelight.learning.camera_look import LOOKS, MIDTONE
from sidelight.learning.dng import Dng
from sidelight.learning.head import Head, put_heads
from sidelight.learning.radiance import RadianceMap, View, view
from sidelight.learning.truth import Truth

Matrix = NDArray[np.float64]

SIZE = (512, 384)
"""Width and height of a virtual RAW."""

TIMING_TILES = 8
"""How often a mosaic is repeated each way for a RAW of 12.6 megapixels."""

_MAKE = "Sidelight"
_JPEG_QUALITY = 92


@dataclass(frozen=True, eq=False)
class Sensor:
    """A sensor and its colour.

    Attributes:
        model: Camera name.
        color_matrix: (3, 3), XYZ to camera for D65, not diagonal.
        black, white: Levels.
        full_well_e: Electrons at saturation at ISO 100.
        read_noise_e: Electrons.
    """

    model: str
    color_matrix: Matrix
    black: int
    white: int
    full_well_e: float
    read_noise_e: float


SENSORS: dict[str, Sensor] = {
    "A": Sensor(
        "Virtual A",
        np.array([[0.874, -0.281, -0.083], [-0.447, 1.236, 0.236], [-0.092, 0.197, 0.694]]),
        512, 15871, 48000.0, 3.2,
    ),
    "B": Sensor(
        "Virtual B",
        np.array([[0.652, -0.172, -0.061], [-0.521, 1.318, 0.219], [-0.113, 0.236, 0.571]]),
        1024, 16200, 30000.0, 2.1,
    ),
}  # fmt: skip
"""Made-up sensors; the matrices have the size and signs that published ones have."""


@dataclass(frozen=True)
class Shot:
    """How one virtual photo is taken.

    Attributes:
        window: What is in view.
        heads: Heads put in.
        exposure_ev: 0 puts the mid-tones 2.5 EV below saturation of green.
        luminance_cd_m2: Absolute luminance of the mid-tones, which fixes the exposure time.
        f_number, iso: Settings.
        illuminant_k: Correlated colour temperature of the scene's light.
        as_shot_mired: How far the as-shot neutral is from it, in mired.
        sensor: A key of `SENSORS`.
        look: A key of `camera_look.LOOKS`.
        seed: Of the noise.
        captured: `"YYYY:MM:DD HH:MM:SS"`.
    """

    window: View
    heads: tuple[Head, ...] = ()
    exposure_ev: float = 0.0
    luminance_cd_m2: float = 2000.0
    f_number: float = 8.0
    iso: int = 100
    illuminant_k: float = 5500.0
    as_shot_mired: float = 10.0
    sensor: str = "A"
    look: str = "standard"
    seed: int = 0
    captured: str = "2025:06:01 12:00:00"

    @property
    def exposure_s(self) -> float:
        """Exposure time by the saturation-based speed of ISO 12232.

        Signal / saturation = 0.65 L t S / (78 N^2).
        """
        signal = MIDTONE * 2.0**self.exposure_ev
        return signal * 78.0 * self.f_number**2 / (0.65 * self.luminance_cd_m2 * self.iso)


def take(
    radiance: RadianceMap, shot: Shot, lut_folder: Path, size: tuple[int, int] = SIZE
) -> tuple[Dng, Truth]:
    """Take one photo.

    Args:
        radiance: The scene.
        shot: How.
        lut_folder: Where the film LUTs of the camera's looks are.
        size: Width and height in pixels, even.

    Raises:
        LutError: A film LUT cannot be read.
    """
    sensor = SENSORS[shot.sensor]
    neutral = sensor.color_matrix @ illuminant_xyz(
        1e6 / (1e6 / shot.illuminant_k + shot.as_shot_mired)
    )
    neutral = neutral / neutral[1]
    truth = _scene(radiance, shot, sensor, neutral, size)
    mosaic = _expose(truth, sensor, shot.seed)
    jpeg = _camera_jpeg(mosaic, sensor, neutral, shot.look, lut_folder)
    dng = Dng(
        mosaic=mosaic,
        black=sensor.black,
        white=sensor.white,
        color_matrix=sensor.color_matrix,
        as_shot_neutral=neutral,
        jpeg=jpeg,
        jpeg_size=size,
        make=_MAKE,
        model=sensor.model,
        software=f"{sensor.model} Ver.1.02",
        exposure_s=shot.exposure_s,
        f_number=shot.f_number,
        iso=shot.iso,
        focal_length_mm=18.0 / np.tan(np.radians(shot.window.fov_degrees) / 2),
        captured=shot.captured,
        exposure_bias_ev=shot.exposure_ev,
        maker_note=f"{_MAKE} {sensor.model}".encode().ljust(64, b"\0"),
    )
    return dng, truth


def enlarged(dng: Dng) -> Dng:
    """Return the same photo tiled to 4096 x 3072 pixels: for timing, never for looking at."""
    return replace(dng, mosaic=np.tile(dng.mosaic, (TIMING_TILES, TIMING_TILES)))


def illuminant_xyz(kelvin: float) -> Matrix:
    """Return XYZ, Y = 1, of daylight from 4000 K, of a Planckian radiator below.

    Daylight: CIE 15. Planckian: cubic spline of Kim et al. (2002), 1667 to 4000 K.
    """
    t = 1e3 / kelvin
    if kelvin >= 4000:
        low = kelvin <= 7000
        x = (
            0.244063 + 0.09911 * t + 2.9678 * t**2 - 4.6070 * t**3
            if low
            else 0.237040 + 0.24748 * t + 1.9018 * t**2 - 2.0064 * t**3
        )
        y = -3.0 * x**2 + 2.870 * x - 0.275
    else:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
        low = kelvin <= 2222
        a, b, c, d = (
            (-1.1063814, -1.34811020, 2.18555832, -0.20219683)
            if low
            else (-0.9549476, -1.37418593, 2.09137015, -0.16748867)
        )
        y = a * x**3 + b * x**2 + c * x + d
    return np.array([x / y, 1.0, (1 - x - y) / y])


def decode_matrix(color_matrix: Matrix, neutral: Matrix) -> Matrix:
    """Return the (3, 3) matrix from camera values to Rec.2020 at as-shot white balance.

    As raw decoders do it: multipliers of the neutral, green 1, then the inverse of the camera's
    matrix with each row scaled so that white stays white. 1.0 stays saturation of green.
    """
    rows = color_matrix @ SRGB_TO_XYZ
    rows = rows / rows.sum(axis=1, keepdims=True)
    return SRGB_TO_REC2020 @ np.linalg.inv(rows) @ np.diag(neutral[1] / neutral)


def midtone_level(y: NDArray[np.floating]) -> float:
    """Return mean log2 of luminance over the pixels between its quartiles, in EV."""
    low, high = np.percentile(y, [25, 75])
    inside = (y >= low) & (y <= high)
    return float(np.log2(np.maximum(y[inside], 1e-12)).mean())


def _scene(
    radiance: RadianceMap, shot: Shot, sensor: Sensor, neutral: Matrix, size: tuple[int, int]
) -> Truth:
    rgb = view(radiance, shot.window, size)
    rgb, heads = put_heads(rgb, shot.heads, radiance, shot.window)
    light = adaptation(D65_WHITE, illuminant_xyz(shot.illuminant_k))
    camera_from_scene = sensor.color_matrix @ light @ REC2020_TO_XYZ
    rgb_from_camera = decode_matrix(sensor.color_matrix, neutral)
    camera = np.maximum(rgb.astype(np.float64) @ camera_from_scene.T, 0.0)
    decoded = camera @ rgb_from_camera.T
    scale = 2.0**shot.exposure_ev * MIDTONE / 2.0 ** midtone_level(luminance(decoded))
    balanced = np.linalg.inv(rgb_from_camera @ camera_from_scene)
    grey = luminance(balanced @ np.ones(3))
    return Truth(
        rgb=(decoded * scale).astype(np.float32),
        camera_from_rgb=np.asarray(np.linalg.inv(rgb_from_camera), dtype=np.float64),
        balanced_from_rgb=balanced / grey,
        full_well_e=sensor.full_well_e * 100.0 / shot.iso,
        read_noise_e=sensor.read_noise_e,
        heads=heads,
    )


def _expose(truth: Truth, sensor: Sensor, seed: int) -> NDArray[np.uint16]:
    camera = truth.camera()
    height, width = camera.shape[:2]
    signal = np.empty((height, width))
    for (row, column), channel in {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 2}.items():
        signal[row::2, column::2] = camera[row::2, column::2, channel]
    random = np.random.default_rng(seed)
    # Twice saturation stays above white whatever the noise; the sun itself would overflow.
    electrons = random.poisson(np.clip(signal, 0.0, 2.0) * truth.full_well_e)
    noisy = electrons + random.normal(0.0, truth.read_noise_e, signal.shape)
    codes = sensor.black + noisy / truth.full_well_e * (sensor.white - sensor.black)
    return np.clip(np.rint(codes), 0, sensor.white).astype(np.uint16)


def _camera_jpeg(
    mosaic: NDArray[np.uint16], sensor: Sensor, neutral: Matrix, look: str, lut_folder: Path
) -> bytes:
    signal = (mosaic.astype(np.float64) - sensor.black) / (sensor.white - sensor.black)
    # Clipped at the saturation of green, so that blown skies come out white.
    balanced = np.clip(_demosaic(signal) * (neutral[1] / neutral), 0.0, 1.0)
    to_srgb = np.linalg.inv(SRGB_TO_REC2020) @ decode_matrix(sensor.color_matrix, neutral)
    rgb = balanced @ (to_srgb @ np.diag(neutral / neutral[1])).T
    picture = PillowImage.fromarray(LOOKS[look].render(rgb.astype(np.float32), lut_folder))
    exif = PillowImage.Exif()
    exif[271], exif[272] = _MAKE, sensor.model
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_JPEG_QUALITY, subsampling="4:2:2", exif=exif)
    return file.getvalue()


def _demosaic(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bilinear interpolation of an RGGB mosaic, shape (H, W, 3)."""
    cross = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 4
    square = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4
    planes = []
    for sites, kernel in (
        ([(0, 0)], square), ([(0, 1), (1, 0)], cross), ([(1, 1)], square)
    ):  # fmt: skip
        plane = np.zeros_like(signal)
        for row, column in sites:
            plane[row::2, column::2] = signal[row::2, column::2]
        planes.append(convolve(plane, kernel, mode="mirror"))
    return np.stack(planes, axis=-1)
