"""What is evaluated: photos with their references, how they are split, at what size.

`PROTOCOLS` is the list; adding one is a module with a `build` function and a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from sidelight.errors import SidelightError

PROTOCOLS: dict[str, str] = {
    "folder": "sidelight.learning.evaluation.folder:build",
    "virtual": "sidelight.learning.evaluation.virtual:build",
    "fivek": "sidelight.learning.evaluation.fivek:build",
}
"""Protocol name to "module:function", from a `Request` to a `Protocol`."""


@dataclass(frozen=True)
class Reference:
    """What a photo's renditions are compared with.

    Attributes:
        kind: `"render"`, a finished picture; `"sidecar"`, an edit that is rendered; `"preview"`,
            the JPEG embedded in the photo itself.
        path: The file.
        editor: Whose sidecar it is; empty for pictures.
    """

    kind: Literal["render", "sidecar", "preview"]
    path: Path
    editor: str = ""


@dataclass(frozen=True)
class Case:
    """One photo of a protocol.

    Attributes:
        name: Of the photo, once in a protocol.
        photo: The file.
        reference: What it is compared with.
        scene: Name of its scene or shoot; photos of one scene never stand on both sides of a split.
        truth: The true radiance, where a virtual camera took the photo.
        row: Its row in the scene table, 0 for none.
    """

    name: str
    photo: Path
    reference: Reference
    scene: str
    truth: Path | None = None
    row: int = 0


@dataclass(frozen=True)
class Fold:
    """Names of the photos that may be learned from, and of those that are measured."""

    train: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Split:
    """How photos are divided.

    Attributes:
        name: As in `splits.SPLITS`.
        sentence: What it does.
        seed: Of the draw, None where nothing is drawn.
        folds: Each photo is measured in at most one.
    """

    name: str
    sentence: str
    seed: int | None
    folds: tuple[Fold, ...]


@dataclass(frozen=True)
class Protocol:
    """Everything that makes figures comparable.

    Attributes:
        name: As in `PROTOCOLS`.
        title: One line.
        sentences: What is compared with what, and what must be known to read the figures.
        cases: The photos.
        split: How they are divided.
        size_px: Size of the compared pixels.
        side: Which side of a picture that is.
        left_out: Photos without a reference: name and the reason.
    """

    name: str
    title: str
    sentences: tuple[str, ...]
    cases: tuple[Case, ...]
    split: Split
    size_px: int
    side: Literal["long", "short"] = "long"
    left_out: tuple[tuple[str, str], ...] = ()

    def long_side(self, shape: tuple[int, ...]) -> int:
        """Return the compared long side of a picture of shape (H, W, ...)."""
        if self.side == "long":
            return self.size_px
        return round(self.size_px * max(shape[:2]) / min(shape[:2]))


@dataclass(frozen=True)
class Request:
    """What a protocol is built from.

    Attributes:
        folders: Where the photos are; a protocol of its own photos takes its data folder here.
        editor: Whose sidecars are preferred as references.
        reference: Folder of the references; beside the photos if None.
        split: Name of the split, the protocol's own choice if empty.
        seed: Of anything drawn.
        size_px: Of the compared pixels, the protocol's own if None.
        only: Names (with or without extension) to keep, all if empty.
        cache: Folder for photos that the protocol makes.
        first_versions: The store that tells Sidelight's own sidecars, None if there is none.
        progress: Called with what is being done.
    """

    folders: tuple[Path, ...] = ()
    editor: str = "lightroom"
    reference: Path | None = None
    split: str = ""
    seed: int = 0
    size_px: int | None = None
    only: frozenset[str] = frozenset()
    cache: Path | None = None
    first_versions: Path | None = None
    progress: Callable[[str], None] = field(default=lambda text: None)

    def wants(self, photo: Path) -> bool:
        """Whether a photo is among those asked for."""
        return not self.only or bool(self.only & {photo.name, photo.stem})


def build_protocol(name: str, request: Request) -> Protocol:
    """Return a protocol with its photos found and divided.

    Raises:
        SidelightError: There is none of that name, or its photos or references are not there.
    """
    if name not in PROTOCOLS:
        known = ", ".join(PROTOCOLS)
        raise SidelightError(f"there is no protocol {name!r}; there are: {known}")
    module, function = PROTOCOLS[name].split(":")
    build: Any = getattr(import_module(module), function)
    protocol: Protocol = build(request)
    if request.only:
        there = {n for case in protocol.cases for n in (case.photo.name, case.photo.stem)}
        there |= {n for name, _ in protocol.left_out for n in (name, Path(name).stem)}
        if missing := sorted(request.only - there):
            raise SidelightError(f"no such photo in this protocol: {', '.join(missing)}")
    if not protocol.cases:
        reason = protocol.left_out[0][1] if protocol.left_out else "there are no photos"
        raise SidelightError(f"nothing to evaluate: no references found ({reason})")
    return protocol
