"""Is everything in place? One check per function; none of them changes a photo."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from sidelight import __version__, paths
from sidelight.config import read_config
from sidelight.editors import EDITORS
from sidelight.engines import ENGINES
from sidelight.errors import SidelightError
from sidelight.workflows.pool import in_processes
from sidelight.workflows.result import sentence
from sidelight_xmp.errors import UndoError
from sidelight_xmp.first_versions import ABSENT, FirstVersions

OLDEST_DARKTABLE = (4, 2, 1)
_LIBRARIES = ("numpy", "scipy", "rawpy", "lxml", "pillow", "opencolorio", "pebble", "rich")
_TOOL_TIMEOUT_S = 30.0
_LEAST_FREE_MB = 50
_COMFORTABLE_FREE_MB = 1000


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes:
        name: What was looked at.
        level: `"failed"` means that something will not work.
        text: One sentence.
    """

    name: str
    level: Literal["ok", "warning", "failed"]
    text: str


def examine() -> Iterator[Check]:
    """Look at everything, one finding after the other; a check that breaks is a failed check."""
    checks: tuple[tuple[str, Callable[[], Check]], ...] = (
        ("versions", check_versions),
        ("configuration", check_config),
        ("config folder", lambda: check_folder("config folder", paths.config_folder())),
        ("state folder", lambda: check_folder("state folder", paths.state_folder())),
        ("disk space", check_disk),
        ("first versions", check_first_versions),
        ("decoders", check_decoders),
        ("darktable", check_darktable),
        ("lightroom", check_lightroom),
    )
    for name, check in checks:
        try:
            yield check()
        except Exception as error:  # one broken check must not hide the others
            yield Check(name, "failed", sentence(error))


def check_versions() -> Check:
    """Name this release and the libraries under it."""
    found, missing = [], []
    for library in _LIBRARIES:
        try:
            found.append(f"{library} {metadata.version(library)}")
        except metadata.PackageNotFoundError:
            missing.append(library)
    import rawpy

    found.append(f"LibRaw {'.'.join(map(str, rawpy.libraw_version))}")
    text = (
        f"Sidelight {__version__}, Python {platform.python_version()} on {platform.system()}, "
        + ", ".join(found)
    )
    if missing:
        return Check("versions", "failed", f"{text}; missing: {', '.join(missing)}")
    return Check("versions", "ok", text)


def check_config() -> Check:
    """Read the configuration and look up the names in it."""
    try:
        config, warnings = read_config()
    except SidelightError as error:
        return Check("configuration", "failed", str(error))
    unknown = [name for name in config.editors if name not in EDITORS]
    if config.engine not in ENGINES:
        unknown.append(config.engine)
    if unknown:
        return Check("configuration", "failed", f"there is no {', no '.join(unknown)}")
    if warnings:
        return Check("configuration", "warning", "; ".join(warnings))
    file = paths.config_file()
    return Check("configuration", "ok", str(file) if file.exists() else "defaults; no file")


def check_folder(name: str, folder: Path) -> Check:
    """Make sure that a folder of ours can be written to and is private."""
    try:
        paths.make_private(folder)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"Sidelight")
    except OSError as error:
        return Check(name, "failed", f"{folder} cannot be written to: {sentence(error)}")
    mode = folder.stat().st_mode & 0o777
    if os.name == "posix" and mode & 0o077:
        return Check(name, "failed", f"{folder} is open to other users (mode {mode:o})")
    return Check(name, "ok", f"{folder} (mode {mode:o})")


def check_disk() -> Check:
    """Look at the free space where first versions are kept."""
    folder = paths.state_folder()
    while not folder.exists():
        folder = folder.parent
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    text = f"{free_mb} MB free in {folder}"
    if free_mb < _LEAST_FREE_MB:
        return Check("disk space", "failed", text)
    return Check("disk space", "ok" if free_mb >= _COMFORTABLE_FREE_MB else "warning", text)


def check_first_versions() -> Check:
    """Compare the kept first versions with their index."""
    store = FirstVersions(paths.first_versions_folder())
    live = store.live_writes()
    lost = []
    for sidecar, writes in live.items():
        for name in {write.sha256 for write in writes} - {ABSENT}:
            try:
                store.read(name)
            except UndoError:
                lost.append(Path(sidecar).name)
    if lost:
        return Check("first versions", "failed", f"cannot be undone: {', '.join(sorted(lost))}")
    return Check("first versions", "ok", f"{len(live)} sidecars can be undone")


def check_decoders() -> Check:
    """Decode a small raw file and a small JPEG, made on the spot, in a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        calls = [(path,) for path in _make_samples(Path(folder))]
        answers = list(in_processes(_decode, calls, 1, lambda call, reason: reason))
    failures = [answer for answer in answers if answer]
    if failures:
        return Check("decoders", "failed", "; ".join(failures))
    return Check("decoders", "ok", "a raw file and a JPEG were decoded")


def _make_samples(folder: Path) -> tuple[Path, Path]:
    import io

    import numpy as np
    from PIL import Image as Pillow

    from sidelight.learning.dng import Dng

    random = np.random.default_rng(0)
    height, width = 96, 128
    ramp = np.linspace(0.02, 0.9, width)[None, :] * np.linspace(0.3, 1.0, height)[:, None]
    noisy = np.clip(ramp + random.normal(0, 0.01, ramp.shape), 0, 1)
    stream = io.BytesIO()
    Pillow.fromarray((255 * noisy[..., None].repeat(3, axis=2)).astype(np.uint8)).save(
        stream, "JPEG"
    )
    raw = Dng(
        mosaic=(1024 + 15000 * noisy).astype(np.uint16),
        black=1024,
        white=16383,
        color_matrix=np.array([[0.78, -0.21, -0.08], [-0.46, 1.25, 0.23], [-0.07, 0.17, 0.61]]),
        as_shot_neutral=np.array([0.5, 1.0, 0.6]),
        jpeg=stream.getvalue(),
        jpeg_size=(width, height),
        make="Sidelight",
        model="Doctor",
        software="Sidelight",
        exposure_s=0.01,
        f_number=8.0,
        iso=100,
        focal_length_mm=50.0,
        captured="2026:01:01 12:00:00",
    )
    samples = folder / "sample.dng", folder / "sample.jpg"
    samples[0].write_bytes(raw.to_bytes())
    samples[1].write_bytes(stream.getvalue())
    return samples


def _decode(photo: Path) -> str:
    from sidelight.imaging import read_photo

    try:
        read_photo(photo)
    except SidelightError as error:
        return f"{photo.name}: {error}"
    return ""


def check_darktable() -> Check:
    """Look for darktable and ask it for its version."""
    program = shutil.which("darktable-cli")
    if program is None:
        return Check("darktable", "warning", "darktable-cli is not on the search path")
    try:
        answer = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TOOL_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return Check("darktable", "warning", f"{program} does not answer")
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout + answer.stderr)
    if match is None:
        return Check("darktable", "warning", f"{program} does not tell its version")
    version = tuple(int(part or 0) for part in match.groups())
    text = f"{'.'.join(map(str, version))} at {program}"
    if version < OLDEST_DARKTABLE:
        needed = ".".join(map(str, OLDEST_DARKTABLE))
        return Check("darktable", "warning", f"{text}; sidecars are made for {needed} or newer")
    return Check("darktable", "ok", text)


def check_lightroom() -> Check:
    """Look for Lightroom's folder of the user."""
    system = platform.system()
    if system not in ("Windows", "Darwin"):
        return Check("lightroom", "ok", "Lightroom does not run here; its sidecars can be made")
    support = Path.home() / "Library" / "Application Support"
    base = Path(os.environ.get("APPDATA", "")) if system == "Windows" else support
    folder = base / "Adobe" / "Lightroom"
    if folder.is_dir():
        return Check("lightroom", "ok", str(folder))
    return Check("lightroom", "warning", f"not found ({folder})")
