"""Whether a history entry is blended and with which mask; the rest stays opaque.

Version 11 (darktable 4.2) has 420 bytes: the first word holds the kinds of masks, its lowest bit
whether anything is blended at all; the seventh is the id of the drawn mask, a form of
`masks_history`. Version 14 (5.4) has the same size and first word.
"""

from __future__ import annotations

import struct
from typing import Final

from sidelight_xmp.darktable.params import params_from_text

VERSION: Final = 11
SIZE: Final = 420
_WORD: Final = struct.Struct("<I")
_MASK_ID_OFFSET: Final = 24
_NO_MASK: Final = (0, 0xFFFFFFFF)
_OF_THIS_SIZE: Final = range(11, 15)
_ENABLED: Final = 1


def mask_id(version: int | None, text: str | None) -> int | None:
    """Return the id of the drawn mask, 0 for none, None when the layout is not known.

    Raises DamagedSidecarError for text that is neither hex nor compressed params.
    """
    if not text:
        return 0
    data = params_from_text(text)
    if version != VERSION or len(data) != SIZE:
        return None
    (found,) = _WORD.unpack_from(data, _MASK_ID_OFFSET)
    return 0 if found in _NO_MASK else int(found)


def uses_drawn_mask(version: int | None, text: str | None) -> bool:
    """Whether an entry refers to `masks_history`; an unknown layout counts as yes."""
    return mask_id(version, text) != 0


def blends(version: int | None, text: str | None) -> bool:
    """Whether an entry acts otherwise than wholly; an unknown layout counts as yes.

    Raises DamagedSidecarError for text that is neither hex nor compressed params.
    """
    if not text:
        return False
    data = params_from_text(text)
    if version not in _OF_THIS_SIZE or len(data) != SIZE:
        return True
    (modes,) = _WORD.unpack_from(data)
    return bool(modes & _ENABLED)
