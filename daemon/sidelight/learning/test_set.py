"""The test set: 24 virtual photos in one table, the real photos, and the tuning scenes apart.

`python -m sidelight.learning.test_set FOLDER` writes the virtual photos. Engines and styles may
read neither the scene names nor the truth files: the RAWs have neutral names and the truth lies
in a folder of its own.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sidelight.errors import SidelightError
from sidelight.learning import camera_look, dng, head, radiance, truth, virtual_camera
from sidelight.learning.head import Head
from sidelight.learning.radiance import RadianceMap, View, read_radiance
from sidelight.learning.truth import Truth
from sidelight.learning.virtual_camera import Shot, enlarged, take


@dataclass(frozen=True)
class VirtualPhoto:
    """One line of the table.

    Attributes:
        name: Stem of its files.
        row: Row of the scene table, 1 to 12; 0 for a tuning scene.
        scene: File name of the radiance map.
        shot: How it is taken.
        sentence: What is in the picture.
        like: Row whose checks a tuning scene is tuned by, 0 for none.
    """

    name: str
    row: int
    scene: str
    shot: Shot
    sentence: str
    like: int = 0


@dataclass(frozen=True)
class BuiltPhoto:
    """Where one virtual photo was written.

    Attributes:
        photo: Its line of the table.
        raw: The DNG.
        truth_path: The truth beside it.
    """

    photo: VirtualPhoto
    raw: Path
    truth_path: Path

    def truth(self) -> Truth:
        """Read the truth."""
        return Truth.load(self.truth_path)


_ROWS: tuple[VirtualPhoto, ...] = (
    VirtualPhoto(
        "virtual_01", 1, "polyhaven_chinese_garden_1k.hdr",
        Shot(View(25.0, 8.0, 95.0),
             (Head(0.30, 0.60, 0.075, "light"), Head(0.80, 0.62, 0.075, "dark")),
             0.0, 700.0, 8.0, 100, 5600.0, 12.0, "A", "standard", 101, "2025:05:11 16:20:00"),
        "A garden against the sun, with a light-skinned and a dark-skinned head in the shade.",
    ),
    VirtualPhoto(
        "virtual_02", 2, "polyhaven_hilly_terrain_01_1k.hdr",
        Shot(View(45.0, -3.0, 100.0), (), 0.0, 1200.0, 8.0, 100, 5200.0, -9.0, "A", "vivid", 102,
             "2025:06:02 18:45:00"),
        "Green hills under a low sun, nobody in view.",
    ),
    VirtualPhoto(
        "virtual_03", 3, "polyhaven_venice_sunset_1k.hdr",
        Shot(View(30.0, 3.0, 95.0), (), 0.0, 120.0, 5.6, 200, 4600.0, -14.0, "A", "slide", 103,
             "2025:09:20 19:05:00"),
        "The sun setting over the lagoon; the warmth is the picture.",
    ),
    VirtualPhoto(
        "virtual_04", 4, "polyhaven_kiara_1_dawn_1k.hdr",
        Shot(View(40.0, 2.0, 95.0), (), 0.0, 15.0, 4.0, 200, 6800.0, 8.0, "A", "soft", 104,
             "2025:03:02 06:10:00"),
        "A violet dawn above dark mountains.",
    ),
    VirtualPhoto(
        "virtual_05", 5, "polyhaven_st_peters_square_night_1k.hdr",
        Shot(View(40.0, 5.0, 95.0), (), 0.0, 1.2, 2.8, 800, 4100.0, 17.0, "A", "night", 105,
             "2025:01:15 22:30:00"),
        "A square at night with street lamps; it should stay night.",
    ),
    VirtualPhoto(
        "virtual_06", 6, "polyhaven_leadenhall_market_1k.hdr",
        Shot(View(-90.0, 5.0, 95.0), (), 0.0, 60.0, 4.0, 400, 4700.0, -12.0, "A", "chrome", 106,
             "2025:11:08 15:10:00"),
        "A covered market: warm lamps along the shops, daylight through the roof.",
    ),
    VirtualPhoto(
        "virtual_07", 7, "polyhaven_lebombo_1k.hdr",
        Shot(View(130.0, 5.0, 95.0), (), 0.0, 60.0, 4.0, 200, 5000.0, 10.0, "A", "soft", 107,
             "2025:04:04 10:00:00"),
        "A white wall with a patch of sun: high key, nothing to hold back.",
    ),
    VirtualPhoto(
        "virtual_08", 8, "polyhaven_peppermint_powerplant_1k.hdr",
        Shot(View(70.0, 5.0, 100.0), (), 0.0, 40.0, 4.0, 400, 5800.0, -11.0, "A", "standard", 108,
             "2025:10:12 13:40:00"),
        "A derelict hall with large windows in view.",
    ),
    VirtualPhoto(
        "virtual_09", 9, "polyhaven_drachenfels_cellar_1k.hdr",
        Shot(View(45.0, 0.0, 95.0), (), 0.0, 6.0, 4.0, 800, 5700.0, 15.0, "A", "dim", 109,
             "2025:08:21 14:15:00"),
        "A vaulted cellar with the daylight of its opening.",
    ),
    VirtualPhoto(
        "virtual_10", 10, "openexr_MtTamWest.exr",
        Shot(View(crop=(0.19, 0.0, 0.8)), (), 0.0, 700.0, 8.0, 100, 6000.0, -8.0, "A", "vivid", 110,
             "2002:06:23 16:00:00"),
        "Mountain ridges in haze, a dark rock in front.",
    ),
    VirtualPhoto(
        "virtual_11", 11, "polyhaven_phalzer_forest_01_1k.hdr",
        Shot(View(100.0, 2.0, 95.0), (), 0.0, 250.0, 5.6, 400, 5400.0, 9.0, "A", "chrome", 111,
             "2025:03:27 11:30:00"),
        "A wood in early spring, mossy rocks and specks of sky.",
    ),
    VirtualPhoto(
        "virtual_12", 12, "polyhaven_noon_grass_1k.hdr",
        Shot(View(-120.0, 0.0, 95.0), (), 0.0, 2200.0, 8.0, 100, 5500.0, -6.0, "A", "standard", 112,
             "2025:07:01 12:05:00"),
        "Trees on a meadow at noon: everything within a camera's range.",
    ),
)  # fmt: skip


def _variants() -> tuple[VirtualPhoto, ...]:
    by_row = {photo.row: photo for photo in _ROWS}
    photos = []
    for suffix, exposure_ev, offset in (("under", -1.5, 100), ("over", 1.5, 200)):
        for row in (1, 3, 5, 8):
            base = by_row[row]
            shot = replace(base.shot, exposure_ev=exposure_ev, seed=base.shot.seed + offset)
            photos.append(replace(base, name=f"{base.name}_{suffix}", shot=shot))
    for row in (2, 7, 10, 12):
        base = by_row[row]
        shot = replace(base.shot, sensor="B", seed=base.shot.seed + 300)
        photos.append(replace(base, name=f"{base.name}_b", shot=shot))
    return tuple(photos)


TEST_SET: tuple[VirtualPhoto, ...] = _ROWS + _variants()
"""The 24 virtual photos: twelve rows, eight off-exposure, four with the second sensor."""

_POTSDAM = "polyhaven_potsdamer_platz_1k.hdr"
_CHAPEL = "polyhaven_thatch_chapel_1k.hdr"
_DESK = "openexr_Desk.exr"

_TUNING: tuple[VirtualPhoto, ...] = (
    VirtualPhoto(
        "tuning_01", 0, _POTSDAM,
        Shot(View(10.0, 8.0, 95.0), (), 0.0, 900.0, 8.0, 100, 6300.0, 9.0, "A", "standard", 901),
        "A city square under an overcast sky.",
    ),
    VirtualPhoto(
        "tuning_02", 0, _CHAPEL,
        Shot(View(30.0, 5.0, 95.0), (), 0.0, 40.0, 4.0, 400, 4400.0, -13.0, "B", "soft", 902),
        "A wooden chapel with lamps and bright windows.", 8,
    ),
    VirtualPhoto(
        "tuning_03", 0, _DESK,
        Shot(View(crop=(0.0, 0.2, 1.0)), (), 0.0, 30.0, 4.0, 400, 5200.0, 12.0, "A", "chrome", 903),
        "A book on a desk before a stained glass window.",
    ),
    VirtualPhoto(
        "tuning_04", 0, _POTSDAM,
        Shot(View(-51.0, 6.0, 95.0),
             (Head(0.28, 0.60, 0.08, "dark"), Head(0.72, 0.58, 0.08, "light")),
             0.0, 600.0, 8.0, 100, 6400.0, -11.0, "A", "vivid", 904),
        "A dark-skinned and a light-skinned head against the brightest part of a grey sky.",
    ),
    VirtualPhoto(
        "tuning_05", 0, _POTSDAM,
        Shot(View(150.0, 40.0, 95.0), (), 0.0, 2500.0, 8.0, 100, 6200.0, 8.0, "B", "chrome", 905),
        "A grey sky over low buildings: everything within a camera's range.", 12,
    ),
    VirtualPhoto(
        "tuning_06", 0, _CHAPEL,
        Shot(View(-155.0, 10.0, 95.0), (), 0.0, 1.5, 2.8, 800, 3900.0, 13.0, "A", "night", 906),
        "The long side of the chapel by its lamps, as dim as a night.", 5,
    ),
    VirtualPhoto(
        "tuning_07", 0, _CHAPEL,
        Shot(View(-70.0, 6.0, 95.0), (), 0.0, 5.0, 4.0, 800, 4600.0, -9.0, "A", "dim", 907),
        "A dark corner of the chapel with daylight in the panes of a door.", 9,
    ),
    VirtualPhoto(
        "tuning_08", 0, _CHAPEL,
        Shot(View(75.0, 18.0, 95.0), (), 0.0, 50.0, 4.0, 400, 4300.0, 14.0, "B", "standard", 908),
        "A warm lamp above, daylight through the windows.", 6,
    ),
    VirtualPhoto(
        "tuning_09", 0, _DESK,
        Shot(View(crop=(0.24, 0.632, 0.19)), (), 0.0, 120.0, 4.0, 200, 5100.0, 7.0, "A", "soft",
             909),
        "The white pages of the book fill the picture: high key.", 7,
    ),
    VirtualPhoto(
        "tuning_10", 0, _CHAPEL,
        Shot(View(-62.0, 46.0, 95.0), (), 0.0, 100.0, 5.6, 200, 4700.0, -15.0, "A", "slide", 910),
        "Thatch in warm light; the warmth is the picture.", 3,
    ),
)  # fmt: skip


def _tuning_variants() -> tuple[VirtualPhoto, ...]:
    by_name = {photo.name: photo for photo in _TUNING}
    photos = []
    for name in ("tuning_04", "tuning_06"):
        for suffix, exposure_ev, offset in (("under", -1.5, 100), ("over", 1.5, 200)):
            base = by_name[name]
            shot = replace(base.shot, exposure_ev=exposure_ev, seed=base.shot.seed + offset)
            photos.append(replace(base, name=f"{name}_{suffix}", shot=shot))
    return tuple(photos)


TUNING_SET: tuple[VirtualPhoto, ...] = _TUNING + _tuning_variants()
"""Scenes to tune on; none of them is in the test set."""

REAL_PHOTOS: tuple[str, ...] = (
    "gopro_fusion_GPFR7066_demo.dng",
    "gopro_hero6_GOPR0024_demo.dng",
    "gopro_hero7_GOPR9231_demo.dng",
    "gopro_fusion_GPFR7066.derived.DNG",
    "gopro_hero6_GOPR0024.derived.DNG",
    "gopro_hero7_GOPR9231.derived.DNG",
    "gopro_fusion_GPFR7066.GPR",
    "gopro_hero6_GOPR0024.GPR",
    "gopro_hero7_GOPR9231.GPR",
)
"""Three places only: each demo file is a crop of the derived one, which was made of the GPR.

Reading a GPR takes darktable.
"""

REAL_PHOTO_APART = "canon_eos_d30_CRW.CRW"
"""The fourth place; it has no as-shot white balance and is reported apart."""

_CODE = (camera_look, dng, head, radiance, truth, virtual_camera)


def default_data_root() -> Path:
    """Return the folder `shared/data` beside this checkout.

    Raises:
        SidelightError: It is not there.
    """
    root = Path(__file__).resolve().parents[4] / "shared" / "data"
    if not root.is_dir():
        raise SidelightError("the radiance maps are not here: name their folder with --data")
    return root


def real_photos(data_root: Path) -> list[Path]:
    """Return the real photos of the test set, the CRW not among them."""
    return [data_root / "photos" / name for name in REAL_PHOTOS]


def build(
    folder: Path,
    data_root: Path | None = None,
    only: Collection[str] | None = None,
    photos: Sequence[VirtualPhoto] = TEST_SET,
    progress: Callable[[VirtualPhoto], None] | None = None,
) -> list[BuiltPhoto]:
    """Write virtual photos; what is already there and up to date is kept.

    Args:
        folder: Gets `NAME.dng` and, below `truth`, `NAME.npz`.
        data_root: Folder with `hdr-scenes` and `luts`; `shared/data` beside the checkout if None.
        only: Names to build, all if None.
        photos: The table.
        progress: Called with each photo before it is built.

    Returns:
        One entry per photo, in the table's order.

    Raises:
        SidelightError: A name is not in the table, or the data cannot be read.
    """
    root = data_root or default_data_root()
    unknown = set(only or ()) - {photo.name for photo in photos}
    if unknown:
        raise SidelightError(f"no such virtual photo: {', '.join(sorted(unknown))}")
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    code = _code_digest()
    maps: dict[str, RadianceMap] = {}
    built = []
    for photo in photos:
        if only is not None and photo.name not in only:
            continue
        if progress:
            progress(photo)
        scene = root / "hdr-scenes" / photo.scene
        out = BuiltPhoto(photo, *_paths(folder, photo.name))
        built.append(out)
        key = hashlib.sha256(f"{code} {photo!r} {_size(scene)}".encode()).hexdigest()
        key_path = out.truth_path.with_suffix(".key")
        if out.raw.exists() and out.truth_path.exists() and _text(key_path) == key:
            continue
        if photo.scene not in maps:
            maps[photo.scene] = read_radiance(scene)
        raw, behind = take(maps[photo.scene], photo.shot, root / "luts")
        key_path.unlink(missing_ok=True)
        _write(out.raw, raw.to_bytes())
        behind.save(out.truth_path)
        _write(key_path, key.encode())
    return built


def build_timing_photo(path: Path, data_root: Path | None = None, name: str = "virtual_12") -> Path:
    """Write a virtual RAW of 12.6 megapixels, tiled from a small one: for timing only."""
    root = data_root or default_data_root()
    photo = next(item for item in TEST_SET if item.name == name)
    raw, _ = take(read_radiance(root / "hdr-scenes" / photo.scene), photo.shot, root / "luts")
    _write(path, enlarged(raw).to_bytes())
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the test set from the command line."""
    from rich.console import Console
    from rich.progress import Progress

    parser = argparse.ArgumentParser(prog="python -m sidelight.learning.test_set")
    parser.add_argument("folder", type=Path, help="where the virtual photos go")
    parser.add_argument("--data", type=Path, help="folder with hdr-scenes and luts")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="build these only")
    parser.add_argument("--tuning", action="store_true", help="the tuning scenes instead")
    options = parser.parse_args(arguments)
    table = TUNING_SET if options.tuning else TEST_SET
    console = Console(stderr=True)
    try:
        with Progress(console=console) as bar:
            task = bar.add_task("virtual photos", total=len(options.only or table))

            def step(photo: VirtualPhoto) -> None:
                bar.update(task, advance=1, description=photo.name)

            built = build(options.folder, options.data, options.only, table, step)
    except SidelightError as error:
        console.print(str(error))
        return 1
    console.print(f"{len(built)} virtual photos in {options.folder}")
    return 0


def _paths(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"{name}.dng", folder / "truth" / f"{name}.npz"


def _code_digest() -> str:
    digest = hashlib.sha256()
    for module in _CODE:
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _text(path: Path) -> str:
    return path.read_text(encoding="ascii") if path.exists() else ""


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)


if __name__ == "__main__":
    raise SystemExit(main())
