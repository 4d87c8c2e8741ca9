"""Histories read back as Recipes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sidelight.editors.base import Order, Reading
from sidelight.editors.darktable.editor import Darktable, recipe_to_entries
from sidelight.editors.darktable.reading import history_to_recipe
from sidelight.recipe import Hdr, PhotoInfo, Recipe, ToneCurve
from sidelight_xmp.darktable.history import History, HistoryEntry
from sidelight_xmp.darktable.operations import decode
from sidelight_xmp.darktable.sidecar import history_from_bytes, merge_history

EDITOR = Darktable()
EDIT = Recipe(
    temperature_mired=12,
    exposure_ev=0.4,
    contrast=10,
    highlights=-40,
    shadows=25,
    whites=8,
    vibrance=12,
    curve=ToneCurve.from_offsets(0.04 * np.sin(np.linspace(0, 2 * np.pi, 14))),
)


def test_foreign_operations_are_named_as_unread(info: PhotoInfo, order: Order) -> None:
    EDITOR.write(info, EDIT, order)
    path = info.path.with_name("IMG_1.CR3.xmp")
    history = history_from_bytes(path.read_bytes())
    assert history is not None
    velvia = HistoryEntry("velvia", True, 2, b"\0" * 8)
    skewed = HistoryEntry.from_values("sigmoid", {"contrast_skewness": 0.4})
    more = History((*history.entries, velvia, skewed), len(history.entries) + 2)
    path.write_bytes(merge_history(path.read_bytes(), more))
    reading = EDITOR.read(info)
    assert set(reading.unread) == {"velvia", "sigmoid"}
    assert reading.recipe.exposure_ev == pytest.approx(EDIT.exposure_ev, abs=1e-4)


def test_damaged_params_are_no_crash(info: PhotoInfo) -> None:
    broken = HistoryEntry("exposure", True, 6, b"\0" * 5)
    noisy = HistoryEntry("sigmoid", True, 1, b"\xff" * 24)
    curve = HistoryEntry("rgbcurve", True, 1, b"\xff" * 516)
    path = info.path.with_name("IMG_1.CR3.xmp")
    path.write_bytes(merge_history(None, History((broken, noisy, curve), history_end=3)))
    reading = EDITOR.read(info)
    assert "exposure" in reading.unread
    assert all(np.isfinite(list(reading.recipe.sliders().values())))


def test_read_is_exact_for_many_recipes(info: PhotoInfo, order: Order) -> None:
    random = np.random.default_rng(20)
    for number in range(40):
        vector = random.uniform(-0.5, 0.5, EDIT.to_vector().shape)
        vector[10:] *= 0.1
        recipe = Recipe(hdr=Hdr(sdr_whites=float(random.uniform(0.0, 100.0)))).with_vector(vector)
        EDITOR.write(info, recipe, replace(order, batch=str(number), overwrite=True))
        reading = EDITOR.read(info)
        difference = reading.recipe.to_vector() - recipe.to_vector()
        assert reading.unread == ()
        assert np.abs(difference[:10]).max() < 0.01
        assert reading.recipe.hdr.sdr_whites == pytest.approx(recipe.hdr.sdr_whites, abs=0.01)
        assert np.abs(difference[10:]).max() < 1e-3


def read(info: PhotoInfo, *entries: HistoryEntry) -> Reading:
    return history_to_recipe(History(entries, len(entries)), info)


@pytest.fixture
def ours(info: PhotoInfo) -> dict[str, HistoryEntry]:
    return {entry.operation: entry for entry in recipe_to_entries(EDIT, info)}


def with_values(entry: HistoryEntry, **values: object) -> HistoryEntry:
    old = decode(entry.operation, entry.modversion, entry.params)
    assert isinstance(old, dict)
    return HistoryEntry.from_values(entry.operation, old | values)


def differences(reading: Reading, *but: str) -> float:
    """How far a reading is off, whatever is in `but` apart."""
    found = reading.recipe.sliders()
    return max(
        abs(found[name] - value) for name, value in EDIT.sliders().items() if name not in but
    )


@pytest.mark.parametrize(
    ("operation", "values", "slider", "expected"),
    [
        ("exposure", {"exposure": 2.0}, "exposure_ev", 1.3),
        ("colorbalancergb", {"saturation_global": 0.25}, "saturation", 25.0),
        ("colorbalancergb", {"shadows_Y": -0.2}, "blacks", -35.77),
        ("sigmoid", {"middle_grey_contrast": 3.0}, "contrast", 100.0),
    ],
)
def test_a_moved_slider_is_read(info, ours, operation, values, slider, expected) -> None:
    ours[operation] = with_values(ours[operation], **values)
    reading = read(info, *ours.values())
    assert getattr(reading.recipe, slider) == pytest.approx(expected, abs=1.0)
    assert differences(reading, slider) < 0.1
    assert reading.unread == ()


def test_an_edited_temperature_is_a_shift(info, ours) -> None:
    wanted = {"temperature_mired": -30.0, "tint": 12.0}
    red, green, blue = info.white_balance.multipliers(*wanted.values())
    ours["temperature"] = with_values(
        ours["temperature"], red=red / green, green=1.0, blue=blue / green
    )
    reading = read(info, *ours.values())
    for slider, expected in wanted.items():
        assert getattr(reading.recipe, slider) == pytest.approx(expected, abs=0.1)
    assert reading.unread == ()


@pytest.mark.parametrize(
    ("operation", "values"),
    [
        ("exposure", {"black": 0.01}),
        ("exposure", {"mode": "deflicker"}),
        ("exposure", {"exposure": 12.0}),
        ("temperature", {"green": 1.2}),
        ("toneequal", {"noise": 1.5}),
        ("toneequal", {"details": 0}),
        ("toneequal", {"blending": 30.0}),
        ("colorbalancergb", {"hue_angle": 30.0}),
        ("colorbalancergb", {"global_Y": 0.2}),
        ("rgbcurve", {"autoscale": 1}),
        ("rgbcurve", {"preserve_colors": 2}),
        ("sigmoid", {"contrast_skewness": 0.4}),
        ("sigmoid", {"display_white_target": 400.0}),
        ("sigmoid", {"color_processing": "rgb_ratio"}),
    ],
)
def test_what_a_recipe_cannot_hold_is_named(info, ours, operation, values) -> None:
    ours[operation] = with_values(ours[operation], **values)
    reading = read(info, *ours.values())
    assert reading.unread == (operation,)
    assert all(np.isfinite(list(reading.recipe.sliders().values())))


@pytest.mark.parametrize("values", [{"global_Y": 0.2}, {"hue_angle": 30.0}])
def test_it_is_named_too_where_the_sliders_stand_at_zero(info, ours, values) -> None:
    zero = {"highlights_Y": 0.0, "shadows_Y": 0.0, "vibrance": 0.0, "saturation_global": 0.0}
    ours["colorbalancergb"] = with_values(ours["colorbalancergb"], **zero, **values)
    assert read(info, *ours.values()).unread == ("colorbalancergb",)
    ours["colorbalancergb"] = with_values(ours["colorbalancergb"], **dict.fromkeys(values, 0.0))
    assert read(info, *ours.values()).unread == ()


MASKED = "07000000" + "00" * 416
BLENDED = "01000000" + "00" * 416
OFF = "00000000" + "00" * 416


@pytest.mark.parametrize("operation", ["exposure", "toneequal", "colorbalancergb", "rgbcurve"])
@pytest.mark.parametrize("blending", [MASKED, BLENDED, "gz99!!", "00"])
def test_masked_and_blended_operations_are_not_read(info, ours, operation, blending) -> None:
    ours[operation] = replace(ours[operation], blendop_version=11, blendop_params=blending)
    reading = read(info, *ours.values())
    assert reading.unread == (operation,)
    assert differences(reading, *SETS[operation]) < 0.1
    default = {"exposure_ev": -0.7}
    for slider in SETS[operation]:
        assert getattr(reading.recipe, slider) == default.get(slider, 0.0)
    ours[operation] = replace(ours[operation], blendop_params=OFF)
    assert read(info, *ours.values()).unread == ()


SETS = {
    "temperature": ("temperature_mired", "tint"),
    "exposure": ("exposure_ev",),
    "toneequal": ("highlights", "shadows"),
    "colorbalancergb": ("whites", "blacks", "vibrance", "saturation"),
    "rgbcurve": (),
    "sigmoid": ("contrast",),
}


@pytest.mark.parametrize("operation", SETS)
def test_an_operation_that_is_switched_off_is_not_read(info, ours, operation) -> None:
    off = replace(ours[operation], enabled=False)
    reading = read(info, *ours.values(), off)
    assert reading.unread[0] == operation
    assert set(reading.unread) <= {operation, "no sigmoid"}
    assert differences(reading, *SETS[operation]) < 0.1
    if operation == "rgbcurve":
        assert reading.recipe.curve.is_identity


def test_switched_off_operations_of_others_do_not_matter(info, ours) -> None:
    velvia = HistoryEntry("velvia", False, 2, bytes(8))
    assert read(info, *ours.values(), velvia).unread == ()


def test_second_instances_are_named(info, ours) -> None:
    for enabled in (True, False):
        more = HistoryEntry.from_values(
            "exposure", {"exposure": 1.0}, multi_priority=1, enabled=enabled
        )
        reading = read(info, *ours.values(), more)
        assert reading.unread == (("exposure",) if enabled else ())
        assert differences(reading) < 0.1


@pytest.mark.parametrize(("bias", "taken"), [(None, 0.0), (1.0, 1.0), (-7.0, -5.0)])
def test_the_cameras_own_bias_counts(info, ours, bias, taken) -> None:
    """As the real program computes it, up to 5 EV."""
    ours["exposure"] = with_values(ours["exposure"], exposure=0.7, compensate_exposure_bias=1)
    reading = read(replace(info, exposure_bias_ev=bias), *ours.values())
    assert reading.recipe.exposure_ev == pytest.approx(-taken, abs=1e-5)
    assert reading.unread == ()


def test_another_tone_mapper(info, ours) -> None:
    del ours["sigmoid"]
    filmic = HistoryEntry("filmicrgb", True, 6, bytes(116))
    reading = read(info, *ours.values(), filmic)
    assert reading.unread == ("filmicrgb", "no sigmoid")
    assert differences(reading, "contrast") < 0.1


def test_color_calibration_takes_the_white_balance_with_it(info, ours) -> None:
    """Where it adapts, the multipliers are darktable's reference for the camera."""
    matrix = HistoryEntry.from_values("channelmixerrgb", {"red": (1.1, 0.0, 0.0, 0.0)})
    reading = read(info, *ours.values(), matrix)
    assert reading.unread == ("channelmixerrgb",)
    assert differences(reading) < 0.1
    for adapting in (
        HistoryEntry.from_values("channelmixerrgb", {"adaptation": "cat16", "illuminant": "d"}),
        HistoryEntry("channelmixerrgb", True, 9, bytes(160)),
    ):
        reading = read(info, *ours.values(), adapting)
        assert set(reading.unread) == {"channelmixerrgb", "temperature"}
        assert reading.recipe.temperature_mired == reading.recipe.tint == 0.0
        off = replace(adapting, enabled=False)
        assert read(info, *ours.values(), off).unread == ()


def test_what_darktable_5_wrote_back_is_read(info, ours) -> None:
    """Versions and bytes as 5.4.1 wrote them."""
    tails = {"temperature": (4, b"\xff" * 4), "exposure": (7, bytes(4)), "sigmoid": (3, bytes(32))}
    newer = dict(ours)
    for operation, (version, tail) in tails.items():
        entry = ours[operation]
        newer[operation] = replace(entry, modversion=version, params=entry.params + tail)
    reading = read(info, *newer.values())
    assert reading.unread == () and differences(reading) < 0.1
    late = replace(newer["temperature"], params=ours["temperature"].params + b"\4\0\0\0")
    purity = replace(newer["sigmoid"], params=ours["sigmoid"].params + b"\1" * 32)
    reading = read(info, *(newer | {"temperature": late, "sigmoid": purity}).values())
    assert set(reading.unread) == {"temperature", "sigmoid", "no sigmoid"}
    assert differences(reading, "temperature_mired", "tint", "contrast") < 0.1


def test_a_history_that_darktable_rewrote(info, sidecar) -> None:
    recipes = {}
    for name in ("ours", "ours_421", "twin", "twin_541"):
        history = history_from_bytes(sidecar(name))
        reading = history_to_recipe(history, info)
        recipes[name] = reading.recipe
        # The HDR twin: its white target, and the exposure for PQ.
        assert set(reading.unread) == ({"sigmoid", "exposure"} if "twin" in name else set())
    assert recipes["ours_421"] == recipes["ours"]
    assert recipes["twin_541"] == recipes["twin"]
    assert recipes["ours"].highlights == pytest.approx(-40, abs=0.01)


def test_an_untouched_history_is_darktables_own_rendering(info, sidecar) -> None:
    reading = history_to_recipe(history_from_bytes(sidecar("opened")), info)
    assert "filmicrgb" in reading.unread and "no sigmoid" in reading.unread
    assert read(info).recipe == Recipe()
