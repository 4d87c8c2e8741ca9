"""How another program starts this very Sidelight."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from sidelight.errors import SidelightError

_CACHE_TAG = "CACHEDIR.TAG"


def own_command() -> tuple[str, ...]:
    """Return the words that start this Sidelight, whatever folder they are started in.

    Raises:
        SidelightError: Python does not know where it is, and no `sidelight` is on the path.
    """
    if getattr(sys, "frozen", False):  # one program that holds Python and us
        return (sys.executable,)
    if sys.executable:
        # -P: a folder `sidelight` where the editor was started must not be taken for us.
        return (sys.executable, "-P", "-m", "sidelight")
    program = shutil.which("sidelight")
    if program is None:
        raise SidelightError("Python does not tell where it is, so no plug-in could start it")
    return (program,)


def is_fleeting() -> bool:
    """Whether this Sidelight lies in a cache, from which it may vanish at any time."""
    return any(
        folder.name == ".cache" or (folder / _CACHE_TAG).is_file()
        for folder in Path(sys.prefix).parents
    )
