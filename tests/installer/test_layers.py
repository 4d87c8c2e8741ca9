"""The installer runs before anything is installed, so it imports the standard library only."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

OWN = "sidelight_installer"


def imported_by(path: Path) -> set[str]:
    """Return the top-level names of all modules that a file imports, in functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            found.add((node.module or "").partition(".")[0])
    return found


def test_imports_the_standard_library_only(installer: Path) -> None:
    files = sorted(installer.rglob("*.py"))
    assert len(files) >= 8
    for path in files:
        strange = imported_by(path) - set(sys.stdlib_module_names) - {OWN}
        assert not strange, f"{path.name} imports {strange}"


def test_the_walk_sees_imports_in_functions(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("import os\ndef f():\n    from numpy.linalg import norm\n    return norm\n")
    assert imported_by(path) == {"os", "numpy"}


def test_does_not_shadow_the_index_package_named_installer(installer: Path) -> None:
    # Without this file the folder is at most a namespace, which a real package wins against.
    assert not (installer / "__init__.py").exists()


def test_starts_without_site_packages(installer: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", str(installer), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "python3 installer demo" in done.stdout
