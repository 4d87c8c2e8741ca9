"""The chroma that is wished is measured from the editor's default rendering."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import brentq

from sidelight.emulators import EMULATORS, load_emulator
from sidelight.emulators.base import Context, Emulator, context_of, run
from sidelight.engines.camera_tone import CameraTone
from sidelight.engines.default import exposure_at_key, wanted_chroma
from sidelight.engines.key import Key
from sidelight.engines.scene import Scene, analyse
from sidelight.engines.terms import features_of
from sidelight.imaging.image import Image
from sidelight.recipe import Recipe
from sidelight.recipe.fields import INDEX

ImageOf = Callable[..., Image]
Case = tuple[Emulator, Context, Scene]
KEY = Key(0.2, "light")


@pytest.fixture(params=sorted(EMULATORS))
def case(request: pytest.FixtureRequest, image_of: ImageOf) -> Case:
    """Colourful patches about a face, and their context in an editor."""
    random = np.random.default_rng(4)
    level = random.normal(-2.5, 1.2, (96, 144, 1))
    rgb = 2.0**level * np.exp(random.normal(0, 0.4, (96, 144, 3)))
    rows, columns = np.ogrid[:96, :144]
    rgb[(rows - 50) ** 2 + (columns - 70) ** 2 < 200] = 0.12 * np.array([1.28, 0.94, 0.62])
    image = image_of(rgb)
    emulator, scene = load_emulator(request.param), analyse(image)
    assert "face" in scene.groups
    guide = emulator.guide(image).reshape(-1)
    return emulator, context_of(image, Recipe(), 2.0, guide).take(scene.index), scene


def default_chroma(case: Case, key: Key) -> dict[str, float]:
    """Chroma of the default rendering whose exposure alone puts the mid-tones at the key."""
    emulator, context, scene = case
    stages = emulator.stages(context.at(0.0))

    def shown(exposure_ev: float) -> dict[str, np.ndarray]:
        theta = Recipe(exposure_ev=exposure_ev).to_vector().astype(np.float32)
        rgb = run(stages, scene.rgb, theta)
        return features_of(rgb, rgb)  # type: ignore[return-value]

    def miss(exposure_ev: float) -> float:
        return float(shown(exposure_ev)["sdr_ev"][scene.groups["middle"]].mean() - key.ev)

    found = shown(brentq(miss, -5.0, 5.0))["sdr_chroma"]
    return {name: float(found[scene.groups[name]].mean()) for name in ("colourful", "face")}


def wanted(case: Case, key: Key = KEY, curve: CameraTone | None = None) -> dict[str, float]:
    return wanted_chroma(*case, exposure_at_key(*case, key)[0], curve)


def tone(gain: float) -> CameraTone:
    return CameraTone(np.array([-5.0, 0.0]), np.array([-5.0, 0.5]), gain)


@pytest.mark.parametrize("level", [-1.0, 0.2, 1.0])
def test_it_is_the_defaults_at_the_key_a_little_more_for_colours_and_not_for_skin(
    case: Case, level: float
) -> None:
    key = Key(level, "light")
    found, default = wanted(case, key), default_chroma(case, key)
    assert set(found) == {"colourful", "face"}
    assert default["colourful"] <= found["colourful"] <= 1.15 * default["colourful"]
    assert 0.95 * default["face"] <= found["face"] <= 1.05 * default["face"]


@pytest.mark.parametrize("level", [-2.0, 0.2, 1.0])
def test_at_that_exposure_the_default_shows_the_mid_tones_at_the_key(
    case: Case, level: float
) -> None:
    emulator, context, scene = case
    theta = Recipe().to_vector().astype(np.float32)
    theta[INDEX["exposure_ev"]], mid_ev = exposure_at_key(*case, Key(level, "light"))
    shown = run(emulator.stages(context.at(0.0)), scene.rgb, theta)
    ev = features_of(shown, shown)["sdr_ev"]
    assert ev[scene.groups["middle"]].mean() == pytest.approx(level, abs=0.1)
    assert ev[scene.groups["mids"]].mean() == pytest.approx(mid_ev, abs=0.01)


def test_a_more_colourful_camera_is_followed_a_part_of_the_way(case: Case) -> None:
    default = default_chroma(case, KEY)["colourful"]
    levels = [wanted(case, KEY, tone(gain))["colourful"] for gain in (0.2, 0.9, 1.1, 9.0)]
    assert levels == sorted(levels)
    assert levels[0] >= default, "a pale camera takes nothing away"
    assert levels[-1] <= 1.35 * default
    assert levels[-1] > levels[0]


def test_no_camera_makes_skin_more_colourful(case: Case) -> None:
    faces = {wanted(case, KEY, tone(gain))["face"] for gain in (0.2, 1.0, 9.0)}
    assert len(faces) == 1


def test_without_a_face_only_colours_are_wished(
    landscape: Image,
) -> None:
    scene = analyse(landscape)
    assert "face" not in scene.groups
    for name in sorted(EMULATORS):
        emulator = load_emulator(name)
        guide = emulator.guide(landscape).reshape(-1)
        context = context_of(landscape, Recipe(), 2.0, guide).take(scene.index)
        assert set(wanted((emulator, context, scene))) == {"colourful"}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("level", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("name", sorted(EMULATORS))
def test_flat_pictures_have_a_finite_wish(name: str, level: float, image_of: ImageOf) -> None:
    image = image_of(np.full((12, 16, 3), level))
    emulator, scene = load_emulator(name), analyse(image)
    guide = emulator.guide(image).reshape(-1)
    context = context_of(image, Recipe(), 0.0, guide).take(scene.index)
    for curve in (None, tone(1.2)):
        found = wanted((emulator, context, scene), KEY, curve)
        assert all(np.isfinite(value) and value >= 0 for value in found.values())
