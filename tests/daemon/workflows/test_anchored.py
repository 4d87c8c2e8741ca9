"""Reading and writing inside a watched folder while somebody swaps links in."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sidelight.errors import PhotoPathError
from sidelight.workflows import anchored
from sidelight.workflows.anchored import open_folder_inside, open_inside, readable, writable
from sidelight.workflows.deliver import Delivery, deliver, edits_in_place
from sidelight.workflows.predict import Settings, predict_photo
from sidelight_xmp.atomic import write_sidecar
from sidelight_xmp.errors import SidecarError
from sidelight_xmp.files import exchange
from sidelight_xmp.first_versions import FirstVersions

ROUNDS = [1_000, pytest.param(10_000, marks=pytest.mark.slow)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root" / "day"
    folder.mkdir(parents=True)
    (folder / "a.NEF").write_bytes(b"inside")
    return tmp_path / "root"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "a.NEF").write_bytes(b"outside")
    (folder / "a.xmp").write_bytes(b"outside")
    return folder


FLIP = """
import random
import sys
from pathlib import Path
from sidelight_xmp.files import exchange
left, right = map(Path, sys.argv[1:])
print("ready", flush=True)
while True:
    exchange(left, right)
    for _ in range(random.randrange(3000)):
        pass
"""


@contextmanager
def flipping(left: Path, right: Path) -> Iterator[None]:
    """Swap two names as fast as possible, in a process that takes turns with nobody."""
    if not exchange(left, right):
        pytest.skip("this file system cannot swap two names in one step")
    process = subprocess.Popen(
        [sys.executable, "-c", FLIP, str(left), str(right)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def state_of(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Name → content, time of last change, time of last read of every file."""
    found = {}
    for path in sorted(folder.iterdir()):
        state = path.stat()
        data = hashlib.sha256(path.read_bytes()).hexdigest()
        found[path.name] = (data, state.st_mtime_ns, state.st_ctime_ns)
    return found


def test_a_photo_is_read_through_a_path_of_its_own_name(root: Path) -> None:
    photo = root / "day" / "a.NEF"
    with readable(photo, root) as path:
        assert path.name == "a.NEF"
        assert path.read_bytes() == b"inside"
        # Whatever happens to the name now, the photo that was checked is read.
        photo.rename(photo.with_name("b.NEF"))
        if path != photo:
            assert path.read_bytes() == b"inside"
        photo.with_name("b.NEF").rename(photo)
    assert not path.exists() or path == photo


def test_without_a_root_the_photo_is_taken_as_it_was_named(root: Path) -> None:
    for manager in (readable, writable):
        with manager(root / "day" / "a.NEF", None) as path:
            assert path == root / "day" / "a.NEF"


def test_strange_names_keep_their_extension(root: Path) -> None:
    for name in (os.fsdecode(b"\xff.NEF"), "n\newline.NEF", "x" * 251 + ".NEF", "-rf.NEF"):
        (root / name).write_bytes(b"inside")
        with readable(root / name, root) as path:
            assert (path.name, path.read_bytes()) == (name, b"inside")


def test_no_descriptor_and_no_folder_is_left(root: Path) -> None:
    def open_here() -> list[str]:
        found = []
        for link in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):  # the listing's own
                found.append(str(link.readlink()))
        return [name for name in found if name.startswith(str(root))]

    for _ in range(20):
        with readable(root / "day" / "a.NEF", root), writable(root / "day" / "a.NEF", root):
            pass
        for missing in (root / "day" / "b.NEF", root / "b" / "a.NEF", root.parent):
            with pytest.raises(PhotoPathError), readable(missing, root):
                pass
    assert open_here() == []


def test_folders_of_killed_processes_are_removed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    dead = tmp_path / "t" / "sidelight-open-4194999-abc"
    alive = tmp_path / "t" / f"sidelight-open-{os.getppid()}-abc"
    dead.mkdir()
    alive.mkdir()
    anchored._remove_left_behind.cache_clear()
    with readable(root / "day" / "a.NEF", root):
        pass
    assert [path.name for path in (tmp_path / "t").iterdir()] == [alive.name]


def read_in_a_race(photo: Path, root: Path, rounds: int) -> None:
    read = refused = 0
    for _ in range(rounds):
        try:
            with readable(photo, root) as path:
                assert path.read_bytes() == b"inside"
                read += 1
        except PhotoPathError:
            refused += 1
            time.sleep(random.random() * 3e-4)  # or both fall into step
    # Both happened often enough for the race to have been one.
    assert min(read, refused) > rounds / 100 and read + refused == rounds


@pytest.mark.parametrize("rounds", ROUNDS)
def test_p2_a_link_swapped_in_between_check_and_open_is_never_read(
    root: Path, outside: Path, rounds: int
) -> None:
    photo = root / "day" / "a.NEF"
    link = root / "day" / "link.NEF"
    link.symlink_to(outside / "a.NEF")
    before = state_of(outside)
    with flipping(photo, link):
        read_in_a_race(photo, root, rounds)
    assert state_of(outside) == before


@pytest.mark.parametrize("rounds", ROUNDS)
def test_p2_a_folder_swapped_for_a_link_is_never_read(
    root: Path, outside: Path, rounds: int
) -> None:
    link = root / "link"
    link.symlink_to(outside)
    before = state_of(outside)
    with flipping(root / "day", link):
        read_in_a_race(root / "day" / "a.NEF", root, rounds)
    assert state_of(outside) == before


@pytest.mark.parametrize("rounds", ROUNDS)
def test_p2_no_sidecar_is_written_outside(
    root: Path, outside: Path, tmp_path: Path, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda descriptor: None)  # a power cut is not in this test
    link = root / "link"
    link.symlink_to(outside)
    before = state_of(outside)
    written = refused = 0
    first = FirstVersions(tmp_path / "first", durable=False)
    with first, flipping(root / "day", link):
        for number in range(rounds):
            data = str(number).encode()
            try:
                with writable(root / "day" / "a.NEF", root) as photo:
                    write_sidecar(photo.with_suffix(".xmp"), lambda old, new=data: new, first)
                    written += 1
            except (PhotoPathError, SidecarError):
                refused += 1
                time.sleep(random.random() * 3e-4)  # or both fall into step
    assert min(written, refused) > rounds / 100 and written + refused == rounds
    assert state_of(outside) == before


@pytest.mark.parametrize("by_descriptor", [True, False])
def test_p2_standing_links_are_refused_on_every_system(
    root: Path, outside: Path, by_descriptor: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchored, "_BY_DESCRIPTOR", by_descriptor)
    monkeypatch.setattr(anchored, "_DESCRIPTORS", root / "nowhere")
    (root / "link").symlink_to(outside)
    (root / "link.NEF").symlink_to(outside / "a.NEF")
    for name in ("link/a.NEF", "link.NEF", "day", "missing.NEF"):
        with pytest.raises(PhotoPathError):
            open_inside(root, root / name)
    with pytest.raises(PhotoPathError), writable(root / "link" / "a.NEF", root):
        pass
    os.close(open_inside(root, root / "day" / "a.NEF"))
    with readable(root / "day" / "a.NEF", root) as path:
        assert path == root / "day" / "a.NEF"


def test_p2_elsewhere_a_swap_during_reading_is_noticed_afterwards(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchored, "_DESCRIPTORS", root / "nowhere")
    photo = root / "day" / "a.NEF"
    with pytest.raises(PhotoPathError), readable(photo, root) as path:
        other = path.with_name("b.NEF")
        other.write_bytes(b"other")
        other.replace(photo)


def test_p2_neither_prediction_nor_delivery_leaves_the_watched_folder(
    root: Path, outside: Path, tmp_path: Path, tiny_raw: Callable[[Path], Path]
) -> None:
    settings = Settings(("darktable",))
    delivery = Delivery(tmp_path / "first", "b", inside=root)
    photo = tiny_raw(root / "day" / "b.dng")
    tiny_raw(outside / "b.dng")
    predicted = predict_photo(photo, settings, root)
    (result,) = deliver(photo, predicted, settings, delivery)
    assert (result.status, result.sidecar) == ("written", photo.with_name("b.dng.xmp"))
    assert str(tmp_path) not in photo.with_name("b.dng.xmp").read_text()
    before = state_of(outside)
    (root / "day").rename(root / "night")
    (root / "day").symlink_to(outside)
    with pytest.raises(PhotoPathError):
        predict_photo(photo, settings, root)
    (result,) = deliver(photo, predicted, settings, delivery)
    assert (result.status, result.reason) == ("error", PhotoPathError.SENTENCE)
    assert edits_in_place(photo, settings, delivery)["darktable"].status == "error"
    assert state_of(outside) == before


def test_p1_a_folder_is_found_only_below_its_root(root: Path, outside: Path) -> None:
    os.close(open_folder_inside(root, root / "day" / "a.NEF"))
    for path in (outside / "a.NEF", root, root / ".." / "outside" / "a.NEF"):
        with pytest.raises(PhotoPathError):
            open_folder_inside(root, path)
