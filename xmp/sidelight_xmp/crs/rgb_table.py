"""Adobe's RGB tables, the 3D LUTs of creative profiles: binary, digest and text.

Layout and constants: Adobe DNG SDK 1.6 and 1.7 (dng_big_table), checked on real profiles.
"""

from __future__ import annotations

import hashlib
import math
import struct
import sys
import zlib
from array import array
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from sidelight_xmp.errors import TableError

DIGITS: Final = (
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?`'|()[]{}@%$#"
)
"""The 85 digits of the text form, by value; none of them is special in XML."""

_VALUES: Final = {digit: value for value, digit in enumerate(DIGITS)}
_PAIRS: Final = tuple(low + high for high in DIGITS for low in DIGITS)
_RGB_TABLE, _VERSION = 1, 1
_HEADER: Final = struct.Struct("<4I")
_TRAILER: Final = struct.Struct("<3I2d")
_FLAGS: Final = struct.Struct("<I")
_LIMITS: Final = {1: (2, 4096), 3: (2, 32)}
_MAX_SIZE: Final = _HEADER.size + 32**3 * 6 + _TRAILER.size + _FLAGS.size


class Primaries(IntEnum):
    """Primaries of the space in which a table works."""

    SRGB = 0
    ADOBE_RGB = 1
    PROPHOTO = 2
    DISPLAY_P3 = 3
    REC2020 = 4


class Gamma(IntEnum):
    """Transfer function of the space in which a table works."""

    LINEAR = 0
    SRGB = 1
    GAMMA_1_8 = 2
    GAMMA_2_2 = 3
    REC2020 = 4


class Gamut(IntEnum):
    """What happens to values outside 0 to 1."""

    CLIP = 0
    EXTEND = 1


@dataclass(frozen=True)
class RGBTable:
    """A table from color to color.

    `samples` holds R, G, B outputs, 65535 = 1.0: for three dimensions `divisions`³ triples
    with the red input outermost and the blue one fastest, for one dimension `divisions`
    triples. Amounts are strengths, 1.0 = 100 %.
    """

    divisions: int
    samples: array[int]
    dimensions: int = 3
    primaries: Primaries = Primaries.PROPHOTO
    gamma: Gamma = Gamma.SRGB
    gamut: Gamut = Gamut.CLIP
    min_amount: float = 0.0
    max_amount: float = 2.0
    flags: int = 0

    def __post_init__(self) -> None:
        low, high = _LIMITS.get(self.dimensions, (1, 0))
        if not low <= self.divisions <= high:
            raise TableError(
                f"An RGB table cannot have {self.dimensions} dimensions of {self.divisions} steps."
            )
        count = 3 * self.divisions**self.dimensions
        if self.samples.typecode != "H" or len(self.samples) != count:
            raise TableError(f"An RGB table of this size needs {count} 16-bit numbers.")
        if not (math.isfinite(self.max_amount) and 0 <= self.min_amount <= 1 <= self.max_amount):
            raise TableError("The amounts of an RGB table must enclose 100 %.")

    @classmethod
    def from_bytes(cls, data: bytes) -> RGBTable:
        """Decode the binary form. Raises TableError for anything else than an RGB table."""
        if len(data) < _HEADER.size:
            raise TableError("The RGB table is cut off.")
        kind, version, dimensions, divisions = _HEADER.unpack_from(data)
        low, high = _LIMITS.get(dimensions, (1, 0))
        if (kind, version) != (_RGB_TABLE, _VERSION) or not low <= divisions <= high:
            raise TableError("This is not an RGB table that Camera Raw 15 knows.")
        end = _HEADER.size + 6 * divisions**dimensions
        rest = len(data) - end - _TRAILER.size
        if rest not in (0, _FLAGS.size):
            raise TableError("The RGB table has the wrong length.")
        stored = _little_endian(array("H", data[_HEADER.size : end]))
        primaries, gamma, gamut, low_amount, high_amount = _TRAILER.unpack_from(data, end)
        flags = _FLAGS.unpack_from(data, end + _TRAILER.size)[0] if rest else 0
        if rest and not flags:
            raise TableError("The RGB table has the wrong length.")
        try:
            space = Primaries(primaries), Gamma(gamma), Gamut(gamut)
        except ValueError:
            raise TableError("The RGB table works in an unknown color space.") from None
        identity = _offsets(divisions, dimensions)
        samples = array("H", [(a + b) & 0xFFFF for a, b in zip(stored, identity, strict=True)])
        return cls(divisions, samples, dimensions, *space, low_amount, high_amount, flags)

    def to_bytes(self) -> bytes:
        """Encode the binary form: samples are stored as output minus identity."""
        identity = _offsets(self.divisions, self.dimensions)
        stored = array("H", [(a - b) & 0xFFFF for a, b in zip(self.samples, identity, strict=True)])
        header = _HEADER.pack(_RGB_TABLE, _VERSION, self.dimensions, self.divisions)
        trailer = _TRAILER.pack(
            self.primaries, self.gamma, self.gamut, self.min_amount, self.max_amount
        )
        flags = _FLAGS.pack(self.flags) if self.flags else b""
        return header + _little_endian(stored).tobytes() + trailer + flags

    @classmethod
    def from_text(cls, text: str, digest: str | None = None) -> RGBTable:
        """Decode the text of `crs:Table_<digest>`.

        Raises TableError for damaged text or when the content has another digest.
        """
        data = _unpack(decode85(text))
        if digest is not None and table_digest(data) != digest.upper():
            raise TableError("The RGB table does not match its digest.")
        return cls.from_bytes(data)

    def to_text(self) -> str:
        """Encode as the text of `crs:Table_<digest>`."""
        data = self.to_bytes()
        return encode85(struct.pack("<I", len(data)) + zlib.compress(data, 6))

    @property
    def digest(self) -> str:
        """The name of the table: 32 upper-case hexadecimal digits."""
        return table_digest(self.to_bytes())


def identity_table(divisions: int) -> RGBTable:
    """Return the three-dimensional table that changes nothing."""
    return RGBTable(divisions, identity_samples(divisions, 3))


def identity_samples(divisions: int, dimensions: int = 3) -> array[int]:
    """Return the outputs of the table that changes nothing, as in `RGBTable.samples`."""
    return _spread([0, *_steps(divisions)[1:-1], 65535], dimensions)


def _offsets(divisions: int, dimensions: int) -> array[int]:
    """Return what the stored samples are relative to: the identity, modulo 65536."""
    return _spread([step & 0xFFFF for step in _steps(divisions)], dimensions)


def _steps(divisions: int) -> list[int]:
    # With two divisions the rounding term moves both ends by one: 1 and 65536.
    return [(index * 65535 + divisions // 2) // (divisions - 1) for index in range(divisions)]


def _spread(steps: list[int], dimensions: int) -> array[int]:
    if dimensions == 1:
        return array("H", [step for step in steps for _ in range(3)])
    return array("H", [value for r in steps for g in steps for b in steps for value in (r, g, b)])


def table_digest(data: bytes) -> str:
    """Return the digest of a table's binary form (MD5: a name, not a protection)."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest().upper()


def encode85(data: bytes) -> str:
    """Return bytes as base-85 text, groups of four little-endian, lowest digit first."""
    padded = data + bytes(-len(data) % 4)
    square = 85 * 85
    parts = []
    for word in _little_endian(array("I", padded)):
        high, low = divmod(word, square)
        top, middle = divmod(high, square)
        parts.append(_PAIRS[low] + _PAIRS[middle] + DIGITS[top])
    text = "".join(parts)
    return text[: len(text) - (len(padded) - len(data))]


def decode85(text: str) -> bytes:
    """Return the bytes of base-85 text; characters that are no digits are skipped.

    Raises TableError when a group of digits is beyond 32 bits.
    """
    values = [_VALUES[character] for character in text if character in _VALUES]
    missing = -len(values) % 5
    values += [0] * missing
    words = array("I")
    try:
        for start in range(0, len(values), 5):
            a, b, c, d, e = values[start : start + 5]
            words.append(a + 85 * (b + 85 * (c + 85 * (d + 85 * e))))
    except OverflowError:
        raise TableError("The text of the RGB table is damaged.") from None
    data = _little_endian(words).tobytes()
    return data[: len(data) - missing]


def _unpack(block: bytes) -> bytes:
    if len(block) < 4:
        raise TableError("The RGB table is cut off.")
    (size,) = struct.unpack_from("<I", block)
    if size > _MAX_SIZE:
        raise TableError("The RGB table is larger than any that Camera Raw knows.")
    try:
        inflate = zlib.decompressobj()
        data = inflate.decompress(block[4:], size + 1)
    except zlib.error:
        raise TableError("The RGB table is damaged.") from None
    if len(data) != size or not inflate.eof:
        raise TableError("The RGB table is damaged.")
    return data


def _little_endian(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
