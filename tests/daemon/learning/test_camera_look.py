"""The look of the virtual camera's JPEG, and who may not know it."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from sidelight.errors import LutError
from sidelight.imaging.transfer import srgb_decode
from sidelight.learning.camera_look import LOOKS, MIDTONE

SECRETS = {
    "sidelight.learning.camera_look",
    "sidelight.learning.virtual_camera",
    "sidelight.learning.truth",
    "sidelight.learning.test_set",
}


def grey(level: float) -> np.ndarray:
    return np.full((2, 2, 3), level, np.float32)


@pytest.mark.parametrize("name", list(LOOKS))
def test_every_look_rises_from_black_to_white(name: str, shared: Path) -> None:
    look = LOOKS[name]
    ramp = np.repeat(np.linspace(0, 1, 256, dtype=np.float32)[None, :, None], 3, axis=2)
    luma = look.render(ramp, shared / "data" / "luts")[0].astype(float).mean(axis=1)
    assert luma[0] < 25
    assert luma[-1] > 235
    assert (np.diff(luma) >= -1.0).all()


@pytest.mark.parametrize("name", list(LOOKS))
def test_mid_tones_land_where_the_look_says(name: str, lut_folder: Path) -> None:
    look = LOOKS[name]
    code = look.render(grey(MIDTONE), lut_folder).astype(float).mean() / 255
    plain = code / (1 - 0.1 * look.film_amount)
    assert float(srgb_decode(plain)) == pytest.approx(look.midtone, rel=0.03)


def test_saturation_depends_on_hue(lut_folder: Path) -> None:
    look = LOOKS["standard"]
    spread = []
    for color in ([0.3, 0.15, 0.15], [0.15, 0.3, 0.15], [0.15, 0.15, 0.3]):
        pixel = look.render(np.array([[color]], np.float32), lut_folder)[0, 0].astype(float)
        spread.append(pixel.max() - pixel.min())
    assert max(spread) > 1.1 * min(spread)


def test_a_missing_film_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LutError):
        LOOKS["standard"].render(grey(0.2), tmp_path)


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {item.name for item in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{item.name}" for item in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value.partition(":")[0])
    return found


def reachable(start: Path, root: Path) -> set[str]:
    """Every module of ours that a file reaches, imports inside functions among them."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for name in imports_of(waiting.pop()) - seen:
            base = root.joinpath(*name.split("."))
            for path in (base.with_suffix(".py"), base / "__init__.py"):
                if name.startswith("sidelight.") and path.is_file():
                    seen.add(name)
                    waiting.append(path)
    return seen


def test_no_engine_emulator_or_style_can_reach_the_look_or_the_truth(checkout: Path) -> None:
    root = checkout / "daemon"
    files = [
        path
        for package in ("engines", "emulators", "styles", "looks", "imaging", "recipe")
        for path in (root / "sidelight" / package).rglob("*.py")
    ]
    assert len(files) > 10
    for path in files:
        assert not reachable(path, root) & SECRETS, path


def test_the_search_itself_finds_such_an_import(checkout: Path) -> None:
    root = checkout / "daemon"
    assert "sidelight.learning.camera_look" in reachable(
        root / "sidelight" / "learning" / "test_set.py", root
    )
