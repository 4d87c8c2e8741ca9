"""What a history entry's `blendop_params` refer to; everything else in them stays opaque.

Version 11, which darktable 4.2 to 5.4 write, has 420 bytes; the id of the drawn mask, a form
of `masks_history`, is the seventh word.
"""

from __future__ import annotations

import struct
from typing import Final

from sidelight_xmp.darktable.params import params_from_text

VERSION: Final = 11
SIZE: Final = 420
_MASK_ID: Final = struct.Struct("<I")
_MASK_ID_OFFSET: Final = 24
_NO_MASK: Final = (0, 0xFFFFFFFF)


def mask_id(version: int | None, text: str | None) -> int | None:
    """Return the id of the drawn mask, 0 for none, None when the layout is not known.

    Raises DamagedSidecarError for text that is neither hex nor compressed params.
    """
    if not text:
        return 0
    data = params_from_text(text)
    if version != VERSION or len(data) != SIZE:
        return None
    (found,) = _MASK_ID.unpack_from(data, _MASK_ID_OFFSET)
    return 0 if found in _NO_MASK else int(found)


def uses_drawn_mask(version: int | None, text: str | None) -> bool:
    """Whether an entry refers to `masks_history`; an unknown layout counts as yes."""
    return mask_id(version, text) != 0
