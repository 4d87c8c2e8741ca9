"""What every engine offers and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sidelight.imaging.image import Image
from sidelight.recipe import Recipe


@dataclass(frozen=True)
class Reason:
    """Why one slider stands where it stands.

    Attributes:
        slider: Its name in the Recipe.
        value: Its value, in its own unit.
        term: The objective's term that moves it most.
        text: One sentence for a photographer.
    """

    slider: str
    value: float
    term: str
    text: str


@dataclass(frozen=True)
class Prediction:
    """An engine's answer for one photo and one editor.

    Attributes:
        recipe: The settings.
        reasons: One for every slider that moved, the largest effect first.
        confidence: 0 to 1.
        notes: Sentences about the photo rather than a slider.
    """

    recipe: Recipe
    reasons: tuple[Reason, ...] = ()
    confidence: float = 0.5
    notes: tuple[str, ...] = ()


class Engine(Protocol):
    """Predicts settings."""

    name: str

    def predict(
        self, image: Image, editor: str, headroom: float = 2.3, strength: float = 1.0
    ) -> Prediction:
        """Return the settings for a photo.

        Args:
            image: Scene-linear pixels.
            editor: Whose emulator solves.
            headroom: Stops above SDR white of the HDR twin, 0 for SDR alone.
            strength: 0 leaves the editor's default rendering, 1 is the whole edit.
        """
        ...
