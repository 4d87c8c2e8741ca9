"""The way in: which files are photos, and what happens to files that are none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sidelight.errors import PhotoError, UnreadableError
from sidelight.imaging import RASTER_EXTENSIONS, RAW_EXTENSIONS, is_photo, is_raw, read_photo


def test_names() -> None:
    assert is_photo(Path("a/IMG_1.CR3")) and is_raw(Path("IMG_1.dng"))
    assert is_photo(Path("x.JPG")) and not is_raw(Path("x.jpg"))
    for name in ("IMG_1.xmp", "IMG_1", ".hidden.jpg", "._IMG_1.CR3", "movie.mp4"):
        assert not is_photo(Path(name))
    assert not RAW_EXTENSIONS & RASTER_EXTENSIONS


def test_importing_loads_no_decoder() -> None:
    code = "import sys, sidelight.imaging; print({'rawpy', 'PIL', 'torch'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


@pytest.mark.parametrize("extension", [".cr3", ".nef", ".dng", ".jpg", ".tif", ".png", ".xyz", ""])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"This is a text file, not a photo.\n" * 40,
        b"FUJIFILMCCD-RAW 0201" + bytes(400),
        b"II*\0\xff\xff\xff\xff" + bytes(400),
        b"\xff\xd8\xff\xe0" + bytes(400),
        b"\x89PNG\r\n\x1a\n" + bytes(400),
    ],
    ids=["empty", "byte", "text", "fuji", "tiff", "jpeg", "png"],
)
def test_not_a_photo(tmp_path: Path, extension: str, content: bytes) -> None:
    path = tmp_path / f"photo{extension}"
    path.write_bytes(content)
    with pytest.raises(PhotoError) as caught:
        read_photo(path)
    assert len(str(caught.value)) > 10
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", ["missing.nef", "folder.nef", "pipe.nef", "null.nef", "x\0y.nef"])
def test_not_a_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "folder.nef":
        path.mkdir()
    elif name == "pipe.nef":
        os.mkfifo(path)
    elif name == "null.nef":
        path.symlink_to("/dev/null")
    with pytest.raises(UnreadableError):
        read_photo(path)


def test_any_name_is_a_name(shared: Path, tmp_path: Path) -> None:
    data = (shared / "data/photos/gopro_hero7_GOPR9231_demo.dng").read_bytes()
    for name in (b"-rf.dng", b"$(touch pwned).dng", b"\xff\xfe.dng", "é\n😀.dng".encode()):
        path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))  # noqa: PTH118
        path.write_bytes(data)
        assert read_photo(path, 128).rgb.shape[2] == 3
    assert not (tmp_path / "pwned").exists()
