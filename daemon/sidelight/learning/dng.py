"""A small writer of DNG files: a Bayer mosaic, its colour description, and an embedded JPEG.

Layout: IFD0 holds the camera's JPEG and the metadata, one SubIFD the mosaic, one Exif IFD the
exposure (Adobe DNG specification 1.4; TIFF 6.0). Little-endian, uncompressed.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SRATIONAL, FLOAT = 1, 2, 3, 4, 5, 7, 10, 11
_SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1, SRATIONAL: 8, FLOAT: 4}
_CODES = {SHORT: "H", LONG: "I", FLOAT: "f"}

Tag = tuple[int, int, object]
"""Tag number, TIFF type, value: bytes, a str, or a sequence of numbers."""


@dataclass(frozen=True, eq=False)
class Dng:
    """What a DNG file of one exposure says.

    Attributes:
        mosaic: uint16, shape (H, W), even sides, RGGB.
        black, white: Levels of the mosaic.
        color_matrix: (3, 3), XYZ to camera for D65.
        as_shot_neutral: (3,), camera values of what is taken as neutral.
        jpeg: The camera's own JPEG.
        jpeg_size: Its width and height.
        make, model, software: As a camera writes them.
        exposure_s, f_number, iso, focal_length_mm, exposure_bias_ev: Exposure.
        captured: `"YYYY:MM:DD HH:MM:SS"`.
        maker_note: Opaque bytes.
        profile: Further tags of the main directory: a camera profile.
    """

    mosaic: NDArray[np.uint16]
    black: int
    white: int
    color_matrix: NDArray[np.float64]
    as_shot_neutral: NDArray[np.float64]
    jpeg: bytes
    jpeg_size: tuple[int, int]
    make: str
    model: str
    software: str
    exposure_s: float
    f_number: float
    iso: int
    focal_length_mm: float
    captured: str
    exposure_bias_ev: float = 0.0
    maker_note: bytes = field(default=b"")
    profile: tuple[Tag, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the file's bytes; the same values always give the same bytes.

        Raises:
            ValueError: The mosaic is not uint16 with even sides.
        """
        if (
            self.mosaic.dtype != np.uint16
            or self.mosaic.ndim != 2
            or any(side % 2 for side in self.mosaic.shape)
        ):
            raise ValueError("a mosaic is uint16 with even sides")
        pixels = self.mosaic.astype("<u2").tobytes()
        # Two passes: the first finds out how long each part is.
        sizes = [len(part) for part in self._parts((0, 0, 0, 0), len(pixels))]
        at = [8]
        for size in (*sizes, len(self.jpeg)):
            at.append(at[-1] + size + size % 2)
        parts = self._parts((at[1], at[2], at[3], at[4]), len(pixels), at[0])
        blocks = [*parts, self.jpeg, pixels]
        return struct.pack("<2sHI", b"II", 42, 8) + b"".join(
            block + b"\0" * (len(block) % 2) for block in blocks
        )

    def _parts(
        self, offsets: tuple[int, int, int, int], pixel_bytes: int, start: int = 8
    ) -> list[bytes]:
        raw_at, exif_at, jpeg_at, mosaic_at = offsets
        return [
            _ifd(self._main_tags(raw_at, exif_at, jpeg_at), start),
            _ifd(self._raw_tags(mosaic_at, pixel_bytes), raw_at),
            _ifd(self._exif_tags(), exif_at),
        ]

    def _main_tags(self, raw_at: int, exif_at: int, jpeg_at: int) -> list[Tag]:
        return [
            (254, LONG, [1]),
            (256, LONG, [self.jpeg_size[0]]),
            (257, LONG, [self.jpeg_size[1]]),
            (258, SHORT, [8, 8, 8]),
            (259, SHORT, [7]),
            (262, SHORT, [6]),
            (271, ASCII, self.make),
            (272, ASCII, self.model),
            (273, LONG, [jpeg_at]),
            (274, SHORT, [1]),
            (277, SHORT, [3]),
            (278, LONG, [self.jpeg_size[1]]),
            (279, LONG, [len(self.jpeg)]),
            (284, SHORT, [1]),
            (305, ASCII, self.software),
            (306, ASCII, self.captured),
            (330, LONG, [raw_at]),
            (34665, LONG, [exif_at]),
            (50706, BYTE, bytes([1, 4, 0, 0])),
            (50707, BYTE, bytes([1, 1, 0, 0])),
            (50708, ASCII, f"{self.make} {self.model}"),
            (50721, SRATIONAL, list(np.ravel(self.color_matrix))),
            (50728, RATIONAL, list(self.as_shot_neutral)),
            (50730, SRATIONAL, [0.0]),
            (50778, SHORT, [21]),
            *self.profile,
        ]

    def _raw_tags(self, mosaic_at: int, pixel_bytes: int) -> list[Tag]:
        height, width = self.mosaic.shape
        return [
            (254, LONG, [0]),
            (256, LONG, [width]),
            (257, LONG, [height]),
            (258, SHORT, [16]),
            (259, SHORT, [1]),
            (262, SHORT, [32803]),
            (273, LONG, [mosaic_at]),
            (277, SHORT, [1]),
            (278, LONG, [height]),
            (279, LONG, [pixel_bytes]),
            (284, SHORT, [1]),
            (33421, SHORT, [2, 2]),
            (33422, BYTE, bytes([0, 1, 1, 2])),
            (50710, BYTE, bytes([0, 1, 2])),
            (50711, SHORT, [1]),
            (50713, SHORT, [2, 2]),
            (50714, LONG, [self.black] * 4),
            (50717, LONG, [self.white]),
        ]

    def _exif_tags(self) -> list[Tag]:
        return [
            (33434, RATIONAL, [self.exposure_s]),
            (33437, RATIONAL, [self.f_number]),
            (34855, SHORT, [self.iso]),
            (36864, UNDEFINED, b"0230"),
            (36867, ASCII, self.captured),
            (37380, SRATIONAL, [self.exposure_bias_ev]),
            (37386, RATIONAL, [self.focal_length_mm]),
            (37500, UNDEFINED, self.maker_note or bytes(4)),
        ]


def _ifd(tags: Sequence[Tag], start: int) -> bytes:
    entries, extra = b"", b""
    extra_at = start + 2 + 12 * len(tags) + 4
    for number, kind, value in sorted(tags, key=lambda tag: tag[0]):
        data = _pack(kind, value)
        count = len(data) // _SIZES[kind]
        if len(data) > 4:
            entries += struct.pack("<HHII", number, kind, count, extra_at + len(extra))
            extra += data + b"\0" * (len(data) % 2)
        else:
            entries += struct.pack("<HHI4s", number, kind, count, data)
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0) + extra


def _pack(kind: int, value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("ascii") + b"\0"
    numbers = list(value)  # type: ignore[call-overload]
    if kind in _CODES:
        return struct.pack(f"<{len(numbers)}{_CODES[kind]}", *numbers)
    code = "I" if kind == RATIONAL else "i"
    packed = b""
    for number in numbers:
        ratio = Fraction(float(number)).limit_denominator(1_000_000)
        packed += struct.pack(f"<2{code}", ratio.numerator, ratio.denominator)
    return packed
