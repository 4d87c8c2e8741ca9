"""How values are stored: file names as bytes, large numbers as text, records as JSON."""

from __future__ import annotations

import json
import os
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_LARGEST = 2**63 - 1


def path_to_blob(path: Path) -> bytes:
    """Return a path as the file system's bytes; it need not be UTF-8."""
    return os.fsencode(path)


def blob_to_path(blob: bytes) -> Path:
    """Return the path that `path_to_blob` stored."""
    return Path(os.fsdecode(blob))


def path_to_text(path: Path) -> str:
    """Return a path as it may be shown; what is not UTF-8 becomes backslash escapes."""
    return to_text(str(path))


def to_text(text: str) -> str:
    """Return a sentence that can be stored and sent, even if it quotes a name that is not UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half of a pair, as Windows permits it in a name
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def number_to_cell(number: int) -> int | str:
    """Return an integer for a column without type; some file systems number beyond 64 bits."""
    return number if -_LARGEST <= number <= _LARGEST else str(number)


def cell_to_number(cell: int | str) -> int:
    """Return the integer that `number_to_cell` stored."""
    return int(cell)


def to_json(value: Any) -> str:
    """Return plain values as JSON, the same text for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def pack(value: Any) -> bytes:
    """Return plain values as compressed JSON: a Recipe shrinks to about a quarter."""
    return zlib.compress(to_json(value).encode("ascii"), 1)


def unpack(blob: bytes) -> Any:
    """Return the values that `pack` stored; none where the disk lost some of the bytes."""
    try:
        return json.loads(zlib.decompress(blob))
    except (zlib.error, ValueError):
        return {}


def now() -> str:
    """Return the present moment as UTC in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
