"""Text that can always be sent: file names need not be UTF-8, JSON must."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sidelight.state.values import to_text

_PATH = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:)?[\\/]{1,2}(?:[^'\"\\/\n]+[\\/])+([^'\"\\/\n]*)")


def shown(name: Path | str) -> str:
    """Return a path, or a sentence that may quote one, for people.

    Bytes that are not UTF-8 become backslash escapes; everything else stays as it is.
    """
    return to_text(str(name))


def without_folders(text: str) -> str:
    """Return a sentence in which full paths have become names."""
    return _PATH.sub(r"\1", text)


def sendable(value: Any) -> Any:
    """Return plain JSON values in which every text can be encoded as UTF-8."""
    if isinstance(value, str | Path):
        return shown(value)
    if isinstance(value, dict):
        return {shown(str(name)): sendable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [sendable(item) for item in value]
    return value
