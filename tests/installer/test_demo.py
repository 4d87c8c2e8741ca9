"""`python3 installer demo`, from the copies of the photos to the page."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight_installer import demo
from sidelight_installer.environment import Environment
from sidelight_installer.steps import Console, StepFailed

SIDELIGHT = """
import json, os, sys
assert os.environ["SIDELIGHT_HOME"].endswith(".sidelight")
photos = [word for word in sys.argv if word.endswith((".dng", ".CRW"))]
print("a warning", file=sys.stderr)
for photo in photos[:{stop}]:
    for editor in ("lightroom", "darktable"):
        print(json.dumps({{"photo": photo, "editor": editor, "status": "{status}"}}))
sys.exit({code})
"""


def test_the_photos_ship_with_their_licences(installer: Path) -> None:
    text = (installer / "demo_photos/LICENSES.md").read_text(encoding="utf-8")
    photos = sorted(path for path in demo.PHOTOS.iterdir() if path.suffix != ".md")
    assert len(photos) == 4
    for photo in photos:
        digest = hashlib.sha256(photo.read_bytes()).hexdigest()
        assert re.search(rf"{digest}  {re.escape(photo.name)}$", text, re.MULTILINE)


def test_copies_can_be_made_again(tmp_path: Path) -> None:
    first = demo.copy_photos(tmp_path / "demo")
    first[0].write_bytes(b"changed")
    assert demo.copy_photos(tmp_path / "demo") == first
    assert first[0].read_bytes() == (demo.PHOTOS / first[0].name).read_bytes()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("a file")
    with pytest.raises(StepFailed, match="could not be copied"):
        demo.copy_photos(tmp_path / "demo")


def test_progress_counts_photos(
    tmp_path: Path,
    program: Callable[[str, str], Path],
    console: Console,
    said: Callable[[], str],
) -> None:
    program("sidelight", SIDELIGHT.format(stop=4, status="written", code=0))
    photos = [tmp_path / "demo" / name for name in ("a.dng", "b.CRW")]
    results = demo.develop(console, Environment(tmp_path), photos, tmp_path / "demo")
    assert [item["photo"] for item in results] == ["demo/a.dng"] * 2 + ["demo/b.CRW"] * 2
    assert "  1 of 2: a.dng\n  2 of 2: b.CRW\n" in said()
    assert "warning" not in said()


def test_failed_photos_are_results(
    tmp_path: Path, program: Callable[[str, str], Path], console: Console
) -> None:
    program("sidelight", SIDELIGHT.format(stop=4, status="error", code=1))
    photos = [tmp_path / "demo/a.dng"]
    results = demo.develop(console, Environment(tmp_path), photos, tmp_path / "demo")
    assert {item["status"] for item in results} == {"error"}


@pytest.mark.parametrize(("stop", "code"), [(1, 0), (4, 2), (4, -9)])
def test_a_run_that_breaks_off_is_a_failure_with_its_output(
    stop: int, code: int, tmp_path: Path, program: Callable[[str, str], Path], console: Console
) -> None:
    end = code if code >= 0 else "os.kill(os.getpid(), 9)"
    program("sidelight", SIDELIGHT.format(stop=stop, status="written", code=end))
    photos = [tmp_path / "demo" / name for name in ("a.dng", "b.CRW")]
    with pytest.raises(StepFailed, match="did not run to its end") as failed:
        demo.develop(console, Environment(tmp_path), photos, tmp_path / "demo")
    assert "a warning" in failed.value.output
    assert "--fresh" in failed.value.advice


@pytest.mark.parametrize("line", ["", "text", "[1]", '{"other": 1}', '{"photo"', "null"])
def test_only_results_are_results(line: str) -> None:
    assert demo.result_of(line) is None


def test_the_report_names_every_file(
    tmp_path: Path, console: Console, said: Callable[[], str]
) -> None:
    for name in ("a.xmp", "a.dng.xmp", "a_01.dng.xmp", "a_sdr.jpg", "a_hdr.jpg"):
        (tmp_path / name).write_text("")
    results = [
        {"photo": "a.dng", "editor": "lightroom", "status": "written", "sidecar": "a.xmp"},
        {"photo": "a.dng", "editor": "darktable", "status": "written", "sidecar": "a.dng.xmp"},
        {"photo": "b.dng", "editor": "darktable", "status": "error", "reason": "cut off"},
    ]
    demo.report(console, results, tmp_path / "index.html")
    assert "b.dng, darktable: error: cut off" in said()
    assert "sidecars  a.xmp  a.dng.xmp  a_01.dng.xmp\n" in said()
    assert "JPEGs     a_sdr.jpg  a_hdr.jpg\n" in said()
    assert f"Page: {tmp_path / 'index.html'}" in said()


@pytest.mark.slow
def test_the_real_command_develops_all_four_photos(tmp_path: Path, console: Console) -> None:
    folder = tmp_path / "demo"
    photos = demo.copy_photos(folder)
    results = demo.develop(console, Environment(Path(sys.prefix)), photos, folder)
    assert [item["status"] for item in results] == ["written"] * 8, json.dumps(results)
    page = folder / "index.html"
    demo.write_page(page, demo.photos_of(results, folder))
    text = page.read_text(encoding="utf-8")
    assert text.count("data-gain=") == 4
    assert "No picture" not in text
    for photo in photos:
        assert photo.read_bytes() == (demo.PHOTOS / photo.name).read_bytes()
        assert photo.with_suffix(".xmp").is_file()
        assert photo.with_name(photo.name + ".xmp").is_file()
