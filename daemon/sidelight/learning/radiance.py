"""Radiance maps: readers for Radiance `.hdr` and OpenEXR, views into panoramas, flat crops.

The files state no primaries, or Radiance's default; both kinds are taken as linear Rec.709 (D65),
what their makers publish them in, and come out as linear Rec.2020 (D65). Values are relative
radiance: only ratios within one file mean something.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from scipy.ndimage import map_coordinates

from sidelight.errors import ToolError, UnreadableError
from sidelight.imaging.color import SRGB_TO_REC2020, apply_matrix

FloatImage = NDArray[np.float32]

_MAXIMUM_SIDE = 16384
_SPLINE_MARGIN = 3


@dataclass(frozen=True, eq=False)
class RadianceMap:
    """Scene-linear radiance of one scene.

    Attributes:
        rgb: float32, shape (H, W, 3), linear Rec.2020 (D65), relative, finite, not negative.
        is_panorama: Whether it is equirectangular (360 x 180 degrees) rather than a flat picture.
    """

    rgb: FloatImage
    is_panorama: bool


@dataclass(frozen=True)
class View:
    """A window onto a radiance map.

    Attributes:
        yaw_degrees: Direction of the optical axis, 0 = the panorama's middle, to the right.
        pitch_degrees: Upwards.
        fov_degrees: Horizontal field of view, 90 to 100 for panoramas of 1024 x 512.
        crop: left, top, width, as fractions of a flat picture's width, height, width; the
            height follows from the aspect ratio. Read for flat pictures only.
    """

    yaw_degrees: float = 0.0
    pitch_degrees: float = 0.0
    fov_degrees: float = 95.0
    crop: tuple[float, float, float] = (0.0, 0.0, 1.0)


def read_radiance(path: Path) -> RadianceMap:
    """Read a `.hdr` or `.exr` file; a `.hdr` twice as wide as high counts as a panorama.

    Raises:
        UnreadableError: The file is not a whole radiance picture.
        ToolError: It is OpenEXR and the reader for it is not installed.
    """
    rgb = _read_exr(path) if path.suffix.lower() == ".exr" else _decode_hdr(_read(path), path.name)
    rgb = apply_matrix(np.nan_to_num(rgb, posinf=65504.0, neginf=0.0), SRGB_TO_REC2020)
    rgb = np.maximum(rgb, 0.0).astype(np.float32)
    height, width = rgb.shape[:2]
    return RadianceMap(rgb, is_panorama=path.suffix.lower() == ".hdr" and width == 2 * height)


def view(radiance: RadianceMap, window: View, size: tuple[int, int]) -> FloatImage:
    """Return what a camera sees of a radiance map, shape (height, width, 3) for `size` = (w, h)."""
    if radiance.is_panorama:
        return _project(radiance.rgb, window, size)
    return _crop(radiance.rgb, window.crop, size)


def rays(window: View, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return unit directions of a rectilinear lens, shape (h, w, 3); x right, y up, z forward.

    World axes: z points to the panorama's middle, y to its top.
    """
    width, height = size
    half = np.tan(np.radians(window.fov_degrees) / 2)
    x = (np.arange(width) + 0.5) / width * 2 - 1
    y = (1 - (np.arange(height) + 0.5) / height * 2) * height / width
    grid_x, grid_y = np.meshgrid(x * half, y * half)
    camera = np.stack([grid_x, grid_y, np.ones_like(grid_x)], axis=-1)
    camera /= np.linalg.norm(camera, axis=-1, keepdims=True)
    return camera @ rotation(window).T


def rotation(window: View) -> NDArray[np.float64]:
    """Return the (3, 3) rotation from camera to world axes."""
    yaw, pitch = np.radians([window.yaw_degrees, window.pitch_degrees])
    tilt = np.array(
        [[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]]
    )
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    return turn @ tilt


def sample(panorama: FloatImage, directions: NDArray[np.float64]) -> FloatImage:
    """Sample a panorama at unit directions (..., 3) through the cubic B-spline kernel.

    The kernel is band-limiting and never negative, so a sun a thousand times brighter than its
    surroundings leaves no dark ring.
    """
    height, width = panorama.shape[:2]
    longitude = np.arctan2(directions[..., 0], directions[..., 2])
    latitude = np.arcsin(np.clip(directions[..., 1], -1.0, 1.0))
    column = (longitude / (2 * np.pi) + 0.5) * width - 0.5
    row = (0.5 - latitude / np.pi) * height - 0.5
    padded = _wrap(panorama, _SPLINE_MARGIN)
    where = np.stack([row + _SPLINE_MARGIN, column + _SPLINE_MARGIN])
    channels = [
        map_coordinates(padded[..., i], where, order=3, mode="nearest", prefilter=False)
        for i in range(3)
    ]
    return np.stack(channels, axis=-1).astype(np.float32)


def _project(panorama: FloatImage, window: View, size: tuple[int, int]) -> FloatImage:
    return sample(panorama, rays(window, size))


def _wrap(panorama: FloatImage, margin: int) -> FloatImage:
    # Beyond a pole the panorama goes on half a turn away, upside down.
    beyond = np.roll(panorama, panorama.shape[1] // 2, axis=1)
    tall = np.concatenate([beyond[:margin][::-1], panorama, beyond[-margin:][::-1]])
    return np.pad(tall, ((0, 0), (margin, margin), (0, 0)), mode="wrap")


def _crop(rgb: FloatImage, crop: tuple[float, float, float], size: tuple[int, int]) -> FloatImage:
    height, width = rgb.shape[:2]
    left, top, wide = crop[0] * width, crop[1] * height, crop[2] * width
    box = (left, top, left + wide, top + wide * size[1] / size[0])
    if min(box) < 0 or box[2] > width + 0.5 or box[3] > height + 0.5:
        raise ValueError("the crop reaches beyond the picture")
    box = (box[0], box[1], min(box[2], width), min(box[3], height))
    channels = [
        # Hamming has no negative lobes: sparkling highlights leave no dark ring.
        PillowImage.fromarray(np.ascontiguousarray(rgb[..., i])).resize(
            size, PillowImage.Resampling.HAMMING, box=box
        )
        for i in range(3)
    ]
    return np.stack([np.asarray(channel) for channel in channels], axis=-1)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{path.name} cannot be read: {error.strerror}") from error


def _read_exr(path: Path) -> NDArray[np.float32]:
    try:
        import OpenEXR
    except ImportError as error:
        raise ToolError("reading OpenEXR files needs the package OpenEXR") from error
    _read(path)
    try:
        channels = OpenEXR.File(str(path), separate_channels=True).channels()
        planes = [np.asarray(channels[name].pixels, dtype=np.float32) for name in "RGB"]
    except (KeyError, RuntimeError, ValueError) as error:
        raise UnreadableError(f"{path.name} is not a whole OpenEXR picture") from error
    return np.stack(planes, axis=-1)


def _decode_hdr(data: bytes, name: str) -> NDArray[np.float32]:
    """Decode Radiance RGBE (G. Ward, *Real Pixels*, Graphics Gems II; the RLE of 1991)."""
    if not data.startswith((b"#?RADIANCE", b"#?RGBE")):
        raise UnreadableError(f"{name} is not a Radiance picture")
    header, _, rest = data.partition(b"\n\n")
    size, _, pixels = rest.partition(b"\n")
    words = size.split()
    if b"32-bit_rle_rgbe" not in header or len(words) != 4 or words[::2] != [b"-Y", b"+X"]:
        raise UnreadableError(f"{name} is a kind of Radiance picture that is not read here")
    try:
        height, width = int(words[1]), int(words[3])
        if not (0 < height <= _MAXIMUM_SIDE and 8 <= width <= _MAXIMUM_SIDE):
            raise ValueError
        rgbe = _decode_scanlines(pixels, height, width)
    except (ValueError, IndexError) as error:
        raise UnreadableError(f"{name} is cut off or damaged") from error
    exponent = rgbe[..., 3:].astype(np.int32)
    mantissa = rgbe[..., :3].astype(np.float32) + 0.5
    return np.where(exponent == 0, 0.0, np.ldexp(mantissa, exponent - 136)).astype(np.float32)


def _decode_scanlines(pixels: bytes, height: int, width: int) -> NDArray[np.uint8]:
    if pixels[:4] != bytes([2, 2, width >> 8, width & 255]):
        return np.frombuffer(pixels, np.uint8, height * width * 4).reshape(height, width, 4)
    planes = np.empty((height, 4, width), np.uint8)
    marker, at = pixels[:4], 0
    for row in range(height):
        if pixels[at : at + 4] != marker:
            raise ValueError("a scanline does not start where it should")
        at += 4
        line = bytearray()
        while len(line) < 4 * width:
            count = pixels[at]
            if count > 128:
                line += pixels[at + 1 : at + 2] * (count - 128)
                at += 2
            else:
                line += pixels[at + 1 : at + 1 + count]
                at += 1 + count
            if count == 0:
                raise ValueError("an empty run")
        planes[row] = np.frombuffer(bytes(line), np.uint8).reshape(4, width)
    return planes.transpose(0, 2, 1)
