"""`python3 installer demo`: develop the small RAWs that ship with the source."""

from __future__ import annotations

import json
import os
import shutil
import webbrowser
from pathlib import Path
from typing import Any

from sidelight_installer import environment
from sidelight_installer.environment import Environment
from sidelight_installer.page import photos_of, write_page
from sidelight_installer.steps import Console, StepFailed, clean_environment, run

FOLDER = "demo"
PHOTOS = Path(__file__).resolve().parent.parent / "demo_photos"
ENDINGS = {".dng", ".crw"}
EDITORS = "lightroom,darktable"
HOME = ".sidelight"
"""Folder in `demo/` for Sidelight's own files, so that the demo neither reads nor changes yours."""


def demo(console: Console, checkout: Path, *, fresh: bool = False, show: bool = False) -> int:
    """Develop the demo photos into `demo/` and write its page.

    Args:
        console: Where to say what happens.
        checkout: Root of the source tree.
        fresh: Build the environment anew.
        show: Open the page in a browser at the end.

    Returns:
        0, or 1 when a photo failed; the page is written all the same.

    Raises:
        StepFailed: The environment cannot be made, or `sidelight` did not run.
    """
    made = environment.prepare(console, checkout, fresh=fresh)
    folder = checkout / FOLDER
    photos = copy_photos(folder)
    results = develop(console, made, photos, folder)
    page = folder / "index.html"
    with console.step("Writing the page"):
        write_page(page, photos_of(results, folder))
    report(console, results, page)
    if show and not webbrowser.open(page.resolve().as_uri()):
        console.say("No browser was found to open it with.")
    return 1 if any(result.get("status") == "error" for result in results) else 0


def copy_photos(folder: Path) -> list[Path]:
    """Copy the demo photos into `folder`, and return the copies in a fixed order.

    Raises:
        StepFailed: The folder cannot be written, or no photo ships with this source tree.
    """
    try:
        folder.mkdir(exist_ok=True)
        sources = sorted(path for path in PHOTOS.iterdir() if path.suffix.lower() in ENDINGS)
        copies = [Path(shutil.copyfile(source, folder / source.name)) for source in sources]
        shutil.copyfile(PHOTOS / "LICENSES.md", folder / "LICENSES.md")
    except OSError as error:
        raise StepFailed(
            f"The demo photos could not be copied to {folder}: {error.strerror}.",
            "Check that the source tree is complete, that this folder may be written, and that "
            "the disk has 50 MB free.",
        ) from error
    if not copies:
        raise StepFailed(f"There are no photos in {PHOTOS}.", "Fetch the source tree again.")
    return copies


def develop(
    console: Console, made: Environment, photos: list[Path], folder: Path
) -> list[dict[str, Any]]:
    """Run `sidelight auto` on the photos, and return its result lines.

    The photos are named one by one: the folder also holds the JPEGs of an earlier run.

    Raises:
        StepFailed: It did not run to its end.
    """
    # Relative names, so that the lines on screen stay short.
    names = [os.path.relpath(photo, folder.parent) for photo in photos]
    command: list[str | Path] = [made.script("sidelight"), "auto", *names, "--editor", EDITORS]
    command += ["--preview", os.path.relpath(folder, folder.parent), "--overwrite", "--json"]
    results: list[dict[str, Any]] = []
    with console.step(
        f"Developing {len(photos)} photos for {EDITORS.replace(',', ' and ')}"
    ) as step:
        seen: list[str] = []

        def on_line(line: str) -> None:
            result = result_of(line)
            if result is None:
                return
            results.append(result)
            name = Path(str(result["photo"])).name
            if name not in seen:
                seen.append(name)
                step.note(f"{len(seen)} of {len(photos)}: {name}")
                if not console.interactive:
                    console.say(f"  {len(seen)} of {len(photos)}: {name}")

        env = clean_environment() | {"SIDELIGHT_HOME": str(folder / HOME)}
        status, printed = run(
            command, cwd=folder.parent, env=env, on_line=on_line, errors_apart=True
        )
        # 1 says that some photos failed, each with its own line.
        if status not in (0, 1) or len(seen) < len(photos):
            raise StepFailed(
                "sidelight auto did not run to its end.",
                "Run the command again with --fresh; if that does not help, report the text above.",
                printed,
            )
    return results


def result_of(line: str) -> dict[str, Any] | None:
    """Return the object in a line of `--json` output, or None for any other line."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "photo" in found else None


def report(console: Console, results: list[dict[str, Any]], page: Path) -> None:
    """Say what was made and where it lies."""
    photos = photos_of(results, page.parent)
    for photo in photos:
        for result in photo.results:
            if result.get("status") != "written":
                reason = result.get("reason") or "no reason was given"
                outcome = f"{result.get('status')}: {reason}"
                console.say(f"{photo.name}, {result.get('editor')}: {outcome}")
    console.say()
    console.say(f"In {page.parent}{os.sep}")
    for photo in photos:
        sidecars = [path.name for result in photo.results for path in photo.sidecars(result)]
        jpegs = [path.name for path in photo.previews()]
        console.say(f"  {photo.name}")
        for kind, names in (("sidecars", sidecars), ("JPEGs", jpegs)):
            console.say(f"    {kind:<9} {'  '.join(names) or 'none'}")
    console.say()
    console.say(f"Page: {page}")
    console.say("It shows before, SDR and HDR side by side, and each slider with its reason.")
