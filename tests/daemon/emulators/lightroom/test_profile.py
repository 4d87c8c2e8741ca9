"""Camera profiles: by formula, on tensors, on a real phone's tables, and against RawTherapee."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import colour
import numpy as np
import pytest
from numpy.typing import NDArray

from sidelight.emulators.base import Context, run
from sidelight.emulators.lightroom import LightroomConstants, LightroomEmulator
from sidelight.emulators.lightroom.curve import base_stage
from sidelight.emulators.lightroom.profile import camera_profile_stage, look_table_stage
from sidelight.imaging.camera_profile import CameraProfile, HueSatMap
from sidelight.imaging.color import D50_WHITE, PROPHOTO_TO_REC2020, REC2020_TO_PROPHOTO
from sidelight.imaging.metadata import read_raw_tags
from sidelight.imaging.raster import read_raster
from sidelight.imaging.raw import read_raw
from sidelight.learning.camera_look import LOOKS
from sidelight.learning.dng import ASCII, FLOAT, LONG, SHORT, SRATIONAL, Dng, Tag
from sidelight.learning.radiance import RadianceMap, View
from sidelight.learning.virtual_camera import Shot, take
from sidelight.recipe import CameraWhiteBalance, Hdr, Recipe
from sidelight.recipe.fields import INDEX
from sidelight.recipe.white_balance import RelativeWhiteBalance

Rendered = Callable[..., NDArray[np.float64]]

FORWARD = np.array([[0.60, 0.25, 0.11], [0.20, 0.75, 0.05], [0.02, 0.08, 0.73]])
FORWARD *= (D50_WHITE / FORWARD.sum(axis=1))[:, None]
KELVINS = (2850.0, 6500.0)


def table(hues: int, saturations: int, levels: int, amount: float = 1.0) -> NDArray[np.float64]:
    """Smooth changes that leave greys grey; shape (levels, hues, saturations, 3)."""
    angle = np.arange(hues)[None, :, None] / hues * 2 * np.pi
    s = np.linspace(0, 1, saturations)[None, None, :]
    v = np.linspace(0, 1, levels)[:, None, None] if levels > 1 else np.ones((1, 1, 1))
    shift = 12.0 * np.sin(angle) * s * v
    return np.stack(
        [
            amount * shift,
            1 + amount * 0.3 * np.cos(2 * angle) * s * np.ones_like(v),
            1 + amount * 0.15 * np.sin(angle + 1) * s * (0.5 + 0.5 * v),
        ],
        axis=-1,
    )


def pixels(count: int = 300) -> NDArray[np.float64]:
    """Colours within ProPhoto RGB, as Rec.2020."""
    random = np.random.default_rng(5)
    level = 2.0 ** random.uniform(-8, 1.5, (count, 1))
    return (level * random.uniform(0.02, 1, (count, 3))) @ PROPHOTO_TO_REC2020.T


def through(stage: Any, rgb: NDArray[np.float64], **settings: float) -> NDArray[np.float64]:
    return stage.apply(rgb, Recipe(**settings).to_vector())  # type: ignore[arg-type]


PLAIN = Context(RelativeWhiteBalance())


def test_a_table_turns_hue_and_scales_saturation_and_value() -> None:
    entries = np.broadcast_to([30.0, 0.8, 1.1], (1, 6, 4, 3))
    profile = CameraProfile(hue_sat_maps=(HueSatMap(entries),))
    rgb = pixels()
    out = through(camera_profile_stage(PLAIN, profile), rgb) @ REC2020_TO_PROPHOTO.T
    hsv = colour.RGB_to_HSV(rgb @ REC2020_TO_PROPHOTO.T)
    wanted = np.stack([(hsv[:, 0] + 30 / 360) % 1, 0.8 * hsv[:, 1], 1.1 * hsv[:, 2]], axis=-1)
    assert np.allclose(out, colour.HSV_to_RGB(wanted), rtol=1e-6, atol=1e-9)


def test_value_is_encoded_where_the_table_says_so() -> None:
    """Saturated colours only: the factor rises along the encoded value from 1 to 2."""
    ramp = np.ones((2, 1, 2, 3)) * [0.0, 1.0, 1.0]
    ramp[1, ..., 2] = 2.0
    grey = np.array([[0.0, 0.0, 0.0], [0.2, 0.2, 0.2], [1.0, 1.0, 1.0]])
    plain, encoded = (
        through(look_table_stage(HueSatMap(ramp, flag)), grey)[:, 0] for flag in (False, True)
    )
    assert np.allclose(plain, [0.0, 0.2 * 1.2, 2.0])
    code = 1.055 * 0.2 ** (1 / 2.4) - 0.055
    assert np.allclose(encoded[1], ((code * (1 + code) + 0.055) / 1.055) ** 2.4)


def test_light_above_white_takes_the_tables_end_and_stays_above() -> None:
    entries = np.broadcast_to([0.0, 1.0, 0.9], (3, 2, 2, 3))
    out = through(look_table_stage(HueSatMap(entries)), np.full((1, 3), 8.0))
    assert np.allclose(out, 7.2)


def test_a_table_of_nothing_changes_nothing() -> None:
    rgb = pixels()
    for levels, encoded in [(1, False), (5, False), (5, True)]:
        same = HueSatMap(table(8, 4, levels, amount=0.0), encoded)
        assert np.allclose(through(look_table_stage(same), rgb), rgb, rtol=1e-6, atol=1e-9)


def test_two_tables_are_mixed_by_the_light_of_the_setting(
    white_balance: CameraWhiteBalance,
) -> None:
    one, two = (HueSatMap(table(12, 4, 1, amount)) for amount in (1.0, -1.0))
    stage = camera_profile_stage(
        Context(white_balance), CameraProfile(KELVINS, hue_sat_maps=(one, two))
    )
    rgb, shot = pixels(), 1e6 / white_balance.kelvin
    assert stage.settings == (INDEX["temperature_mired"],)
    for kelvin, share in [(2000.0, 1.0), (2850.0, 1.0), (3962.6, 0.5), (6500.0, 0.0)]:
        mixed = HueSatMap(table(12, 4, 1, 2 * share - 1))
        mired = float(np.clip(1e6 / kelvin - shot, -150, 150))
        if abs(mired) < 150:
            wanted = through(look_table_stage(mixed), rgb)
            assert np.allclose(through(stage, rgb, temperature_mired=mired), wanted, atol=1e-5)


def test_a_forward_matrix_takes_the_cameras_colours_to_its_own(
    white_balance: CameraWhiteBalance,
) -> None:
    stage = camera_profile_stage(Context(white_balance), CameraProfile(forward_matrices=(FORWARD,)))
    assert stage.settings == ()
    camera = np.random.default_rng(2).uniform(0, 1, (50, 3))
    camera[0] = 1.0
    out = through(stage, camera @ white_balance.camera_to_working.T) @ REC2020_TO_PROPHOTO.T
    prophoto = colour.RGB_COLOURSPACES["ProPhoto RGB"].matrix_XYZ_to_RGB
    assert np.allclose(out, camera @ FORWARD.T @ np.asarray(prophoto).T, atol=3e-3)
    assert np.allclose(out[0], 1.0, atol=1e-3)


@pytest.fixture(scope="module")
def whole() -> CameraProfile:
    x = np.linspace(0, 1, 9)
    return CameraProfile(
        KELVINS,
        tuple(HueSatMap(table(36, 10, 1, amount)) for amount in (1.0, -0.5)),
        (FORWARD, FORWARD + np.array([[0.05, -0.05, 0.0]] * 3)),
        HueSatMap(table(24, 8, 8), True),
        np.stack([x, x**0.6], axis=1),
    )


def test_tensors_and_their_gradients(
    whole: CameraProfile, white_balance: CameraWhiteBalance
) -> None:
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    edges = [[0, 0, 0], [-0.1, 0.2, 0.0], [1, 0, 0], [0.18, 0.18, 0.18], [0.3, 0.3, 0.1], [9, 8, 7]]
    rgb = np.concatenate([pixels(), edges]).astype(np.float32)
    recipe = Recipe(temperature_mired=20.0, exposure_ev=0.3, hdr=Hdr(True, 2.3))
    for headroom in (0.0, 2.3):
        bound = Context(white_balance, headroom, hdr=recipe.hdr, camera_profile=whole)
        stages = LightroomEmulator().stages(bound)
        wanted = run(stages, rgb, recipe.to_vector().astype(np.float32))
        assert wanted.dtype == np.float32 and np.isfinite(wanted).all()
        inputs = torch.tensor(rgb, requires_grad=True)
        theta = torch.tensor(recipe.to_vector().astype(np.float32), requires_grad=True)
        out = run(stages, inputs, theta)
        assert np.allclose(out.detach().numpy(), wanted, rtol=1e-3, atol=1e-4)
        out.sum().backward()
        assert torch.isfinite(inputs.grad).all() and torch.isfinite(theta.grad).all()


def test_every_stage_names_the_settings_it_reads(
    whole: CameraProfile, white_balance: CameraWhiteBalance
) -> None:
    stages = LightroomEmulator().stages(Context(white_balance, camera_profile=whole))
    names = [stage.name for stage in stages]
    assert names[:5] == ["white balance", "camera profile", "exposure", "tone", "look table"]
    rgb, zero = pixels(), Recipe().to_vector()
    moved = zero + 0.05
    moved[INDEX["temperature_mired"]] = 0.0
    for index in (1, 4):
        stage = stages[index]
        assert np.array_equal(stage.apply(rgb, moved), stage.apply(rgb, zero))


def test_a_real_phones_tables(shared: Path, rendered: Rendered) -> None:
    """The picture of this DNG is no use, but its profile is whole."""
    tags = read_raw_tags(shared / "data/photos/google_pixel7_hdrplus_small.dng")
    profile = tags.camera_profile
    assert profile is not None
    assert [m.entries.shape for m in profile.hue_sat_maps] == [(1, 90, 30, 3)] * 2
    assert profile.look_table is not None and profile.look_table.entries.shape == (16, 36, 8, 3)
    assert profile.tone_curve is not None and len(profile.tone_curve) == 257
    assert len(profile.forward_matrices) == 2 and profile.kelvins == (2850.0, 6500.0)
    level = 2.0 ** np.arange(-7, 0.1, 0.5)
    grey = rendered(np.repeat(level[:, None], 3, axis=1), camera_profile=profile)
    assert (np.diff(grey[:, 1]) > 0).all()
    assert np.ptp(grey, axis=1).max() < 0.02
    out = rendered(pixels(), camera_profile=profile)
    assert np.isfinite(out).all()
    assert np.abs(out - rendered(pixels())).mean() > 0.01


_NEUTRAL = """[Version]
AppVersion=5.9
Version=349
[Exposure]
Auto=false
Compensation=0
HistogramMatching=false
ClampOOG=false
[HLRecovery]
Enabled=false
[White Balance]
Enabled=true
Setting=Camera
[RAW Bayer]
Method=fast
[Color Management]
InputProfile=file:{profile}
ToneCurve=true
ApplyLookTable=true
ApplyBaselineExposureOffset=true
ApplyHueSatMap=true
DCPIlluminant=0
WorkingProfile=ProPhoto
WorkingTRC=none
OutputProfile=RTv2_Large
OutputProfileIntent=Relative
OutputBPC=false
"""


def tags_of(amount: float = 1.0, *, look: bool = False, curve: bool = False) -> tuple[Tag, ...]:
    x = np.linspace(0, 1, 9)
    tags: list[Tag] = [
        (50936, ASCII, "Test"),
        (50937, LONG, [36, 10, 1]),
        (50938, FLOAT, table(36, 10, 1, amount).ravel()),
        (50941, LONG, [0]),
        (50964, SRATIONAL, FORWARD.ravel()),
    ]
    if look:
        tags += [(50981, LONG, [24, 8, 8]), (50982, FLOAT, table(24, 8, 8).ravel())]
        tags += [(51108, LONG, [1])]
    if curve:
        tags += [(50940, FLOAT, np.stack([x, x**0.6], axis=1).ravel())]
    return tuple(tags)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Dng:
    """Patches of many colours, none clipped."""
    luts = tmp_path_factory.mktemp("luts")
    cube = [f"{r} {g} {b}" for b in (0, 0.9) for g in (0, 0.9) for r in (0, 0.9)]
    for look in LOOKS.values():
        (luts / look.film).write_text("LUT_3D_SIZE 2\n" + "\n".join(cube), encoding="ascii")
    random = np.random.default_rng(3)
    patches = random.uniform(0.05, 1.0, (12, 16, 3)) * 2.0 ** random.uniform(-3, 0, (12, 16, 1))
    rgb = np.repeat(np.repeat(patches, 32, axis=0), 32, axis=1).astype(np.float32)
    shot = Shot(View(crop=(0.0, 0.0, 1.0)), seed=7, exposure_ev=-0.5)
    return take(RadianceMap(rgb, is_panorama=False), shot, luts, (512, 384))[0]


@pytest.mark.slow
def test_rawtherapee_does_the_same_with_tables_and_curve(scene: Dng, tmp_path: Path) -> None:
    """What it makes of a profile against ours on what it makes of the same one without tables."""
    program = shutil.which("rawtherapee-cli")
    if program is None:
        pytest.skip("rawtherapee-cli is not installed")

    def rendered_by_it(name: str, tags: tuple[Tag, ...]) -> NDArray[np.float64]:
        dng, settings = tmp_path / f"{name}.dng", tmp_path / f"{name}.pp3"
        dng.write_bytes(replace(scene, profile=tags).to_bytes())
        settings.write_text(_NEUTRAL.format(profile=dng))
        out = dng.with_suffix(".tif")
        command = [program, "-q", "-Y", "-o", out, "-p", settings, "-t", "-b32", "-c", dng]
        done = subprocess.run(
            list(map(str, command)), capture_output=True, timeout=120, env={"HOME": str(tmp_path)}
        )
        assert done.returncode == 0
        return read_raster(out, 2000).rgb.astype(np.float64)

    plain = rendered_by_it("plain", tags_of(0.0))
    cases = {
        "map": tags_of(),
        "look": tags_of(0.0, look=True),
        "curve": tags_of(0.0, curve=True),
        "all": tags_of(look=True, curve=True),
    }
    for name, tags in cases.items():
        theirs = rendered_by_it(name, tags)
        profile = read_raw_tags(tmp_path / f"{name}.dng").camera_profile
        assert profile is not None and profile.hue_sat_maps
        # The matrix is in both pictures already.
        tables = replace(profile, forward_matrices=())
        ours = through(camera_profile_stage(PLAIN, tables), plain)
        if profile.look_table is not None:
            ours = through(look_table_stage(profile.look_table), ours)
        if profile.tone_curve is not None:
            bound = replace(PLAIN, camera_profile=profile)
            ours = through(base_stage(bound, LightroomConstants()), ours)
        # It lets saturation grow above 1, where Adobe's reference, as ours, ends it.
        inside = ((ours @ REC2020_TO_PROPHOTO.T).min(axis=-1) > 1e-6) & (theirs.max(axis=-1) < 0.99)
        assert inside.mean() > 0.7
        assert np.abs(theirs - plain)[inside].mean() > 1e-3
        assert np.abs(theirs - ours)[inside].max() < 3e-4, name


@pytest.mark.slow
def test_rawtherapee_mixes_by_nearly_the_same_light(scene: Dng, tmp_path: Path) -> None:
    """Its temperature of the same neutral is 4 % lower than ours, 0.04 of the way between both."""
    program = shutil.which("rawtherapee-cli")
    if program is None:
        pytest.skip("rawtherapee-cli is not installed")
    second = scene.color_matrix * np.array([[1.1], [1.0], [0.85]])
    lights: tuple[Tag, ...] = (
        (50722, SRATIONAL, list(np.ravel(second))),
        (50779, SHORT, [17]),
        (50965, SRATIONAL, FORWARD.ravel()),
    )
    renders = []
    for amount in (0.0, 1.0):
        dng = tmp_path / f"light{amount:.0f}.dng"
        tags = (*tags_of(amount), *lights, (50939, FLOAT, table(36, 10, 1, -amount).ravel()))
        dng.write_bytes(replace(scene, profile=tags).to_bytes())
        settings = dng.with_suffix(".pp3")
        settings.write_text(_NEUTRAL.format(profile=dng))
        out = dng.with_suffix(".tif")
        subprocess.run(
            [program, "-q", "-Y", "-o", out, "-p", settings, "-t", "-b32", "-c", dng],
            capture_output=True, timeout=120, check=True, env={"HOME": str(tmp_path)},
        )  # fmt: skip
        renders.append(read_raster(out, 2000).rgb.astype(np.float64))
    image = read_raw(tmp_path / "light1.dng")
    assert image.camera_profile is not None
    tables = replace(image.camera_profile, forward_matrices=())
    bound = Context(image.info.white_balance)
    ours = through(camera_profile_stage(bound, tables), renders[0])
    change = np.abs(renders[1] - renders[0]).mean()
    assert np.abs(ours - renders[1]).mean() < 0.15 * change
