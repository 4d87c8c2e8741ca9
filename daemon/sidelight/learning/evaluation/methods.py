"""What is compared: every way to get from a photo to a rendition.

`METHODS` lists the baselines; every engine is a method of its own name; `xmp:FOLDER` and
`renders:FOLDER` are what another program made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sidelight.engines import ENGINES
from sidelight.errors import SidelightError
from sidelight.imaging.image import Image
from sidelight.learning.evaluation.protocol import Case
from sidelight.recipe import Recipe

METHODS: dict[str, str] = {
    "identity": "sidelight.learning.evaluation.baselines:Identity",
    "camera-jpeg": "sidelight.learning.evaluation.baselines:CameraJpeg",
    "darktable-default": "sidelight.learning.evaluation.baselines:DarktableDefault",
    "rawtherapee-auto": "sidelight.learning.evaluation.baselines:RawTherapeeAuto",
    "constant-mean": "sidelight.learning.evaluation.learned:ConstantMean",
    "nearest-three": "sidelight.learning.evaluation.learned:NearestThree",
}
"""Baseline to "module:Class"."""

FOREIGN: dict[str, str] = {
    "xmp": "sidelight.learning.evaluation.foreign:Sidecars",
    "renders": "sidelight.learning.evaluation.foreign:Renders",
}
"""Kind of another program's results to "module:Class"; named `KIND:FOLDER`."""

_ENGINE = "sidelight.learning.evaluation.engine_method:EngineMethod"

Pixels = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Example:
    """An edit that may be learned from.

    Attributes:
        name, scene: Of its photo.
        recipe: The reference, as settings of the run's editor.
        info: What `learned.photo_features` says about the photo.
    """

    name: str
    scene: str
    recipe: Recipe
    info: Any


@dataclass(frozen=True, eq=False)
class Subject:
    """One photo to be edited.

    Attributes:
        case: Its entry in the protocol; what stands there as the reference is not looked at.
        image: The proxy.
        examples: Edits that may be learned from, empty for methods that do not learn.
        headroom: Stops above SDR white that the edit is made for.
        wants_hdr: Whether the HDR rendition is measured, too.
    """

    case: Case
    image: Image
    examples: tuple[Example, ...] = ()
    headroom: float = 2.3
    wants_hdr: bool = False


@dataclass(frozen=True, eq=False)
class Rendition:
    """What a method made of a photo.

    Attributes:
        sdr: Display-linear Rec.2020, shape (H, W, 3), 1.0 = white.
        hdr: The HDR rendition at the subject's headroom, None where the method has none.
        recipe: Settings of the run's editor behind it, None where there are none.
        note: What must be known about it, or empty.
    """

    sdr: Pixels
    hdr: Pixels | None = None
    recipe: Recipe | None = None
    note: str = ""


Answer = Rendition | str
"""A rendition, or a sentence why there is none."""


class Method(Protocol):
    """A way to edit photos.

    Attributes:
        name: As named on the command line.
        label: As shown.
        sentence: What it does and which program renders it.
        learns: Whether it reads the subject's examples.
    """

    name: str
    label: str
    sentence: str
    learns: bool

    def render(self, subjects: Sequence[Subject]) -> list[Answer]:
        """Return an answer for each photo."""
        ...


def load_method(name: str, editor: str) -> Method:
    """Return the method of that name.

    Args:
        name: A baseline, an engine, `xmp:FOLDER` or `renders:FOLDER`.
        editor: Whose settings engines and learners predict, and who renders them.

    Raises:
        SidelightError: There is none of that name, or what it needs is not installed.
    """
    kind, colon, rest = name.partition(":")
    if colon and kind in FOREIGN:
        method: Method = _class(FOREIGN[kind])(Path(rest), editor)
        return method
    if name in METHODS:
        return _class(METHODS[name])(editor)
    if name in ENGINES:
        return _class(_ENGINE)(name, editor)
    raise SidelightError(f"there is no method {name!r}; there are: {', '.join(known_methods())}")


def known_methods() -> tuple[str, ...]:
    """Return what may be named as a method."""
    return (*ENGINES, *METHODS, *(f"{kind}:FOLDER" for kind in FOREIGN))


def default_methods() -> tuple[str, ...]:
    """Return our engines and every baseline."""
    return (*ENGINES, *METHODS)


def is_method(name: str) -> bool:
    """Whether a name is that of a method, or of a kind with a folder behind it."""
    kind, _, folder = name.partition(":")
    return name in default_methods() or bool(kind in FOREIGN and folder)


def _class(entry: str) -> Any:
    module, name = entry.split(":")
    return getattr(import_module(module), name)
