"""A protocol for the user's own copy of MIT-Adobe FiveK; nothing is fetched.

Bychkovsky, Paris, Chan, Durand: Learning Photographic Global Tonal Adjustment with a Database of
Input/Output Image Pairs, CVPR 2011. Five published protocols on it are not comparable with one
another, and this is none of them.
"""

from __future__ import annotations

from pathlib import Path

from sidelight.errors import SidelightError
from sidelight.learning.evaluation.folder import cases_of, photos_in
from sidelight.learning.evaluation.protocol import Protocol, Request
from sidelight.learning.evaluation.splits import make_split

SIZE_PX = 480
EXPERT_FOLDERS = ("expertC", "tiff16_c", "expert_c", "C", "c")
RAW_FOLDERS = ("raw_photos", "raw", "dng", "input")


def build(request: Request) -> Protocol:
    """Return DNGs with expert C's TIFFs, at 480 px on the short side.

    The folder holds the DNGs, itself or in `raw_photos`, `raw`, `dng` or `input` (its sub-folders
    included), and the TIFFs in `expertC`, `tiff16_c`, `expert_c`, `C` or `c`; `--reference` names
    another folder of renders.

    Raises:
        SidelightError: The layout is another.
    """
    if len(request.folders) != 1:
        raise SidelightError("name the one folder of your copy of FiveK")
    root = request.folders[0]
    if not root.is_dir():
        raise SidelightError(f"there is no folder {root}")
    expert = request.reference or _first(root, EXPERT_FOLDERS)
    if expert is None or not expert.is_dir():
        raise SidelightError(
            f"{root.name} holds no folder of expert renders ({', '.join(EXPERT_FOLDERS)}); "
            "name it with --reference"
        )
    raws = _first(root, RAW_FOLDERS) or root
    folders = [raws, *sorted(path for path in raws.rglob("*") if path.is_dir())]
    folders = [path for path in folders if path.resolve() != expert.resolve()]
    photos = [path for folder in folders for path in photos_in(folder, request)]
    photos = [path for path in photos if path.suffix.lower() == ".dng"]
    wanted = Request(
        reference=expert, editor=request.editor, only=request.only, progress=request.progress
    )
    cases, left_out = cases_of(photos, wanted)
    lists = (root / "test.txt").is_file()
    split = request.split or ("lists" if lists else "tenth")
    return Protocol(
        name="fivek",
        title=f"MIT-Adobe FiveK, own copy, against {expert.name}",
        sentences=(
            "Input: the DNG as Sidelight decodes it, as-shot white balance, not the expert's; "
            "reference: the expert's TIFF, converted to sRGB. 480 px on the short side, averaged "
            "in linear light, 8 bit.",
            "This is none of the five published protocols (DPE 2250/498 at 512 px; UPE 4500/500; "
            "3D LUT at 480 px; NeurOp Lite; Distort-and-Recover), which differ in input "
            "rendition, size and split. Figures may be compared inside this report only.",
            "FiveK is for research purposes, not for commercial advantage.",
        ),
        cases=tuple(cases),
        split=make_split(split, cases, request.seed, root),
        size_px=request.size_px or SIZE_PX,
        side="short",
        left_out=tuple(left_out),
    )


def _first(root: Path, names: tuple[str, ...]) -> Path | None:
    return next((root / name for name in names if (root / name).is_dir()), None)
