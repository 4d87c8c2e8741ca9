"""The package as a whole: usable alone, and what it offers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import sidelight_xmp

PROBE = """
import sys
import sidelight_xmp
from pathlib import Path
path = Path(sys.argv[1]) / "IMG_1.xmp"
make = lambda old: sidelight_xmp.write_settings(old, {"Exposure2012": 0.5}, Path("IMG_1.CR3"))
kept = Path(sys.argv[1]) / "kept"
print(sidelight_xmp.write_sidecar(path, make, kept).status)
print(sidelight_xmp.read_settings(path.read_bytes())["Exposure2012"])
print(sidelight_xmp.undo(path, kept).status)
allowed = before | set(sys.stdlib_module_names) | {"sidelight_xmp", "lxml"}
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(name for name in loaded - allowed if "cython" not in name))
"""


def test_usable_alone(tmp_path, checkout: Path) -> None:
    """With nothing but lxml and the standard library it writes, reads and undoes."""
    code = "import sys; before = {name.partition('.')[0] for name in sys.modules}\n" + PROBE
    script = f"import sys; sys.path.insert(0, {str(checkout / 'xmp')!r})\n{code}"
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split("\n")[:4] == ["written", "0.5", "removed", "[]"]


def test_public_names_exist() -> None:
    assert sorted(sidelight_xmp.__all__, key=str) == sorted(set(sidelight_xmp.__all__))
    for name in sidelight_xmp.__all__:
        assert getattr(sidelight_xmp, name) is not None
