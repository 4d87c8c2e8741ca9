"""Bursts and a sunset of the virtual camera: one scene taken many times, with known jitter.

`TUNING_SET`'s scenes are photographed with a camera whose exposure and white balance wander as
automatic ones do. Every photo's EXIF says its nominal exposure; what the shutter really did is a
little off. Directions are known, so that photos can be compared on the places all of them show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from sidelight.imaging.color import D65_WHITE, REC2020_TO_XYZ, adaptation, luminance
from sidelight.learning.dng import Dng
from sidelight.learning.radiance import RadianceMap, View, rays, rotation, view
from sidelight.learning.virtual_camera import (
    SENSORS,
    Shot,
    decode_matrix,
    illuminant_xyz,
    midtone_level,
    take,
)

SIZE = (256, 192)
"""Width and height of a burst's photos."""


@dataclass(frozen=True)
class Frame:
    """How one photo of a burst differs from the first.

    Attributes:
        exposure_ev: What the camera's exposure changed, as its EXIF says.
        error_ev: What it changed besides, unknown to the EXIF.
        as_shot_mired: Where its automatic white balance went.
        yaw_degrees, pitch_degrees: Where it looked.
        light_ev: How much brighter the scene was.
        light_k: Colour temperature of the scene's light; that of the shot when 0.
        after_s: Seconds after the first.
    """

    exposure_ev: float = 0.0
    error_ev: float = 0.0
    as_shot_mired: float = 0.0
    yaw_degrees: float = 0.0
    pitch_degrees: float = 0.0
    light_ev: float = 0.0
    light_k: float = 0.0
    after_s: int = 0


def jittered(
    count: int, seed: int, *, framing_degrees: float = 2.0, seconds: int = 0
) -> list[Frame]:
    """Return frames with an exposure off by up to 0.7 EV in thirds, white balance by 15 mired.

    Args:
        count: Photos.
        seed: Of the jitter.
        framing_degrees: Largest change of direction, each way.
        seconds: From photo to photo; 0 puts five into each second.
    """
    random = np.random.default_rng(seed)
    thirds = random.integers(-2, 3, count) / 3.0
    return [
        Frame(
            exposure_ev=float(thirds[i]),
            error_ev=float(random.normal(0.0, 0.03)),
            as_shot_mired=float(random.uniform(-15.0, 15.0)),
            yaw_degrees=float(random.uniform(-1.0, 1.0)) * framing_degrees,
            pitch_degrees=float(random.uniform(-1.0, 1.0)) * framing_degrees,
            after_s=i * seconds if seconds else i // 5,
        )
        for i in range(count)
    ]


def steady(frame: Frame) -> Frame:
    """Return a frame without jitter: what remains is its light and its time."""
    return Frame(light_ev=frame.light_ev, light_k=frame.light_k, after_s=frame.after_s)


def sunset(
    frames: Sequence[Frame], light_ev: float = -2.5, kelvin: tuple[float, float] = (5500, 4000)
) -> list[Frame]:
    """Return frames whose light fades and warms evenly, from the first to the last."""
    share = np.linspace(0.0, 1.0, len(frames))
    mired = 1e6 / kelvin[0] + share * (1e6 / kelvin[1] - 1e6 / kelvin[0])
    return [
        replace(frame, light_ev=float(light_ev * part), light_k=float(1e6 / at))
        for frame, part, at in zip(frames, share, mired, strict=True)
    ]


def write_burst(
    folder: Path,
    radiance: RadianceMap,
    shot: Shot,
    frames: Sequence[Frame],
    luts: Path,
    size: tuple[int, int] = SIZE,
) -> list[Path]:
    """Photograph a scene and write `burst_NN.dng`.

    Args:
        folder: Where, made if it is not there.
        radiance: The scene.
        shot: How the first photo is taken; its exposure and white balance are the burst's middle.
        frames: The photos.
        luts: Folder of the camera's film LUTs.
        size: Width and height in pixels.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, frame in enumerate(frames):
        path = folder / f"burst_{number:02d}.dng"
        path.write_bytes(photograph(radiance, shot, frame, number, luts, size).to_bytes())
        paths.append(path)
    return paths


def photograph(
    radiance: RadianceMap,
    shot: Shot,
    frame: Frame,
    number: int,
    luts: Path,
    size: tuple[int, int] = SIZE,
) -> Dng:
    """Take one photo of a burst; as `write_burst`."""
    neutral_mired = 1e6 / shot.illuminant_k + shot.as_shot_mired + frame.as_shot_mired
    kelvin = frame.light_k or shot.illuminant_k
    scene = RadianceMap(
        (radiance.rgb * 2.0**frame.light_ev).astype(np.float32), radiance.is_panorama
    )
    taken = replace(
        shot,
        window=window_of(shot, frame),
        illuminant_k=kelvin,
        as_shot_mired=neutral_mired - 1e6 / kelvin,
        seed=shot.seed + 1000 * number,
        captured=_later(shot.captured, frame.after_s),
    )
    # `take` meters what is in view; the burst's camera stays where its first photo put it.
    metered = _metered_ev(scene, taken, size) - _metered_ev(radiance, shot, size)
    nominal = replace(
        taken,
        exposure_ev=shot.exposure_ev + frame.exposure_ev + metered,
        luminance_cd_m2=shot.luminance_cd_m2 * 2.0**metered,
    )
    real = replace(nominal, exposure_ev=nominal.exposure_ev + frame.error_ev)
    dng, _ = take(scene, real, luts, size)
    return replace(
        dng, exposure_s=nominal.exposure_s, exposure_bias_ev=frame.exposure_ev + shot.exposure_ev
    )


def window_of(shot: Shot, frame: Frame) -> View:
    """Return what a frame shows."""
    window = shot.window
    return replace(
        window,
        yaw_degrees=window.yaw_degrees + frame.yaw_degrees,
        pitch_degrees=window.pitch_degrees + frame.pitch_degrees,
    )


def common_area(
    pictures: Sequence[NDArray[np.floating]], shot: Shot, frames: Sequence[Frame]
) -> NDArray[np.float64]:
    """Return the pixels of places that all photos of a panorama show, shape (photos, N, 3)."""
    height, width = pictures[0].shape[:2]
    directions = rays(shot.window, (width, height))
    inside = np.ones((height, width), dtype=bool)
    places = []
    for frame in frames:
        window = window_of(shot, frame)
        camera = directions @ rotation(window)
        half = np.tan(np.radians(window.fov_degrees) / 2)
        x = camera[..., 0] / camera[..., 2] / half
        y = camera[..., 1] / camera[..., 2] / half * width / height
        where = np.stack([(1 - y) / 2 * height - 0.5, (1 + x) / 2 * width - 0.5])
        inside &= (where >= 0).all(axis=0) & (where[0] <= height - 1) & (where[1] <= width - 1)
        places.append(where)
    return np.array(
        [
            [map_coordinates(picture[..., i], where[:, inside], order=1) for i in range(3)]
            for picture, where in zip(pictures, places, strict=True)
        ]
    ).transpose(0, 2, 1)


def _metered_ev(radiance: RadianceMap, shot: Shot, size: tuple[int, int]) -> float:
    sensor = SENSORS[shot.sensor]
    neutral = sensor.color_matrix @ illuminant_xyz(
        1e6 / (1e6 / shot.illuminant_k + shot.as_shot_mired)
    )
    light = adaptation(D65_WHITE, illuminant_xyz(shot.illuminant_k))
    camera = view(radiance, shot.window, size) @ (sensor.color_matrix @ light @ REC2020_TO_XYZ).T
    decoded = np.maximum(camera, 0.0) @ decode_matrix(sensor.color_matrix, neutral / neutral[1]).T
    return midtone_level(luminance(decoded))


def _later(captured: str, seconds: int) -> str:
    from datetime import datetime, timedelta

    form = "%Y:%m:%d %H:%M:%S"
    return (datetime.strptime(captured, form) + timedelta(seconds=seconds)).strftime(form)
