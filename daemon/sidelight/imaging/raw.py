"""Raw files to scene-linear pixels, on the scale darktable uses.

1.0 is the saturation of the green channel with multipliers divided by green. LibRaw unpacks the
sensor data; blocks of the mosaic are averaged here, so that clipping is seen in the sensor's own
values and nothing is clipped afterwards. Sensors without a mosaic go through LibRaw's half-size
conversion and are brought to the same scale. What LibRaw cannot unpack, darktable may: see `vc5`.
"""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidelight.errors import ImplausibleError, PhotoError, UnreadableError
from sidelight.imaging import plausibility, vc5
from sidelight.imaging.clipping import lost_light_is_neutral, reconstruct
from sidelight.imaging.color import SRGB_TO_REC2020, SRGB_TO_XYZ, apply_matrix
from sidelight.imaging.image import Image, Preview
from sidelight.imaging.metadata import (
    Exif,
    RawTags,
    photo_info,
    read_raw_tags,
    valid_multipliers,
)
from sidelight.imaging.mosaic import (
    Mosaic,
    bin_mosaic,
    block_size,
    clipping_levels,
    interpolate_mosaic,
)
from sidelight.imaging.opcodes import GainMap, read_gain_maps
from sidelight.imaging.orientation import FROM_LIBRAW, upright
from sidelight.imaging.preview import Embedded, judge, multipliers_of_preview, read_embedded
from sidelight.imaging.statistics import noise_floor
from sidelight.recipe.white_balance import CameraWhiteBalance


def read_raw(path: Path, size_px: int = 1024) -> Image:
    """Decode a raw file to a proxy.

    Args:
        path: The file.
        size_px: Upper limit of the proxy's long side. Larger sensors are averaged over whole
            blocks, so the proxy is above half of it; a sensor no larger is interpolated at its
            own size.

    Raises:
        UnreadableError: No decoder opens the file, or it is cut off.
        ImplausibleError: It decodes, but not to a photograph.
    """
    path = Path(path)
    size_bytes = plausibility.check_file(path)
    tags = read_raw_tags(path)
    plausibility.check_extents(tags.ifds, size_bytes)
    if tags.is_dng:  # others say "uncompressed" of what only their own decoder reads
        plausibility.check_storage(tags.sensor, size_bytes)
    import rawpy

    try:
        try:
            return _read(_open(path), path, tags, size_bytes, size_px)
        except rawpy.LibRawFileUnsupportedError:
            if not (tags.is_dng and vc5.is_vc5(tags.sensor)):
                raise
        plain = io.BytesIO(vc5.plain_dng(path, tags.sensor))
        return _read(rawpy.imread(plain), path, tags, size_bytes, size_px)
    except rawpy.LibRawUnsufficientMemoryError as error:
        raise MemoryError from error
    except rawpy.LibRawError as error:
        raise UnreadableError(f"no decoder opens this raw file ({_reason(error)})") from error
    except (PhotoError, MemoryError):
        raise
    except (ValueError, RuntimeError, OSError, AttributeError, IndexError) as error:
        raise UnreadableError(f"this raw file cannot be decoded ({_reason(error)})") from error


def _read(opened: Any, path: Path, tags: RawTags, size_bytes: int, size_px: int) -> Image:
    with opened as raw:
        sizes = raw.sizes
        plausibility.check_size(sizes.raw_width, sizes.raw_height, size_bytes)
        _check_camera(raw, tags)
        embedded = read_embedded(raw)
        return _develop(raw, path, tags, embedded, size_px)


def _open(path: Path) -> Any:
    import rawpy

    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        with path.open("rb") as file:
            return rawpy.imread(file)
    return rawpy.imread(str(path))


def _reason(error: Exception) -> str:
    text = error.args[0] if error.args else error
    return (text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)).strip()


def _check_camera(raw: Any, tags: RawTags) -> None:
    """Refuse data that LibRaw took for a raw file by its length alone."""
    if not tags.ifds and not np.any(raw.rgb_xyz_matrix) and not np.any(raw.color_matrix):
        raise ImplausibleError("the file has no camera header: its sensor data cannot be read")


def _develop(raw: Any, path: Path, tags: RawTags, embedded: Embedded, size_px: int) -> Image:
    orientation = FROM_LIBRAW.get(raw.sizes.flip, 1)
    maps = read_gain_maps(tags.sensor.data(51009))
    camera, clipped, gain, full = _camera_rgb(raw, tags, maps, size_px)
    exif = _exif(raw, tags, embedded.exif)
    balance, source = _white_balance(raw, tags, camera, embedded.rgb, orientation)
    camera *= balance.as_shot.astype(np.float32)
    reconstruct(camera, clipped)
    rgb = upright(apply_matrix(camera, balance.camera_to_working), orientation)
    plausibility.check_pixels(rgb)
    clipped = upright(clipped, orientation)
    info = photo_info(
        path,
        replace(exif, orientation=orientation),
        (full[1], full[0]),
        balance,
        source,
        tags.baseline_exposure_ev,
    )
    info = replace(info, lost_light_is_neutral=lost_light_is_neutral(rgb, clipped))
    preview: Preview | None = None
    if embedded.rgb is not None:
        plain = rgb / upright(gain, orientation)[..., None]
        preview = judge(embedded.rgb, rgb, plain, clipped, orientation, tags)
    return Image(rgb, clipped, info, preview, noise_floor(rgb), tags.camera_profile)


def _camera_rgb(
    raw: Any, tags: RawTags, maps: list[GainMap], size_px: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32], tuple[int, int]]:
    """Return unbalanced camera RGB, its clipped mask, green gain, and full height and width."""
    mosaic = _mosaic(raw)
    if mosaic is None:
        return _converted(raw, size_px)
    height, width = mosaic.values.shape
    sample = np.concatenate([mosaic.color_samples(color) for color in range(3)])
    levels = clipping_levels(mosaic)
    span = mosaic.white - float(mosaic.black.mean())
    all_clipped = float((sample >= min(levels)).mean())
    plausibility.check_signal(sample - mosaic.black.mean(), span, all_clipped)
    _check_complete(mosaic.values)
    if mosaic.period == 2 and max(height, width) <= size_px:
        rgb, clipped, gain = interpolate_mosaic(mosaic, levels, maps)
        return rgb, clipped, gain, (height, width)
    blocks = block_size(height, width, mosaic.period, size_px)
    rgb, clipped, gain = bin_mosaic(mosaic, blocks, levels, maps)
    return rgb, clipped, gain, (height, width)


def _check_complete(values: NDArray[np.uint16]) -> None:
    """Refuse a frame whose lower part LibRaw filled with zeros because the file ends early."""
    rows = values[:: max(1, len(values) // 256), ::8]
    empty = np.asarray(~rows.any(axis=1))
    missing = len(empty) if empty.all() else int(np.argmax(~empty[::-1]))
    if missing > max(2, len(empty) // 100):
        raise UnreadableError("the file is cut off: the lower part of the frame is missing")


def _mosaic(raw: Any) -> Mosaic | None:
    """Return the visible, cropped mosaic, or None for a sensor without one."""
    import rawpy

    if raw.raw_type != rawpy.RawType.Flat or raw.num_colors != 3:
        return None
    values = raw.raw_image_visible
    if values.ndim != 2 or values.dtype != np.uint16 or raw.raw_pattern is None:
        return None
    period = int(raw.raw_pattern.shape[0])
    if period not in (2, 6):
        return None
    top, left = raw.sizes.top_margin, raw.sizes.left_margin
    places = range(period)
    index = np.array([[raw.raw_color(top + y, left + x) for x in places] for y in places])
    if not {0, 1, 2} <= set(index.ravel().tolist()) <= {0, 1, 2, 3}:
        return None
    levels = np.asarray(raw.black_level_per_channel, dtype=np.float64)
    pattern = np.where(index == 3, 1, index).astype(np.uint8)
    white = float(raw.white_level)
    if white <= levels.max():
        raise UnreadableError("the file's black level is above its white level")
    return Mosaic(_cropped(values, raw.sizes, period), pattern, levels[index], white)


def _cropped(values: NDArray[np.uint16], sizes: Any, period: int) -> NDArray[np.uint16]:
    """Return the part the camera shows, beginning on a repeat of the pattern."""
    height, width = values.shape
    top = sizes.crop_top_margin
    left = sizes.crop_left_margin
    if top >= sizes.top_margin and left >= sizes.left_margin:
        top, left = top - sizes.top_margin, left - sizes.left_margin
    top, left = top // period * period, left // period * period
    bottom, right = top + sizes.crop_height, left + sizes.crop_width
    fits = sizes.crop_height > height // 2 and sizes.crop_width > width // 2
    if fits and bottom <= height and right <= width:
        return values[top:bottom, left:right]
    return values


def _converted(
    raw: Any, size_px: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32], tuple[int, int]]:
    """Decode through LibRaw's own conversion, equal multipliers, to the same scale."""
    import rawpy

    pixels = raw.postprocess(
        half_size=True,
        output_color=rawpy.ColorSpace.raw,
        gamma=(1, 1),
        no_auto_bright=True,
        adjust_maximum_thr=0,
        highlight_mode=rawpy.HighlightMode.Clip,
        output_bps=16,
        user_wb=[1.0, 1.0, 1.0, 1.0],
        user_flip=0,
    )
    height, width = raw.sizes.height, raw.sizes.width
    step = max(1, -(-max(pixels.shape[:2]) // size_px))
    rows, columns = (length // step for length in pixels.shape[:2])
    total = np.zeros((rows, columns, 3), np.float32)
    hits = np.zeros((rows, columns, 3), np.float32)
    for row in range(step):
        for column in range(step):
            part = pixels[row : rows * step : step, column : columns * step : step]
            total += part
            hits += part >= 65000
    plausibility.check_signal(pixels[::8, ::8], 65535.0, float((pixels[::8, ::8] >= 65000).mean()))
    share = 1.0 / (step * step)
    ones = np.ones((1, 1), np.float32)
    return total * np.float32(share / 65535.0), hits * share >= 0.25, ones, (height, width)


def _exif(raw: Any, tags: RawTags, embedded: Exif) -> Exif:
    """Return EXIF of the file, its embedded JPEG, or what LibRaw found, in this order."""
    own = tags.exif
    other = raw.other
    bias = own.exposure_bias_ev if own.exposure_bias_ev is not None else embedded.exposure_bias_ev
    return Exif(
        make=own.make or embedded.make,
        model=own.model or embedded.model,
        software=own.software or embedded.software,
        orientation=own.orientation,
        exposure_s=own.exposure_s or embedded.exposure_s or other.shutter_speed or None,
        f_number=own.f_number or embedded.f_number or other.aperture or None,
        iso=own.iso or embedded.iso or other.iso_speed or None,
        exposure_bias_ev=bias,
        captured=own.captured or embedded.captured,
    )


def _white_balance(
    raw: Any,
    tags: RawTags,
    camera: NDArray[np.float32],
    preview: NDArray[np.uint8] | None,
    orientation: int,
) -> tuple[CameraWhiteBalance, str]:
    """Return as-shot white balance and where it came from."""
    matrix = _xyz_to_camera(raw)
    daylight = valid_multipliers(raw.daylight_whitebalance)
    if daylight is None:
        daylight = 1.0 / (matrix @ SRGB_TO_XYZ).sum(axis=1)
        daylight = daylight / daylight[1]
    as_shot = valid_multipliers(raw.camera_whitebalance)
    source = "camera"
    if as_shot is None and preview is not None:
        guess = CameraWhiteBalance.from_color_matrix(matrix, daylight)
        as_shot = multipliers_of_preview(preview, camera, guess, orientation)
        source = "preview"
    if as_shot is None:
        as_shot, source = daylight, "daylight"
    if np.any(raw.color_matrix):
        to_working = SRGB_TO_REC2020 @ np.asarray(raw.color_matrix, dtype=np.float64)[:, :3]
        to_working /= to_working.sum(axis=1, keepdims=True)
        return CameraWhiteBalance(matrix, as_shot, to_working, tags.calibrations), source
    return CameraWhiteBalance.from_color_matrix(matrix, as_shot, tags.calibrations), source


def _xyz_to_camera(raw: Any) -> NDArray[np.float64]:
    """Return XYZ to unbalanced camera RGB, or the sRGB matrix for an unknown camera.

    LibRaw leaves its own matrix empty for every DNG; there it follows from the conversion to sRGB
    and the multipliers of daylight.
    """
    matrix = np.asarray(raw.rgb_xyz_matrix, dtype=np.float64)[:3]
    if np.any(matrix) and np.isfinite(matrix).all() and abs(np.linalg.det(matrix)) > 1e-6:
        return matrix
    to_srgb = np.asarray(raw.color_matrix, dtype=np.float64)[:, :3]
    daylight = valid_multipliers(raw.daylight_whitebalance)
    if daylight is not None and np.isfinite(to_srgb).all() and abs(np.linalg.det(to_srgb)) > 1e-6:
        balanced = np.linalg.inv(SRGB_TO_XYZ @ to_srgb)
        return np.asarray(balanced / daylight[:, None], dtype=np.float64)
    return np.asarray(np.linalg.inv(SRGB_TO_XYZ), dtype=np.float64)
