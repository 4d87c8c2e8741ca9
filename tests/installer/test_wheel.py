"""The wheel check notices a wheel that does not work alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight_installer import wheel
from sidelight_installer.environment import Environment
from sidelight_installer.steps import Console, StepFailed

SIDELIGHT = """
import json, pathlib, sys
photo = pathlib.Path(sys.argv[2])
for editor, sidecar in (("lightroom", photo.with_suffix(".xmp")),
                        ("darktable", photo.with_name(photo.name + ".xmp"))):
    if {written}:
        sidecar.write_text("<x/>")
    status = "written" if {written} else "kept"
    print(json.dumps({{"photo": str(photo), "editor": editor, "status": status}}))
"""

SETUP = """
import pathlib, sys
folder = pathlib.Path(sys.argv[sys.argv.index("--config-dir") + 1]) / "lua" / "sidelight"
folder.mkdir(parents=True)
(folder / "sidelight.lua").touch()
"""


def test_two_sidecars_are_wanted(tmp_path: Path, program: Callable[[str, str], Path]) -> None:
    program("sidelight", SIDELIGHT.format(written=True))
    wheel.develop(Environment(tmp_path), tmp_path / "photos")
    assert len(list((tmp_path / "photos").glob("*.xmp"))) == 2


@pytest.mark.parametrize(
    "source", [SIDELIGHT.format(written=False), "", "raise ImportError('no module')"]
)
def test_anything_else_is_a_failure(
    source: str, tmp_path: Path, program: Callable[[str, str], Path]
) -> None:
    program("sidelight", source)
    with pytest.raises(StepFailed, match="did not develop the photo") as failed:
        wheel.develop(Environment(tmp_path), tmp_path / "photos")
    assert "pyproject.toml" in failed.value.advice
    assert ("no module" in failed.value.output) == ("ImportError" in source)


def test_the_plug_ins_main_script_is_wanted(
    tmp_path: Path, program: Callable[[str, str], Path]
) -> None:
    program("sidelight", SETUP)
    wheel.install_plug_in(Environment(tmp_path), tmp_path / "darktable")
    assert (tmp_path / "darktable/lua/sidelight/sidelight.lua").is_file()


@pytest.mark.parametrize("source", ["", "raise ImportError('no module')", SETUP + "sys.exit(1)"])
def test_a_wheel_without_the_plug_in_is_a_failure(
    source: str, tmp_path: Path, program: Callable[[str, str], Path]
) -> None:
    program("sidelight", source)
    with pytest.raises(StepFailed, match="did not install the darktable plug-in") as failed:
        wheel.install_plug_in(Environment(tmp_path), tmp_path / "darktable")
    assert "pyproject.toml" in failed.value.advice


def test_a_build_that_fails_says_what_helps(
    tmp_path: Path, program: Callable[[str, str], Path], console: Console
) -> None:
    program("python", "import sys; print('Temporary failure in name resolution'); sys.exit(1)")
    with pytest.raises(StepFailed, match="could not be built") as failed:
        wheel.build(console, Environment(tmp_path), tmp_path, tmp_path / "dist")
    assert "no network" in failed.value.advice


def test_size_counts_files_in_folders(tmp_path: Path) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "a").write_bytes(b"12")
    (tmp_path / "deep/er/b").write_bytes(b"345")
    assert wheel.size_of(tmp_path) == 5
