"""What start-up may load: no decoder, no learning library, no table printer."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import pytest

LIGHT = ["sidelight.cli", "sidelight.recipe", "sidelight.config", "sidelight.editors"]
EDITORS = [
    "sidelight.editors.lightroom",
    "sidelight.editors.darktable.editor",
    "sidelight.editors.cube",
]
XMP = ["sidelight_xmp", "sidelight_xmp.atomic", "sidelight_xmp.crs.settings"]


def modules_after(code: str) -> set[str]:
    """Return the top-level modules a fresh process has loaded after `code`."""
    show = "import sys; print(' '.join({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", [*LIGHT, *EDITORS, *XMP])
def test_neither_torch_nor_rawpy(module: str) -> None:
    assert not modules_after(f"import {module}") & {"torch", "rawpy", "PIL", "rich"}


def test_the_command_line_starts_on_the_standard_library_alone() -> None:
    extra = modules_after("import sidelight.cli; sidelight.cli.make_parser()") - set(
        sys.stdlib_module_names
    )
    started = modules_after("pass") - set(sys.stdlib_module_names)
    assert extra - started <= {"sidelight"}


def test_help_takes_at_most_four_times_a_bare_interpreter() -> None:
    def seconds(*arguments: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        return time.perf_counter() - started

    bare, shown = [], []
    for _ in range(9):
        bare.append(seconds("-c", "pass"))
        shown.append(seconds("-m", "sidelight", "--help"))
    assert statistics.median(shown) <= 4 * statistics.median(bare)
