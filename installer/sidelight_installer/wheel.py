"""Check that a wheel of the checkout works alone, in an empty environment."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from sidelight_installer import environment
from sidelight_installer.demo import EDITORS, PHOTOS, result_of
from sidelight_installer.environment import Environment
from sidelight_installer.steps import Console, StepFailed, clean_environment, run

PHOTO = "gopro_hero6_GOPR0024_demo.dng"


def check_wheel(console: Console, made: Environment, checkout: Path) -> None:
    """Build a wheel, install it into an empty environment, and use it there.

    Raises:
        StepFailed: A step did not work.
    """
    with tempfile.TemporaryDirectory(prefix="sidelight-wheel-") as name:
        folder = Path(name)
        wheel = build(console, made, checkout, folder / "dist")
        alone = Environment(folder / "environment")
        environment.create(console, alone)
        with console.step(f"Installing {wheel.name} into an empty environment") as step:
            environment.pip(alone, [str(wheel)], step.note, "The wheel could not be installed.")
            step.result = f"done, {size_of(alone.folder) / 1e6:.0f} MB with pip"
        with console.step("Developing a photo with the installed wheel"):
            develop(alone, folder / "photos")
        with console.step("Installing the darktable plug-in from the wheel"):
            install_plug_in(alone, folder / "darktable")


def build(console: Console, made: Environment, checkout: Path, folder: Path) -> Path:
    """Build the wheel of the checkout into `folder` and return its path."""
    with console.step("Building the wheel"):
        command: list[str | Path] = [
            made.python,
            "-m",
            "pip",
            "wheel",
            "--no-deps",
            "--wheel-dir",
            folder,
            checkout,
        ]
        status, printed = run(command)
        wheels = sorted(folder.glob("*.whl")) if folder.is_dir() else []
        if status or len(wheels) != 1:
            advice = environment.advice_for(printed) or "The lines above say what the build lacks."
            raise StepFailed("The wheel could not be built.", advice, printed)
    return wheels[0]


def develop(alone: Environment, folder: Path) -> None:
    """Develop a demo photo in `folder`, and look that its sidecars are there.

    Raises:
        StepFailed: `sidelight auto` failed or wrote nothing.
    """
    folder.mkdir()
    photo = Path(shutil.copyfile(PHOTOS / PHOTO, folder / PHOTO))
    command: list[str | Path] = [
        alone.script("sidelight"),
        "auto",
        photo,
        "--editor",
        EDITORS,
        "--json",
    ]
    lines: list[str] = []
    env = clean_environment() | {"SIDELIGHT_HOME": str(folder / ".sidelight")}
    status, printed = run(command, cwd=folder, env=env, on_line=lines.append, errors_apart=True)
    results = [result for line in lines if (result := result_of(line)) is not None]
    written = [result for result in results if result.get("status") == "written"]
    sidecars = list(folder.glob("*.xmp"))
    wanted = len(EDITORS.split(","))
    if status or len(written) != wanted or len(sidecars) < wanted:
        raise StepFailed(
            "The installed wheel did not develop the photo for both editors.",
            "Something works only in the source tree: a file that the wheel lacks, or a "
            "dependency that pyproject.toml does not name.",
            printed,
        )


def install_plug_in(alone: Environment, folder: Path) -> None:
    """Install the darktable plug-in into the empty configuration `folder`, and look at it.

    Raises:
        StepFailed: `sidelight setup` failed, or the main script is not there.
    """
    folder.mkdir()
    command: list[str | Path] = [
        alone.script("sidelight"),
        "setup",
        "darktable",
        "--config-dir",
        folder,
    ]
    env = clean_environment() | {"SIDELIGHT_HOME": str(folder / ".sidelight")}
    status, printed = run(command, cwd=folder, env=env)
    if status or not (folder / "lua" / "sidelight" / "sidelight.lua").is_file():
        raise StepFailed(
            "The installed wheel did not install the darktable plug-in.",
            "The wheel lacks lua_plugins; see [tool.hatch.build.targets.wheel] in pyproject.toml.",
            printed,
        )


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
