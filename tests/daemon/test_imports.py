"""What start-up may load: no decoder, no learning library, no table printer."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sidelight.cli import COMMANDS

LIGHT = ["sidelight.cli", "sidelight.recipe", "sidelight.config", "sidelight.editors"]
SERVICE = [
    "sidelight.service.app",
    "sidelight.service.daemon",
    "sidelight.service.watcher",
    "sidelight.service.doctor",
    "sidelight.jobs.store",
    "sidelight.jobs.worker",
    "sidelight.state.database",
    "sidelight.state.roots",
    "sidelight.catalogs.base",
    "sidelight.catalogs.lightroom",
    "sidelight.catalogs.darktable",
    "sidelight.workflows.develop_job",
    "sidelight.workflows.deliver",
    "sidelight.workflows.watch",
    "sidelight.workflows.purge",
    "sidelight.workflows.anchored",
]
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


@pytest.mark.parametrize("module", SERVICE)
def test_the_service_process_loads_no_decoder(module: str) -> None:
    heavy = {"torch", "rawpy", "PIL", "rich", "scipy", "PyOpenColorIO"}
    assert not modules_after(f"import {module}") & heavy


def test_a_client_needs_no_server() -> None:
    loaded = modules_after("import sidelight.service.client")
    assert not loaded & {"aiohttp", "numpy", "watchdog", "rich"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_imported_without_the_libraries_it_uses(name: str) -> None:
    loaded = modules_after(f"import sidelight.cli.{name}")
    assert not loaded & {"aiohttp", "msgspec", "rich", "watchdog", "numpy", "platformdirs"}


def test_the_command_line_starts_on_the_standard_library_alone() -> None:
    extra = modules_after("import sidelight.cli; sidelight.cli.make_parser()") - set(
        sys.stdlib_module_names
    )
    started = modules_after("pass") - set(sys.stdlib_module_names)
    assert extra - started <= {"sidelight"}


@pytest.mark.quiet
def test_help_takes_at_most_four_times_a_bare_interpreter(tmp_path: Path) -> None:
    # As installed: modules are compiled once, whatever the environment of the tests says.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def seconds(*arguments: str) -> float:
        started = time.perf_counter()
        command = [sys.executable, *arguments]
        subprocess.run(command, capture_output=True, check=True, env=environment)
        return time.perf_counter() - started

    seconds("-m", "sidelight", "--help")
    bare, shown = [], []
    for _ in range(9):
        bare.append(seconds("-c", "pass"))
        shown.append(seconds("-m", "sidelight", "--help"))
    ratio = statistics.median(shown) / statistics.median(bare)
    print(f"{ratio:.2f} x a bare interpreter")
    assert ratio <= 4
