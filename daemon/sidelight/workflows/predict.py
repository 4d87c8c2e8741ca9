"""Photo → Image → Recipe for each editor, as plain values that may cross processes.

The half of the line that decodes; `deliver` is the other half, which writes.
"""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidelight.editors import load_editor
from sidelight.emulators import EMULATORS
from sidelight.engines import ENGINES, load_engine
from sidelight.errors import RecipeError, SidelightError
from sidelight.state.values import to_text
from sidelight.workflows.anchored import readable
from sidelight.workflows.result import sentence

if TYPE_CHECKING:
    from sidelight.engines.base import Reason
    from sidelight.imaging.image import Image
    from sidelight.recipe import Lut3D, PhotoInfo, Recipe

PROXY_PX = 1024
"""Long edge of the pixels that engines and emulators see."""

RANGES: Mapping[str, tuple[float, float]] = {"headroom": (0.0, 4.0), "strength": (0.0, 1.0)}


@dataclass(frozen=True)
class Settings:
    """What is predicted.

    Attributes:
        editors: Names of the editors that get an edit, each once.
        engine: Name of what predicts.
        headroom: Stops above SDR white, 0 to 4.
        strength: 0 to 1.

    Raises:
        SidelightError: There is no editor or engine of that name, or a number is out of range.
    """

    editors: tuple[str, ...]
    engine: str = "auto"
    headroom: float = 2.3
    strength: float = 1.0

    def __post_init__(self) -> None:
        if not self.editors:
            raise SidelightError("name at least one editor")
        for name in self.editors:
            if name not in EMULATORS:
                raise SidelightError(
                    f"there is no editor called {name!r}; there are {', '.join(EMULATORS)}"
                )
        if len(set(self.editors)) < len(self.editors):
            raise SidelightError("each editor is named once")
        if self.engine not in ENGINES:
            raise SidelightError(
                f"there is no engine called {self.engine!r}; there are {', '.join(ENGINES)}"
            )
        for name, (lowest, highest) in RANGES.items():
            value = getattr(self, name)
            if not (isfinite(value) and lowest <= value <= highest):
                raise SidelightError(f"{name} lies between {lowest:g} and {highest:g}")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "editors": list(self.editors),
            "engine": self.engine,
            "headroom": float(self.headroom),
            "strength": float(self.strength),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Settings:
        """Build them from `to_json`; other keys are ignored, all but `editors` may be absent.

        Raises:
            SidelightError: A value is missing, of another type or out of range.
        """
        editors = values.get("editors")
        engine = values.get("engine", cls.engine)
        if not isinstance(editors, list | tuple) or not all(isinstance(n, str) for n in editors):
            raise SidelightError("editors is a list of names")
        if not isinstance(engine, str):
            raise SidelightError("engine is a name")
        numbers = {name: values.get(name, getattr(cls, name)) for name in RANGES}
        for name, value in numbers.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise SidelightError(f"{name} is a number")
        return cls(tuple(editors), engine, **{name: float(n) for name, n in numbers.items()})


def predict_photo(photo: Path, settings: Settings, inside: Path | None = None) -> dict[str, Any]:
    """Decode a photo and predict its edit; runs in a worker process.

    Args:
        photo: The file.
        settings: What to predict.
        inside: A folder that the photo must lie in when it is opened, reached without a link.

    Returns:
        Plain JSON values: `info` (`PhotoInfo.to_json`) and `editors`, by name either `recipe`
        (`Recipe.to_json`), `terms` (`Editor.terms`), `reasons`, `confidence`, `notes`,
        `mask_exposure_ev`, `seconds` and, where the Recipe has one, `lut`; or `error`, a sentence.

    Raises:
        PhotoError: It does not decode, or is not inside.
    """
    started = time.perf_counter()
    return predict_image(read_image(photo, inside), settings, started)


def predict_jpeg(data: bytes, settings: Settings) -> dict[str, Any]:
    """Predict the edit of a JPEG in memory; as `predict_photo`."""
    from sidelight.imaging.jpeg_body import read_jpeg

    started = time.perf_counter()
    return predict_image(read_jpeg(data, PROXY_PX), settings, started)


def read_image(photo: Path, inside: Path | None = None) -> Image:
    """Decode a photo as engines see it; as `predict_photo`."""
    from sidelight.imaging import read_photo

    with readable(photo, inside) as path:
        image = read_photo(path, size_px=PROXY_PX)
    if image.info.path == photo:
        return image
    return replace(image, info=replace(image.info, path=photo))


def predict_image(image: Image, settings: Settings, started: float | None = None) -> dict[str, Any]:
    """Predict the edit of decoded pixels; as `predict_photo`.

    Args:
        image: The proxy.
        settings: What to predict.
        started: Since when the first editor's seconds count, of `time.perf_counter`.
    """
    editors: dict[str, Any] = {}
    for name in settings.editors:
        started = time.perf_counter() if started is None else started
        try:
            editors[name] = _entry(image, name, settings)
            editors[name]["seconds"] = time.perf_counter() - started
        except Exception as error:  # the other editor gets its edit all the same
            # Names in it need not be text; whoever reads the answer must not stumble.
            editors[name] = {"error": to_text(sentence(error))}
        started = None
    return {"info": image.info.to_json(), "editors": editors}


def _entry(image: Image, editor: str, settings: Settings) -> dict[str, Any]:
    engine = load_engine(settings.engine)
    prediction = engine.predict(image, editor, settings.headroom, settings.strength)
    recipe = prediction.recipe
    mask = mask_exposure_ev(image, recipe, editor)
    confidence = float(prediction.confidence)
    entry = {
        "recipe": recipe.to_json(),
        "terms": load_editor(editor).terms(image.info, recipe, mask),
        "reasons": [reason_to_json(item) for item in prediction.reasons],
        "confidence": confidence if isfinite(confidence) else None,
        "notes": list(prediction.notes),
        "mask_exposure_ev": mask,
    }
    if recipe.lut is not None:
        entry["lut"] = _lut_to_json(recipe.lut)
    return entry


def mask_exposure_ev(image: Image, recipe: Recipe, editor: str) -> float:
    """Return the exposure of darktable's tone-equalizer mask for a photo, 0 where none is used."""
    if editor != "darktable" or not (recipe.highlights or recipe.shadows):
        return 0.0
    from sidelight.emulators import load_emulator
    from sidelight.emulators.guide import exposure_boost

    guide = load_emulator(editor).guide(image)
    return float(exposure_boost(guide, recipe.exposure_ev))


def predicted_info(predicted: Mapping[str, Any], photo: Path) -> PhotoInfo:
    """Return the metadata in an answer of `predict_photo`, as those of `photo`.

    Raises:
        RecipeError: They cannot be read.
    """
    from sidelight.recipe import PhotoInfo

    return PhotoInfo.from_json(predicted["info"], photo)


def predicted_recipe(entry: Mapping[str, Any]) -> Recipe:
    """Return the Recipe in one editor's entry of an answer of `predict_photo`.

    Raises:
        RecipeError: It cannot be read.
    """
    from sidelight.recipe import Recipe

    lut = entry.get("lut")
    return Recipe.from_json(entry["recipe"], None if lut is None else _lut_from_json(lut))


def _lut_to_json(lut: Lut3D) -> dict[str, Any]:
    table = lut.table.astype("<f4").tobytes()
    return {"title": lut.title, "size": lut.size, "table": b64encode(table).decode("ascii")}


def _lut_from_json(values: Mapping[str, Any]) -> Lut3D:
    import numpy as np

    from sidelight.recipe import Lut3D

    try:
        size = int(values["size"])
        table = np.frombuffer(b64decode(values["table"], validate=True), "<f4")
        return Lut3D(table.reshape(size, size, size, 3), str(values["title"]))
    except (KeyError, TypeError, ValueError) as error:
        raise RecipeError(f"this recipe's LUT cannot be read: {error}") from error


def reason_to_json(reason: Reason) -> dict[str, Any]:
    """Return plain JSON values."""
    value = float(reason.value)
    return {
        "slider": reason.slider,
        "value": value if isfinite(value) else None,
        "term": reason.term,
        "text": reason.text,
    }
