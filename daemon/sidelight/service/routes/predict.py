"""One photo's edit, at once; nothing is stored or written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sidelight.emulators import EMULATORS
from sidelight.service.core import Core
from sidelight.service.display import shown
from sidelight.service.named_photos import find_named
from sidelight.service.operation import Answer, Call, Operation
from sidelight.service.protocol import while_connected
from sidelight.service.schema import (
    EditorAnswer,
    PredictBody,
    Prediction,
    PredictQuery,
    Wish,
)

ENTRY = ("recipe", "terms", "reasons", "confidence", "notes")
"""What is told of an edit wherever one is told."""


async def predict(core: Core, call: Call) -> Answer:
    """Predict for a photo that is named, or for the JPEG in the body."""
    from sidelight.workflows.predict import Settings

    asked = call.query.chosen()
    source: Path | bytes = b""
    inside = photo = None
    if isinstance(call.body, PredictBody):
        asked |= call.body.chosen()
        found = (await find_named(core, [call.body.photo]))[0]
        source, inside, photo = found.path, found.inside, shown(found.path)
    else:
        source = call.body
    work = core.predict(source, Settings.from_json(settings(core, asked)), inside)
    predicted = await while_connected(call.request, work)
    editors = {name: _editor(entry) for name, entry in predicted["editors"].items()}
    return Answer(Prediction(photo, editors))


def settings(core: Core, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was asked for, and for the rest what the configuration says."""
    config = core.config
    return {
        "editors": [name for name in config.editors if name in EMULATORS],
        "engine": config.engine,
        "headroom": config.headroom,
        "strength": config.strength,
        **asked,
    }


def wishes(core: Core, wish: Wish) -> dict[str, Any]:
    """Return a checked wish as plain values.

    Raises:
        SidelightError: It names no editor, or one twice.
    """
    from sidelight.workflows.predict import Settings

    return Settings.from_json(settings(core, wish.chosen())).to_json()


def _editor(entry: Mapping[str, Any]) -> EditorAnswer:
    if "error" in entry:
        return EditorAnswer(error=shown(str(entry["error"])))
    return EditorAnswer(**{name: entry[name] for name in (*ENTRY, "seconds") if name in entry})


OPERATIONS = (
    Operation(
        "POST",
        "/v1/predict",
        predict,
        "Predict one photo's edit",
        {200: Prediction},
        query=PredictQuery,
        body=PredictBody,
        takes_jpeg=True,
        errors=("photo_path", "no_such_photo", "unusable_photo", "worker_failed", "worker_timeout"),
    ),
)
