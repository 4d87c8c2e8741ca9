"""Paths that somebody sent: which are opened, and that nobody learns why one is not."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from sidelight.errors import PhotoError
from sidelight.service import photo_paths
from sidelight.service.photo_paths import (
    PhotoPathError,
    check_photo_path,
    find_photo,
    is_plain_path,
    root_of,
)

HOSTILE_NAMES = [
    "CON.NEF",
    "con",
    "NUL.dng",
    "COM1.CR3",
    "lpt9.x.NEF",
    "COM¹.NEF",
    "aux .NEF",
    "a.NEF:stream",
    "a.NEF::$DATA",
    "a.NEF.",
    "a.NEF ",
    "..\\a.NEF",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A watched folder with a photo, beside one that is not watched."""
    for name in ("photos", "photos2"):
        folder = tmp_path / name / "day"
        folder.mkdir(parents=True)
        (folder / "a.NEF").write_bytes(b"photo in " + name.encode())
    return tmp_path / "photos"


def refusal(text: str, *roots: Path, **options) -> str:
    with pytest.raises(PhotoPathError) as caught:
        check_photo_path(text, roots, **options)
    return str(caught.value)


def test_a_photo_inside_is_found_as_it_is_spelled(root: Path) -> None:
    photo = root / "day" / "a.NEF"
    assert check_photo_path(str(photo), [root.parent / "photos2", root]) == photo


def test_the_folder_it_must_be_opened_inside_comes_with_it(root: Path) -> None:
    photo = root / "day" / "a.NEF"
    assert find_photo(str(photo), [root]) == (photo, root)
    assert find_photo(str(photo), [], lambda path: True) == (photo, photo.parent)


def test_p1_what_lies_outside_and_what_is_missing_get_one_answer(root: Path) -> None:
    texts = [
        f"{root}/../photos2/day/a.NEF",
        f"{root}/day/../day/a.NEF",
        "../photos/day/a.NEF",
        "day/a.NEF",
        f"{root}/%2e%2e%2fphotos2/day/a.NEF",
        f"{root}/..%5cphotos2/day/a.NEF",
        f"{root}2/day/a.NEF",
        f"{root}",
        f"{root}/",
        f"{root}//day/a.NEF",
        f"{root}/./day/a.NEF",
        f"{root}/day/a.NEF\0.jpg",
        f"{root}/day/a.NEF/",
        f"{root}/{'x' * 5000}",
        f"{root}/{'x/' * 2500}a.NEF",
        f"{root}/day/{'x' * 300}.NEF",
        f"{root}/day/missing.NEF",
        f"{root}/missing/a.NEF",
        f"{root}/day/a\ud800.NEF",
        f"{root}/day/a\udcff.NEF",
        "/etc/passwd",
        "",
        ".",
        "/",
    ]
    assert {refusal(text, root) for text in texts} == {PhotoPathError.SENTENCE}
    assert issubclass(PhotoPathError, PhotoError)


def test_p1_a_percent_sign_is_only_a_character(root: Path) -> None:
    photo = root / "100%2e.NEF"
    photo.touch()
    assert check_photo_path(str(photo), [root]) == photo


def test_p1_permission_denied_tells_nothing_either(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*arguments, **options):
        raise PermissionError(13, "Permission denied", str(root))

    monkeypatch.setattr(os, "open", denied)
    assert refusal(str(root / "day" / "a.NEF"), root) == PhotoPathError.SENTENCE


def test_p2_links_are_not_followed(root: Path) -> None:
    outside = root.parent / "photos2"
    (root / "file.NEF").symlink_to(outside / "day" / "a.NEF")
    (root / "folder").symlink_to(outside / "day")
    (root / "loop").symlink_to(root / "loop")
    (root / "inside.NEF").symlink_to(root / "day" / "a.NEF")
    for name in ("file.NEF", "folder/a.NEF", "loop", "loop/a.NEF", "inside.NEF"):
        assert refusal(f"{root}/{name}", root) == PhotoPathError.SENTENCE


def test_the_root_itself_may_be_a_link_and_be_named_by_either_name(root: Path) -> None:
    named = root.parent / "named"
    named.symlink_to(root)
    wanted = named / "day" / "a.NEF"
    assert check_photo_path(str(wanted), [named]) == wanted
    assert check_photo_path(str(root / "day" / "a.NEF"), [named]) == wanted


@pytest.mark.quiet
def test_p4_what_is_no_file_is_refused_at_once(root: Path) -> None:
    os.mkfifo(root / "pipe.NEF")
    (root / "folder.NEF").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "s.NEF"))
        for name in ("pipe.NEF", "folder.NEF", "s.NEF"):
            started = time.perf_counter()
            assert refusal(f"{root}/{name}", root) == PhotoPathError.SENTENCE
            assert time.perf_counter() - started < 0.1
    for device in ("/dev/zero", "/dev/tty", "/proc/self/environ"):
        refusal(device, root)
    refusal("/dev/zero", root, also=lambda path: True)


def test_p4_a_file_beyond_all_photos_is_refused(root: Path) -> None:
    with (root / "huge.NEF").open("wb") as file:
        file.truncate((2 << 30) + 1)
    refusal(f"{root}/huge.NEF", root)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("windows", [False, True])
def test_p5_names_that_windows_takes_for_something_else(name: str, windows: bool) -> None:
    folder = "C:\\photos\\" if windows else "/photos/"
    assert not is_plain_path(folder + name, windows=windows)
    assert is_plain_path(folder + "a.NEF", windows=windows)


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "\\\\host\\share\\a.NEF",
        "//host/share/a.NEF",
        "\\\\?\\C:\\a.NEF",
        "\\\\.\\PhysicalDrive0",
        "//?/C:/a.NEF",
        "\\??\\C:\\a.NEF",
        "C:a.NEF",
        "C:",
        "C:\\",
        "é:\\a.NEF",
        "CC:\\a.NEF",
    ],
)
def test_p5_network_device_and_drive_relative_paths(text: str, windows: bool) -> None:
    assert not is_plain_path(text, windows=windows)


def test_p5_on_windows_folders_obey_the_same_rules() -> None:
    assert is_plain_path("d:/Photos\\2024 may\\IMG_1.CR3", windows=True)
    assert not is_plain_path("C:\\..\\a.NEF", windows=True)
    assert not is_plain_path("C:\\x\\\\a.NEF", windows=True)
    for folder in ("CON", "a.", "a ", "a:b", "nul.txt"):
        assert not is_plain_path(f"C:\\{folder}\\a.NEF", windows=True)
    # Elsewhere folders of such names are ordinary, photos are refused all the same.
    assert is_plain_path("/photos/2024:05/a.NEF", windows=False)


def test_p5_nothing_is_opened_for_a_path_that_is_not_plain(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(photo_paths, "open_inside", lambda *call: opened.append(call))
    for name in HOSTILE_NAMES:
        refusal(f"{root}/{name}", root, also=lambda path: True)
    assert opened == []


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1/a.NEF",
        "file:///etc/passwd",
        "smb://host/a.NEF",
        "data:image/jpeg;base64,AA",
    ],
)
def test_p7_addresses_open_no_socket(
    root: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_socket(*arguments, **options):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_socket)
    for windows in (False, True):
        assert not is_plain_path(text, windows=windows)
    assert refusal(text, root, also=lambda path: True) == PhotoPathError.SENTENCE


def test_photos_of_a_known_catalog_may_lie_elsewhere(root: Path) -> None:
    photo = root.parent / "photos2" / "day" / "a.NEF"
    assert check_photo_path(str(photo), [root], lambda path: path == photo) == photo
    link = photo.with_name("link.NEF")
    link.symlink_to(photo)
    refusal(str(link), root, also=lambda path: True)
    refusal(str(photo.with_name("missing.NEF")), root, also=lambda path: True)


def test_the_deepest_root_is_the_photos(root: Path) -> None:
    photo = root / "day" / "a.NEF"
    assert root_of(photo, [root, root / "day", root.parent]) == root / "day"
    assert root_of(root, [root]) is None
    assert root_of(Path(f"{root}2/day/a.NEF"), [root]) is None


def test_p8_capitals_count_only_where_the_system_tells_them_apart(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shouted = Path(str(root).upper()) / "day" / "a.NEF"
    monkeypatch.setattr(photo_paths, "_FOLDS_CASE", False)
    assert root_of(shouted, [root]) is None
    refusal(str(shouted), root)
    monkeypatch.setattr(photo_paths, "_FOLDS_CASE", True)
    assert root_of(shouted, [root]) == root
    # One photo has one spelling: the root's own.
    assert check_photo_path(str(shouted), [root]) == root / "day" / "a.NEF"
