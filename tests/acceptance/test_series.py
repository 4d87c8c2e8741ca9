"""Photos taken one after the other of the same thing look as one, in rendered pictures."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidelight.editors import load_editor
from sidelight.emulators import load_emulator
from sidelight.emulators.base import render
from sidelight.engines.series_member import summarise
from sidelight.imaging import read_photo
from sidelight.imaging.color import luminance
from sidelight.imaging.image import Image
from sidelight.imaging.statistics import near_neutral, near_neutral_mean
from sidelight.learning.burst import (
    Frame,
    common_area,
    jittered,
    steady,
    sunset,
    write_burst,
)
from sidelight.learning.darktable_render import render_darktable_batch
from sidelight.learning.radiance import RadianceMap, read_radiance
from sidelight.learning.test_set import TUNING_SET
from sidelight.recipe import Recipe
from sidelight.workflows.develop import Options, develop, new_batch
from sidelight.workflows.photos import Photo

pytestmark = pytest.mark.slow

EDITORS = ("lightroom", "darktable")
LIGHT_EV = 0.1
NEUTRAL_K = 100.0
DRIFT = 0.1
SEED = 5


@dataclass(frozen=True)
class Burst:
    """Photos on disk, how they were taken, and what was predicted for them."""

    paths: list[Path]
    frames: list[Frame]
    shot: Any
    images: list[Image]

    def recipes(self, results: list[list[Any]], editor: str) -> list[Recipe]:
        """Return the recipes of one editor."""
        return [
            Recipe.from_json(result.recipe)
            for group in results
            for result in group
            if result.editor == editor
        ]

    def pictures(self, recipes: list[Recipe], editor: str) -> list[np.ndarray]:
        """Return what the emulator makes of each photo."""
        emulator = load_emulator(editor)
        peaks = exposed_peaks(self.images, recipes)
        return [
            render(emulator, image, recipe, peak=peak)
            for image, recipe, peak in zip(self.images, recipes, peaks, strict=True)
        ]

    def rendered(self, recipes: list[Recipe], editor: str) -> np.ndarray:
        """Return the common area of the emulator's pictures, shape (photos, N, 3)."""
        return common_area(self.pictures(recipes, editor), self.shot, self.frames)

    def neutral(self, editor: str) -> np.ndarray:
        """Return which pixels of the common area are near-neutral as shot, on average."""
        return near_neutral(self.rendered([Recipe()] * len(self.images), editor).mean(axis=0))


def exposed_peaks(images: list[Image], recipes: list[Recipe]) -> list[float]:
    """Return the mask level darktable's sidecars are written for; see `solve_series`."""
    from sidelight.engines.series import solve_series

    members = [summarise(image, f"{i:03d}") for i, image in enumerate(images)]
    anchors = dict(enumerate(recipes))
    return [place.guide_peak for place in solve_series(members, recipes, "darktable", anchors)]


def light_of(common: np.ndarray) -> np.ndarray:
    """Return the median of log2 luminance of each photo."""
    return np.array([np.median(np.log2(np.maximum(luminance(each), 1e-6))) for each in common])


def kelvin_of(common: np.ndarray, neutral: np.ndarray) -> np.ndarray:
    """Return the near-neutral colour temperature of each photo."""
    found = [near_neutral_mean(each, neutral) for each in common]
    assert all(mean is not None for mean in found)
    return np.array([mean.kelvin for mean in found if mean is not None])


@pytest.fixture(scope="module")
def maps(shared: Path) -> dict[str, RadianceMap]:
    folder = shared / "data" / "hdr-scenes"
    return {
        photo.name: read_radiance(folder / photo.scene)
        for photo in TUNING_SET
        if photo.scene.endswith(".hdr")
    }


@pytest.fixture(scope="module")
def take(shared: Path, maps, tmp_path_factory: pytest.TempPathFactory):
    """Photograph one of the tuning scenes."""

    def call(name: str, frames: list[Frame]) -> Burst:
        shot = next(photo.shot for photo in TUNING_SET if photo.name == name)
        folder = tmp_path_factory.mktemp(name)
        paths = write_burst(folder, maps[name], shot, frames, shared / "data" / "luts")
        return Burst(paths, frames, shot, [read_photo(path, size_px=1024) for path in paths])

    return call


@pytest.fixture(scope="module")
def edit(tmp_path_factory: pytest.TempPathFactory):
    """Develop a burst as `sidelight auto` does."""

    def call(burst: Burst, **more: Any) -> list[list[Any]]:
        store = tmp_path_factory.mktemp("first_versions")
        options = Options(EDITORS, store, new_batch(), series=True, overwrite=True)
        return list(develop([Photo(p) for p in burst.paths], replace(options, **more), workers=1))

    return call


@pytest.mark.parametrize(
    ("name", "framing_degrees"), [("tuning_01", 0.0), ("tuning_01", 2.0), ("tuning_02", 2.0)]
)
def test_a_burst_is_one_in_light_and_white_balance(take, edit, name, framing_degrees) -> None:
    burst = take(name, jittered(6, SEED, framing_degrees=framing_degrees))
    results = edit(burst, dry_run=True)
    for editor in EDITORS:
        common = burst.rendered(burst.recipes(results, editor), editor)
        light, kelvin = light_of(common), kelvin_of(common, burst.neutral(editor))
        print(f"{name} {framing_degrees:g} {editor}: {light.std():.3f} EV, {kelvin.std():.0f} K")
        assert light.std() <= LIGHT_EV
        assert kelvin.std() <= NEUTRAL_K


@pytest.mark.darktable
def test_a_burst_is_one_as_darktable_renders_it(darktable_cli, take, edit) -> None:
    burst = take("tuning_01", jittered(6, SEED + 1))
    edit(burst)
    sidecars = [path.with_name(f"{path.name}.xmp").read_bytes() for path in burst.paths]
    renders = render_darktable_batch(list(zip(burst.paths, sidecars, strict=True)))
    assert all(render.dropped == () for render in renders)
    common = common_area([render.rgb for render in renders], burst.shot, burst.frames)
    light, kelvin = light_of(common), kelvin_of(common, burst.neutral("darktable"))
    print(f"darktable-cli: {light.std():.3f} EV, {kelvin.std():.0f} K")
    assert light.std() <= LIGHT_EV
    assert kelvin.std() <= NEUTRAL_K


def test_a_sunset_fades_as_it_did(take, edit) -> None:
    frames = sunset(jittered(10, SEED, seconds=30))
    burst = take("tuning_01", frames)
    results = edit(burst, dry_run=True)
    quiet = take("tuning_01", [steady(frame) for frame in frames])
    for editor in EDITORS:
        recipes = burst.recipes(results, editor)
        single = [one_recipe(burst, quiet, recipes[5], 5)] * len(frames)
        pictures = [
            *burst.pictures(recipes, editor),
            *quiet.pictures(single, editor),
            *quiet.pictures([Recipe()] * len(frames), editor),
        ]
        common = common_area(pictures, burst.shot, [*frames, *quiet.frames, *quiet.frames])
        seen, truth, as_shot = np.split(common, 3)
        neutral = near_neutral(as_shot.mean(axis=0))
        light, true_light = (_drift(light_of(each)) for each in (seen, truth))
        mired, true_mired = (_drift(1e6 / kelvin_of(each, neutral)) for each in (seen, truth))
        print(
            f"{editor}: {light:.2f} of {true_light:.2f} EV, {mired:.1f} of {true_mired:.1f} mired"
        )
        assert true_light < -1.5 and true_mired > 20
        assert light == pytest.approx(true_light, rel=DRIFT)
        assert mired == pytest.approx(true_mired, rel=DRIFT)
        assert (light_of(seen) - light_of(truth)).std() <= LIGHT_EV


def one_recipe(burst: Burst, quiet: Burst, recipe: Recipe, at: int) -> Recipe:
    """Return the Recipe that renders the jittered photo `at` as it renders the steady one."""
    from sidelight.engines.series import shift_to

    jittered_info, steady_info = burst.images[at].info, quiet.images[at].info
    multipliers = jittered_info.white_balance.multipliers(recipe.temperature_mired, recipe.tint)
    mired, tint = shift_to(steady_info.white_balance, np.log2(multipliers)[[0, 2]])
    exposed = recipe.exposure_ev + steady_info.ev100 - jittered_info.ev100
    return replace(recipe, exposure_ev=exposed, temperature_mired=mired, tint=tint)


def _drift(values: np.ndarray) -> float:
    """Return how much values change from the first to the last, by a line through all."""
    return float(np.polyfit(np.arange(len(values)), values, 1)[0] * (len(values) - 1))


def test_a_cloud_and_a_flash_stay_what_they_are(take, edit) -> None:
    frames = [
        replace(frame, light_ev=-0.7 if i >= 4 else 0.0)
        for i, frame in enumerate(jittered(8, SEED, framing_degrees=0.5))
    ]
    frames[2] = replace(frames[2], light_ev=2.0)
    burst = take("tuning_01", frames)
    results = edit(burst, dry_run=True)
    notes = ["series of 7 photos" in group[0].reason for group in results]
    assert notes == [i != 2 for i in range(8)]
    light = light_of(burst.rendered(burst.recipes(results, "lightroom"), "lightroom"))
    before, after = light[[0, 1, 3]], light[4:]
    print(f"cloud: {before.mean() - after.mean():.2f} EV, {before.std():.3f}, {after.std():.3f}")
    assert before.std() <= LIGHT_EV and after.std() <= LIGHT_EV
    assert 0.5 < before.mean() - after.mean() < 1.1


def test_late_photos_join_their_series_in_a_watched_folder(daemon, take, tmp_path: Path) -> None:
    burst = take("tuning_01", jittered(6, SEED))
    folder = tmp_path / "photos"
    folder.mkdir()
    one = daemon(config={"workers": 2})
    client = one.client
    client.request("POST", "/v1/roots", {"path": str(folder)})

    def arrive(*numbers: int) -> None:
        before = sum(client.request("GET", "/v1/status")["jobs"].values())
        for number in numbers:
            shutil.copy(burst.paths[number], folder)

        def closed() -> bool:
            jobs = client.request("GET", "/v1/status")["jobs"]
            return sum(jobs.values()) == before + len(numbers) and not (
                jobs["queued"] or jobs["leased"]
            )

        one.wait(closed, timeout_s=120)

    arrive(3, 1, 4, 0)
    written = {path: path.read_bytes() for path in folder.glob("*.xmp")}
    assert len(written) == 8
    arrive(5)
    arrive(2)
    for path, data in written.items():
        assert path.read_bytes() == data
    jobs = client.request("GET", "/v1/jobs")["jobs"]
    assert all(job["state"] == "done" for job in jobs)
    by_photo = {Path(job["photo"]).name: job["results"] for job in jobs}
    for editor in EDITORS:
        recipes = [
            load_editor(editor).read(replace(image.info, path=folder / path.name)).recipe
            for path, image in zip(burst.paths, burst.images, strict=True)
        ]
        assert np.ptp([recipe.contrast for recipe in recipes]) < 1.0
        common = burst.rendered(recipes, editor)
        light, kelvin = light_of(common), kelvin_of(common, burst.neutral(editor))
        print(f"daemon {editor}: {light.std():.3f} EV, {kelvin.std():.0f} K")
        assert light.std() <= LIGHT_EV
        assert kelvin.std() <= NEUTRAL_K
    joined = [result["reason"] for result in by_photo["burst_02.dng"]]
    assert all("One of a series of 6 photos" in reason for reason in joined)
    assert one.stop() == 0


def test_a_watched_folder_can_do_without(daemon, take, tmp_path: Path) -> None:
    burst = take("tuning_01", jittered(2, SEED, framing_degrees=0.0))
    folder = tmp_path / "photos"
    folder.mkdir()
    one = daemon(config={"series": False})
    client = one.client
    client.request("POST", "/v1/roots", {"path": str(folder)})
    for path in burst.paths:
        shutil.copy(path, folder)
    one.wait(lambda: len(list(folder.glob("*.xmp"))) == 4, timeout_s=120)
    jobs = client.request("GET", "/v1/jobs")["jobs"]
    assert "series" not in json.dumps([job["results"] for job in jobs])
    assert one.stop() == 0
