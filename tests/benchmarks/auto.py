"""`auto` of one RAW over rawpy's half-size decode of it: time, its parts, throughput, memory.

And what comes after decoding, for one editor, over a bare fit of the benchmark `fit`.
"""

from __future__ import annotations

import report  # isort: skip
import fit  # isort: skip

import cProfile
import json
import pstats
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import rawpy

from sidelight.emulators import load_emulator
from sidelight.emulators.fit import fit_two_steps
from sidelight.engines import load_engine
from sidelight.imaging import read_photo
from sidelight.imaging.image import Image
from sidelight.learning.random_recipe import SEED, random_recipes, rises
from sidelight.workflows.develop import Options, develop, develop_photo, new_batch
from sidelight.workflows.photos import Photo

EDITORS = ("lightroom", "darktable")
STAGES = {
    "decode": ("imaging/__init__.py", "read_photo"),
    "decode: LibRaw unpacks": ("imaging/raw.py", "_mosaic"),
    "decode: binning": ("imaging/mosaic.py", "bin_mosaic"),
    "decode: embedded preview": ("imaging/preview.py", "judge"),
    "predict, both editors": ("engines/auto.py", "predict"),
    "predict: the guide": ("emulators/guide.py", "exposure_guide"),
    "predict: tones and areas of the photo": ("engines/scene.py", "analyse"),
    "predict: the camera's tone curve": ("engines/camera_tone.py", "camera_tone"),
    "predict: the default's colours": ("engines/default.py", "wanted_chroma"),
    "predict: the solves": ("engines/auto.py", "solve"),
    "write, both editors": ("editors/sidecar.py", "write"),
}
"""Stage → (end of the file's path, function), read from a profile's cumulative times."""


def photos() -> list[Path]:
    """Return the 9- and 12-megapixel RAWs and one of 12.6 megapixels from the virtual camera."""
    from sidelight.learning.test_set import build_timing_photo

    real = sorted((report.DATA / "photos").glob("*.derived.DNG"))
    report.PHOTOS.mkdir(parents=True, exist_ok=True)
    virtual = report.PHOTOS / "timing_12mp.dng"
    if not virtual.exists():
        build_timing_photo(virtual, report.DATA)
    return [*real, virtual]


def decode(path: Path) -> None:
    """Decode a RAW at half size, all defaults of rawpy."""
    with rawpy.imread(str(path)) as raw:
        raw.postprocess(half_size=True)


def auto(path: Path, folder: Path) -> None:
    """Develop a RAW for both editors; edits that are there are replaced.

    Raises:
        RuntimeError: It was not developed.
    """
    for result in develop_photo(path, options(folder)):
        if result.status in ("error", "skipped", "kept"):
            raise RuntimeError(f"{path.name}: {result.reason}")


def options(folder: Path) -> Options:
    """Return the options of one command that keeps its first versions in a folder."""
    return Options(EDITORS, folder / "first_versions", new_batch(), overwrite=True)


def time_photo(path: Path, folder: Path, runs: int) -> dict[str, Any]:
    """Return whole calls and decodes of one photo, measured in turns."""
    auto(path, folder)
    decode(path)
    ours, peer = [], []
    for _ in range(runs):
        started = time.perf_counter()
        auto(path, folder)
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        decode(path)
        peer.append(time.perf_counter() - started)
    return {
        "auto_milliseconds": report.summary([1e3 * t for t in ours]),
        "half_size_decode_milliseconds": report.summary([1e3 * t for t in peer]),
        "ratio": report.ratio(ours, peer),
    }


def over_fit(editor: str, images: dict[str, Image], runs: int) -> dict[str, Any]:
    """Return the engine's time for one editor, both twins, over bare fits on the same photo.

    Every prediction gets a copy of the photo, so that nothing kept of the last one helps. The fits
    are those of the benchmark `fit`, in SDR and at its headroom, all in turns.
    """
    engine, emulator = load_engine("auto"), load_emulator(editor)
    recipes = random_recipes(runs, SEED, accept=rises(emulator))
    found: dict[str, Any] = {}
    for name, image in images.items():
        ours: list[float] = []
        peers: dict[str, list[float]] = {mode: [] for mode in fit.HEADROOMS}
        modes = [fit.cases(emulator, [image], recipes, level) for level in fit.HEADROOMS.values()]
        engine.predict(fresh(image), editor, fit.HEADROOMS["hdr"])
        for pairs in zip(*modes, strict=True):
            photo = fresh(image)
            started = time.perf_counter()
            engine.predict(photo, editor, fit.HEADROOMS["hdr"])
            ours.append(time.perf_counter() - started)
            for peer, pair in zip(peers.values(), pairs, strict=True):
                started = time.perf_counter()
                fit_two_steps(emulator, pair.context, pair.rgb, pair.target)
                peer.append(time.perf_counter() - started)
        found[name] = {
            "predict_milliseconds": report.summary([1e3 * t for t in ours]),
            "fit_milliseconds": {
                mode: report.summary([1e3 * t for t in peer]) for mode, peer in peers.items()
            },
            "ratio": {mode: report.ratio(ours, peer) for mode, peer in peers.items()},
        }
    medians = {
        mode: report.summary([photo["ratio"][mode]["median"] for photo in found.values()])
        for mode in fit.HEADROOMS
    }
    return {"photos": found, "ratio_median_of_photos": medians}


def fresh(image: Image) -> Image:
    """Return a photo that equals another and that no cache knows."""
    profile = image.camera_profile
    return replace(image, camera_profile=None if profile is None else replace(profile))


def profile(path: Path, folder: Path, runs: int) -> dict[str, Any]:
    """Return where a call's time goes, as shares of it, and the costliest functions."""
    profiler = cProfile.Profile()
    for _ in range(runs):
        profiler.runcall(auto, path, folder)
    stats = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    total = next(s[3] for key, s in stats.items() if key[2] == "auto" and key[0] == __file__)
    shares = {
        stage: sum(
            entry[3] for key, entry in stats.items() if key[2] == function and key[0].endswith(file)
        )
        / total
        for stage, (file, function) in STAGES.items()
    }
    own = sorted(((s[2] / total, key) for key, s in stats.items()), reverse=True)[:12]
    return {
        "milliseconds_under_profile": 1e3 * total / runs,
        "share_of_call": shares,
        "own_time": {f"{Path(key[0]).name} {key[2]}": share for share, key in own},
    }


def throughput(paths: Sequence[Path], folder: Path, copies: int, rounds: int) -> dict[str, Any]:
    """Return photos per second with one process and with two, start of processes included.

    What two processes can gain is measured beside it, with loops that only count: on a machine
    that does other work the cores are not ours.
    """
    work = folder / "many"
    work.mkdir()
    many = [
        Photo(Path(shutil.copy(path, work / f"{number}_{path.name}")))
        for number in range(copies)
        for path in paths
    ]
    gain, possible, rates = [], [], {1: [], 2: []}  # type: ignore[var-annotated]
    for _ in range(rounds):
        before = machine_gain()
        for workers, rate in rates.items():
            started = time.perf_counter()
            for results in develop(many, options(folder), workers):
                if any(result.status == "error" for result in results):
                    raise RuntimeError(f"{results[0].photo.name}: {results[0].reason}")
            rate.append(len(many) / (time.perf_counter() - started))
        gain.append(rates[2][-1] / rates[1][-1])
        possible.append(min(before, machine_gain()))
    shutil.rmtree(work)
    quiet = [ours for ours, free in zip(gain, possible, strict=True) if free >= 1.8]
    return {
        "photos": len(many),
        "photos_per_second": {
            str(workers): report.summary(rate) for workers, rate in rates.items()
        },
        "two_over_one": report.summary(gain),
        "two_loops_over_one": report.summary(possible),
        "two_over_one_while_both_cores_were_free": report.summary(quiet) if quiet else None,
    }


def machine_gain() -> float:
    """Return how much more two counting processes get done than one, at most 2."""
    command = [sys.executable, "-c", "for i in range(12_000_000): pass"]

    def seconds(count: int) -> float:
        started = time.perf_counter()
        running = [subprocess.Popen(command) for _ in range(count)]
        for process in running:
            process.wait()
        return time.perf_counter() - started

    return 2 * seconds(1) / seconds(2)


def peak_mb(task: str, path: Path, folder: Path) -> float:
    """Return the peak memory of a process that imports everything and does one task."""
    command = [sys.executable, __file__, "--child", task, str(path), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)["peak_mb"])


def child(task: str, path: Path, folder: Path) -> None:
    """Do one task in this process and print its peak memory."""
    from sidelight.imaging import raw  # noqa: F401

    load_engine("auto")
    if task == "decode":
        decode(path)
    elif task == "auto":
        auto(path, folder)
    print(json.dumps({"peak_mb": own_peak_mb()}))


def own_peak_mb() -> float:
    """Return this process's peak memory; ru_maxrss counts the parent's from before exec."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1.024e-3
    except (OSError, StopIteration):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak * (1.0 if sys.platform == "darwin" else 1024.0) / 1e6


def main() -> None:
    arguments = report.arguments(__doc__ or "")
    if not report.DATA.is_dir():
        skipped = {"skipped": "the shared photos are not beside this checkout"}
        report.write("auto", skipped, arguments)
        return
    quick = arguments.quick
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [Path(shutil.copy(path, folder / path.name)) for path in photos()]
        paths = paths[-2:] if quick else paths
        largest = max(paths, key=lambda path: path.stat().st_size)
        each = {path.stem: time_photo(path, folder, 2 if quick else 9) for path in paths}
        images = {path.stem: read_photo(path) for path in paths}
        memory = {task: peak_mb(task, largest, folder) for task in ("imports", "decode", "auto")}
        figures = {
            "photos": each,
            "ratio_median_of_photos": report.summary([p["ratio"]["median"] for p in each.values()]),
            "predict_over_fit": {
                editor: over_fit(editor, images, 3 if quick else 15) for editor in EDITORS
            },
            "profile": {path.stem: profile(path, folder, 1 if quick else 5) for path in paths[-2:]},
            "workers": throughput(paths, folder, 2 if quick else 12, 1 if quick else 3),
            "peak_memory_mb": {"photo": largest.stem, **memory},
            "peak_memory_over_decode": memory["auto"] / memory["decode"],
        }
    report.write("auto", figures, arguments)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
