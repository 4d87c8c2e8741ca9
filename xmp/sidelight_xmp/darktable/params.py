"""Params of a history entry: their text in a sidecar, and layouts that decode and encode them.

A layout is text, one line per field:

    name type [low..high] = default     # comment

with the types `float`, `int`, `bool` (all four bytes, little-endian), `enum(a b c)`,
`char(N)` (text, NUL padded) and `bytes(N)`; `float[20][2]` is an array. Enum choices count
from 0 unless they say otherwise (`enum(pipe a camera=10)`). A default of several values
fills an array from its start, zeros follow; a single value fills all of it. Only a field
whose default is `nan` takes NaN.
"""

from __future__ import annotations

import base64
import binascii
import math
import operator
import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from sidelight_xmp.errors import DamagedSidecarError, InvalidValueError

Values: TypeAlias = dict[str, Any]

GZ_ABOVE_BYTES = 100
MAX_PARAMS_BYTES = 1024 * 1024  # the largest struct of darktable has 33 kB

_HEX = re.compile(r"(?:[0-9a-f]{2})*")
_GZ = re.compile(r"gz[0-9]{2}")


def params_from_text(text: str) -> bytes:
    """Decode the `params` or `blendop_params` attribute of a sidecar.

    Raises DamagedSidecarError for what darktable would not read either: upper-case or odd
    hex, damaged base64 or zlib data, more than 1 MiB.
    """
    if not _GZ.match(text):
        if not _HEX.fullmatch(text):
            raise DamagedSidecarError("The history holds params that are not lower-case hex.")
        return bytes.fromhex(text)
    inflate = zlib.decompressobj()
    try:
        data = inflate.decompress(base64.b64decode(text[4:], validate=True), MAX_PARAMS_BYTES)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise DamagedSidecarError("The history holds damaged compressed params.") from error
    if not inflate.eof:
        raise DamagedSidecarError("The history holds compressed params that are cut off or huge.")
    return data


def params_to_text(data: bytes) -> str:
    """Encode as darktable does: lower-case hex, compressed above 100 bytes."""
    if len(data) <= GZ_ABOVE_BYTES:
        return data.hex()
    packed = zlib.compress(data)
    factor = min(len(data) // len(packed) + 1, 99)
    return f"gz{factor:02d}{base64.b64encode(packed).decode('ascii')}"


@dataclass(frozen=True)
class Field:
    """One line of a layout; `shape` is empty for a scalar."""

    name: str
    kind: str
    shape: tuple[int, ...]
    width: int
    low: float
    high: float
    choices: Mapping[str, int]
    default: Any

    @property
    def count(self) -> int:
        """Number of values in the field."""
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """Bytes the field takes."""
        return self.width * self.count

    def decode(self, data: bytes) -> Any:
        """Decode exactly `size` bytes to a scalar or nested tuples."""
        if self.kind == "char":
            return data.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
        if self.kind == "bytes":
            return data
        code = "f" if self.kind == "float" else "i"
        values = [self._name(value) for value in struct.unpack(f"<{self.count}{code}", data)]
        return _nest(values, self.shape)

    def encode(self, value: Any) -> bytes:
        """Encode one value; raises InvalidValueError when it does not fit."""
        if self.kind in ("char", "bytes"):
            return self._encode_text(value)
        try:
            values = [self._number(item) for item in _flatten(value, self.shape)]
        except (TypeError, ValueError) as error:
            raise InvalidValueError(f"{self.name} cannot hold {value!r}: {error}.") from error
        return struct.pack(f"<{self.count}{'f' if self.kind == 'float' else 'i'}", *values)

    def _name(self, value: float) -> Any:
        if self.kind == "bool" and value in (0, 1):
            return bool(value)
        if self.kind == "enum":
            return next((name for name, number in self.choices.items() if number == value), value)
        return value

    def _number(self, value: Any) -> float:
        if self.kind == "float":
            return self._float(value)
        if self.kind == "enum":
            number = self.choices.get(value) if isinstance(value, str) else operator.index(value)
            if number is None or number not in self.choices.values():
                raise ValueError(f"it must be one of {', '.join(self.choices)}")
            return number
        number = operator.index(value)
        if not self.low <= number <= self.high:
            raise ValueError(f"it must lie in {self.low:g}..{self.high:g}")
        return number

    def _float(self, value: Any) -> float:
        number = float(value)
        if math.isnan(number) and isinstance(self.default, float) and math.isnan(self.default):
            return number
        if not math.isfinite(number) or abs(number) > 3.4e38:
            raise ValueError("it must be a finite number")
        # Bounds such as 0.01 are themselves float32 in darktable, so both sides are rounded.
        if not _float32(self.low) <= _float32(number) <= _float32(self.high):
            raise ValueError(f"it must lie in {self.low:g}..{self.high:g}")
        return number

    def _encode_text(self, value: Any) -> bytes:
        if self.kind == "char" and isinstance(value, str):
            data = value.encode("utf-8", "surrogateescape")
            if b"\0" in data or len(data) >= self.width:
                raise InvalidValueError(f"{self.name} must be shorter than {self.width} bytes.")
            return data.ljust(self.width, b"\0")
        if self.kind == "bytes" and isinstance(value, bytes) and len(value) == self.width:
            return value
        raise InvalidValueError(f"{self.name} cannot hold {type(value).__name__} of this length.")


@dataclass(frozen=True)
class Layout:
    """The struct of one operation at one `modversion`."""

    operation: str
    modversion: int
    fields: tuple[Field, ...]

    @classmethod
    def from_text(cls, operation: str, modversion: int, text: str) -> Layout:
        """Parse the notation of this module; raises ValueError for a line that is not in it."""
        lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
        return cls(operation, modversion, tuple(_parse_field(line) for line in lines if line))

    @cached_property
    def size(self) -> int:
        """Bytes of the struct."""
        return sum(field.size for field in self.fields)

    def defaults(self) -> Values:
        """The default of every field."""
        return {field.name: field.default for field in self.fields}

    def decode(self, data: bytes) -> Values:
        """Decode a struct; values outside their range are kept.

        Raises InvalidValueError when the length is not the struct's.
        """
        if len(data) != self.size:
            raise InvalidValueError(
                f"{self.operation} v{self.modversion} has {self.size} bytes, not {len(data)}."
            )
        values: Values = {}
        offset = 0
        for field in self.fields:
            values[field.name] = field.decode(data[offset : offset + field.size])
            offset += field.size
        return values

    def encode(self, values: Mapping[str, Any]) -> bytes:
        """Encode a struct; absent fields take their default.

        Raises InvalidValueError, naming the field, for an unknown field, NaN, infinity, a
        value outside its range or an array of another shape.
        """
        unknown = set(values) - {field.name for field in self.fields}
        if unknown:
            raise InvalidValueError(f"{self.operation} has no field {min(unknown)}.")
        parts = []
        for field in self.fields:
            try:
                parts.append(field.encode(values.get(field.name, field.default)))
            except InvalidValueError as error:
                raise InvalidValueError(f"{self.operation}: {error}") from error
        return b"".join(parts)


_LINE = re.compile(
    r"(?P<name>\w+)\s+(?P<kind>float|int|bool|enum|char|bytes)(?:\((?P<detail>[^)]*)\))?"
    r"(?P<shape>(?:\[\d+\])*)(?:\s+\[(?P<low>-?[\d.]+?)\.\.(?P<high>-?[\d.]+)\])?"
    r"(?:\s*=\s*(?P<default>.+))?"
)
_UNBOUNDED = {"float": 3.4e38, "int": 2.0**31 - 1}


def _parse_field(line: str) -> Field:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"not a line of a layout: {line}")
    kind, detail = match["kind"], match["detail"] or ""
    shape = tuple(int(size) for size in re.findall(r"\d+", match["shape"]))
    if kind in ("char", "bytes"):
        width = int(detail)
        default: Any = "" if kind == "char" else bytes(width)
        return Field(match["name"], kind, shape, width, 0, 0, {}, default)
    bound = 1.0 if kind == "bool" else _UNBOUNDED.get(kind, 0.0)
    low = float(match["low"]) if match["low"] else (0.0 if kind == "bool" else -bound)
    high = float(match["high"]) if match["high"] else bound
    choices = _parse_choices(detail)
    default = _parse_default((match["default"] or "0").split(), kind, shape)
    if kind == "enum" and default == 0:
        default = next(iter(choices))
    return Field(match["name"], kind, shape, 4, low, high, choices, default)


def _parse_choices(detail: str) -> dict[str, int]:
    choices: dict[str, int] = {}
    following = 0
    for item in detail.split():
        name, _, number = item.partition("=")
        choices[name] = int(number) if number else following
        following = choices[name] + 1
    return choices


def _parse_default(words: list[str], kind: str, shape: tuple[int, ...]) -> Any:
    values: list[Any]
    if kind == "enum":
        values = [int(word) if word.isdigit() else word for word in words]
    elif kind == "bool":
        values = [word in ("1", "true") for word in words]
    else:
        values = [float(word) if kind == "float" else int(word) for word in words]
    count = math.prod(shape)
    if len(values) == 1:
        values *= count
    return _nest(values + [0.0 if kind == "float" else 0] * (count - len(values)), shape)


def _nest(values: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return values[0]
    step = len(values) // shape[0]
    return tuple(_nest(values[i : i + step], shape[1:]) for i in range(0, len(values), step))


def _flatten(value: Any, shape: tuple[int, ...]) -> Iterable[Any]:
    if not shape:
        yield value
        return
    items = tuple(value)
    if len(items) != shape[0] or isinstance(value, str):
        raise ValueError(f"it must have {shape[0]} values, not {len(items)}")
    for item in items:
        yield from _flatten(item, shape[1:])


def _float32(value: float) -> float:
    rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return rounded
