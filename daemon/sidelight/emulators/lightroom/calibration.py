"""The constants that `sidelight calibrate` has found for this user, as a file."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from sidelight.emulators.lightroom.constants import GROUPS, LightroomConstants
from sidelight.emulators.lightroom.emulator import LightroomEmulator
from sidelight.errors import RecipeError
from sidelight.paths import lightroom_calibration_file

SCHEMA = 1
_MAXIMUM_BYTES = 1 << 16
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Calibration:
    """What a calibration found.

    Attributes:
        constants: The emulator's.
        groups: Sliders, or `"hdr"`, whose constants were fitted.
        error: What it was found to be worth: ΔE2000 on photos held back, before and after.
    """

    constants: LightroomConstants = field(default_factory=LightroomConstants)
    groups: tuple[str, ...] = ()
    error: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "schema": SCHEMA,
            "constants": self.constants.to_json(),
            "groups": list(self.groups),
            "error": dict(self.error),
        }

    @classmethod
    def from_json(cls, values: Any) -> Calibration:
        """Build a calibration from `to_json`.

        Raises:
            RecipeError: It cannot be read.
        """
        if not isinstance(values, dict) or values.get("schema") != SCHEMA:
            raise RecipeError(f"its schema is not {SCHEMA}")
        constants, groups, error = (values.get(key) for key in ("constants", "groups", "error"))
        if not isinstance(constants, dict) or not isinstance(groups, list):
            raise RecipeError("it holds no constants")
        if not set(map(str, groups)) <= set(GROUPS):
            raise RecipeError("it names settings that do not exist")
        return cls(
            LightroomConstants.from_json(constants),
            tuple(groups),
            error if isinstance(error, dict) else {},
        )


def load_calibration() -> Calibration:
    """Return the user's calibration; the defaults where there is none.

    A file that cannot be read is left alone and named in a warning, once.
    """
    path = lightroom_calibration_file()
    try:
        with path.open("rb") as file:
            content = file.read(_MAXIMUM_BYTES)
        return Calibration.from_json(json.loads(content))
    except FileNotFoundError:
        return Calibration()
    except (OSError, ValueError, RecursionError, RecipeError) as error:
        _warn(path, getattr(error, "strerror", None) or str(error))
        return Calibration()


def is_calibrated(*, hdr: bool = False) -> bool:
    """Whether constants of Lightroom's sliders, or of its HDR mode, are fitted to real exports."""
    groups = load_calibration().groups
    return "hdr" in groups if hdr else any(group != "hdr" for group in groups)


def users_emulator() -> LightroomEmulator:
    """Return the emulator with the user's constants."""
    return LightroomEmulator(load_calibration().constants)


@lru_cache(maxsize=8)
def _warn(path: Path, reason: str) -> None:
    _log.warning(
        "the calibration of Lightroom in %s cannot be used (%s); the defaults are. "
        "`sidelight calibrate --reset` removes it",
        path,
        reason,
    )
