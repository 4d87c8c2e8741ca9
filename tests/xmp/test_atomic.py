"""Writing and undoing: the sidecar promises S-B to S-E and their tests S3, S4, S6, S8, S12."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import signal
import stat
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

from sidelight_xmp import (
    DamagedSidecarError,
    DiskFullError,
    FirstVersions,
    NotWritableError,
    Packet,
    SidecarError,
    StoreError,
    UnsafeSidecarError,
    WriteError,
    merge,
    read_property,
    remove_stale_temps,
    undo,
    undo_last,
    write_sidecar,
)
from sidelight_xmp.files import TEMP_SUFFIX


def _temps(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in folder.rglob(f"*{TEMP_SUFFIX}")]


def test_write_changes_then_leaves_alone(sidecar, kept, edit) -> None:
    """S-E: the second write of the same settings does not touch the file."""
    first = write_sidecar(sidecar, edit(5), kept)
    assert first.status == "written"
    assert first.sha256 == hashlib.sha256(sidecar.read_bytes()).hexdigest()
    before = sidecar.stat()
    again = write_sidecar(sidecar, edit(5), kept)
    assert again.status == "unchanged" and again.sha256 == first.sha256
    after = sidecar.stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert write_sidecar(sidecar, lambda _: None, kept).status == "unchanged"


def test_first_version_is_kept_by_content(sidecar, kept, edit) -> None:
    """S-D: kept under its SHA-256, with one row in the record."""
    original = sidecar.read_bytes()
    write_sidecar(sidecar, edit(5), kept, batch="b1")
    name = hashlib.sha256(original).hexdigest()
    assert (kept / name).read_bytes() == original
    with FirstVersions(kept) as store:
        (write,) = store.live_writes(sidecar)
    assert write.sidecar == sidecar and write.sha256 == name
    assert write.size == len(original) and write.batch == "b1"
    assert write.written == hashlib.sha256(sidecar.read_bytes()).hexdigest()
    assert datetime.fromisoformat(write.time).tzinfo is not None


def test_mode_and_attributes_are_kept(sidecar, kept, edit) -> None:
    sidecar.chmod(0o640)
    try:
        os.setxattr(sidecar, "user.tag", b"blue")
    except OSError:
        pytest.skip("no extended attributes on this file system")
    write_sidecar(sidecar, edit(5), kept)
    assert stat.S_IMODE(sidecar.stat().st_mode) == 0o640
    assert os.getxattr(sidecar, "user.tag") == b"blue"


def test_a_new_sidecar_has_ordinary_permissions(tmp_path, kept, edit) -> None:
    old = os.umask(0o022)
    try:
        write_sidecar(tmp_path / "IMG_1.xmp", edit(5), kept)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "IMG_1.xmp").stat().st_mode) == 0o644


def test_p3_links_are_refused(sidecar, kept, tmp_path, edit) -> None:
    """P3: a symbolic or hard link is left alone, with the reason."""
    target = sidecar.read_bytes()
    soft = sidecar.with_name("soft.xmp")
    soft.symlink_to(sidecar)
    dangling = sidecar.with_name("dangling.xmp")
    dangling.symlink_to(tmp_path / "nowhere")
    for link in (soft, dangling):
        with pytest.raises(UnsafeSidecarError, match="is a link"):
            write_sidecar(link, edit(5), kept)
        assert link.is_symlink()
    os.link(sidecar, sidecar.with_name("hard.xmp"))
    with pytest.raises(UnsafeSidecarError, match="hard link"):
        write_sidecar(sidecar, edit(5), kept)
    assert sidecar.read_bytes() == target and not (tmp_path / "nowhere").exists()
    assert not kept.exists()


@pytest.mark.timeout(10)
def test_p4_what_is_not_a_file_is_refused_at_once(sidecar, kept, edit) -> None:
    """P4: a pipe or a folder never blocks."""
    pipe, folder = sidecar.with_name("pipe.xmp"), sidecar.with_name("folder.xmp")
    os.mkfifo(pipe)
    folder.mkdir()
    for path in (pipe, folder):
        with pytest.raises(UnsafeSidecarError, match="not a file"):
            write_sidecar(path, edit(5), kept)


def test_write_protected_sidecar_is_left_alone(sidecar, kept, edit) -> None:
    sidecar.chmod(0o444)
    before = sidecar.read_bytes()
    with pytest.raises(NotWritableError, match="write-protected"):
        write_sidecar(sidecar, edit(5), kept)
    assert sidecar.read_bytes() == before


def test_x5_damaged_sidecar_is_never_overwritten(sidecar, kept, edit) -> None:
    """X5: reported, left alone, no temporary file, nothing kept."""
    whole = sidecar.read_bytes()
    for length in range(0, len(whole) - 20, len(whole) // 50):
        sidecar.write_bytes(whole[:length])
        with pytest.raises(DamagedSidecarError) as caught:
            write_sidecar(sidecar, edit(5), kept)
        assert caught.value.path == sidecar
        assert sidecar.read_bytes() == whole[:length]
    assert list(sidecar.parent.iterdir()) == [sidecar] and not kept.exists()


SCENES = ("existing", "new", "undo", "undo of new")


def _prepare(scene: str, sidecar: Path, kept: Path, edit) -> tuple:
    """Return (work to do, allowed contents: old and new; None for no file)."""
    original = sidecar.read_bytes()
    if scene in ("new", "undo of new"):
        sidecar.unlink()
        original = None
    changed = edit(5)(original)
    if scene in ("existing", "new"):
        return lambda: write_sidecar(sidecar, edit(5), kept), (original, changed)
    write_sidecar(sidecar, edit(5), kept)
    return lambda: undo(sidecar, kept), (changed, original)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("torn", [False, True])
def test_s3_killed_at_every_step(scene, torn, sidecar, kept, corpus, faults, edit) -> None:
    """S3: killed at call k for every k, the file is the old or the new one, never less."""
    base = sidecar.read_bytes()
    for step in range(1, 200):
        sidecar.write_bytes(base)
        store = kept / str(step)
        work, allowed = _prepare(scene, sidecar, store, edit)

        def killed(work=work, step=step) -> None:
            with faults.at_each_call(faults.kill_at(step, torn)):
                work()

        status = faults.in_child(killed)
        assert _content(sidecar) in allowed, step
        remove_stale_temps(sidecar.parent)
        remove_stale_temps(store)
        assert _temps(sidecar.parent, store) == []
        if status == 0:
            assert _content(sidecar) == allowed[1]
            break
        assert status == -signal.SIGKILL
        # The next start finishes the work, and it can still be undone to the bit.
        if scene in ("existing", "new"):
            write_sidecar(sidecar, edit(5), store)
            assert _content(sidecar) == allowed[1]
            undo(sidecar, store)
            assert _content(sidecar) == allowed[0]
    else:
        pytest.fail("the work never completed")
    assert step > 30


def test_s3_killed_at_random_instants(sidecar, kept, faults, edit) -> None:
    """S3: 200 processes killed while writing: 0 half-written, 0 acknowledged writes lost."""
    rng = random.Random(20252)
    original = sidecar.read_bytes()
    version = {edit(number)(original): number for number in range(1, 100)}
    kills = 0
    while kills < 200:
        sidecar.write_bytes(original)
        readable, writable = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                for number in range(1, 100):
                    write_sidecar(sidecar, edit(number), kept)
                    os.write(writable, bytes([number]))
            finally:
                os._exit(0)
        os.close(writable)
        acknowledged = os.read(readable, 1)
        time.sleep(rng.uniform(0.0, 0.008))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        while more := os.read(readable, 100):
            acknowledged += more
        os.close(readable)
        found = version.get(sidecar.read_bytes())
        assert found is not None, "half-written"
        assert found in (acknowledged[-1], acknowledged[-1] + 1), "lost"
        kills += 1
        remove_stale_temps(sidecar.parent)
        remove_stale_temps(kept)
    assert _temps(sidecar.parent, kept) == []


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("code", ["ENOSPC", "EIO", "EROFS", "EACCES", "EDQUOT", "ESTALE"])
def test_s4_errors_at_every_step(scene, code, sidecar, kept, faults, edit) -> None:
    """S4: an error at call k for every k leaves the old file and no temporary one."""
    base = sidecar.read_bytes()
    number = getattr(errno, code)
    refused = 0
    for step in range(1, 200):
        sidecar.write_bytes(base)
        store = kept / str(step)
        work, (old, new) = _prepare(scene, sidecar, store, edit)
        with faults.at_each_call(faults.raise_at(step, number)) as called:
            try:
                work()
                done = True
            except SidecarError as error:
                assert str(error).endswith(".") and "\n" not in str(error)
                assert isinstance(error, WriteError) and error.path == sidecar
                done = False
        reached = len(called) >= step
        if called[step - 1 : step] != ["unlink"]:
            assert _temps(sidecar.parent, store) == [], (step, called[-1])
        remove_stale_temps(sidecar.parent)
        if done:
            assert _content(sidecar) == new
        elif scene.startswith("undo"):
            # Once the file is back, only its record can fail; a second undo is harmless.
            assert _content(sidecar) in (old, new)
            refused += 1
        else:
            assert _content(sidecar) == old, (step, called)
            refused += 1
        if not reached:
            break
    assert refused > 8


def test_s4_sentences_for_photographers(sidecar, kept, faults, edit) -> None:
    """S4: full, read-only and forbidden read differently."""
    expected = {
        errno.ENOSPC: (DiskFullError, "disk is full"),
        errno.EROFS: (NotWritableError, "read-only"),
        errno.EACCES: (NotWritableError, "not allowed"),
    }
    own = {
        errno.ENOSPC: (DiskFullError, "Sidelight's own folder is full"),
        errno.EROFS: (StoreError, "record of earlier versions"),
        errno.EACCES: (StoreError, "record of earlier versions"),
    }
    for folder, sentences in ((sidecar.parent, expected), (kept, own)):
        for code, (kind, words) in sentences.items():

            def act(name, at, real, args, code=code, folder=folder) -> None:
                if name == "open" and args[1] & os.O_CREAT and Path(args[0]).parent == folder:
                    raise OSError(code, os.strerror(code))

            with faults.at_each_call(act), pytest.raises(kind, match=words) as caught:
                write_sidecar(sidecar, edit(5), kept)
            assert caught.value.path == sidecar
            assert type(caught.value) is kind


def test_s4_a_database_that_refuses(sidecar, kept, faults, edit) -> None:
    """S4: what SQLite says becomes a sentence, too."""
    before = sidecar.read_bytes()
    for code, kind in ((errno.ENOSPC, DiskFullError), (errno.EIO, StoreError)):

        def act(name, at, real, args, code=code) -> None:
            if name == faults.STATEMENT and args[0].lstrip().startswith("INSERT"):
                raise faults.sqlite_error(code)

        with faults.at_each_call(act), pytest.raises(kind) as caught:
            write_sidecar(sidecar, edit(5), kept)
        assert type(caught.value) is kind and caught.value.path == sidecar
        assert sidecar.read_bytes() == before and _temps(sidecar.parent) == []
    with FirstVersions(kept) as store:
        assert store.sidecars() == []


def test_s5_missing_folder(tmp_path, kept, edit) -> None:
    """S5: a folder that went away is named."""
    with pytest.raises(NotWritableError, match="gone no longer exists"):
        write_sidecar(tmp_path / "gone" / "IMG_1.xmp", edit(5), kept)


def test_s8_neighbours_are_untouched(sidecar, kept, edit) -> None:
    """S8: companions, other editors' sidecars and the photo stay.

    A big write costs a few times what reading the same file takes.
    """
    neighbours = {}
    for name in ("IMG_1.CR3", "IMG_1.acr", "IMG_1.CR3.xmp", "IMG_1_01.CR3.xmp", "IMG_1.JPG"):
        neighbour = sidecar.with_name(name)
        neighbour.write_bytes(name.encode())
        neighbours[neighbour] = neighbour.stat()
    mask = "Ab9+" * 1_000_000
    sidecar.write_bytes(merge(sidecar.read_bytes(), {"crs:MaskData": mask}))
    reading, writing = [], []
    for number in (5, 6, 7, 8, 9, 10):
        start = time.process_time()
        Packet.from_bytes(sidecar.read_bytes())
        between = time.process_time()
        write_sidecar(sidecar, edit(number), kept)
        reading.append(between - start)
        writing.append(time.process_time() - between)
    assert read_property(Packet.from_bytes(sidecar.read_bytes()), "crs:MaskData") == mask
    for neighbour, status in neighbours.items():
        assert neighbour.read_bytes() == neighbour.name.encode()
        assert neighbour.stat().st_mtime_ns == status.st_mtime_ns
    assert min(writing) < 10 * min(reading)


def test_p6_strange_names(tmp_path, kept, edit) -> None:
    """P6: names are never interpreted; also bytes that are not UTF-8."""
    names = ["$(touch pwned)", "-rf", "a\nb\tc", "\x1b[31m", "\u202efpj", "😀", "n" * 251]
    raw = [os.fsdecode(b"caf\xe9")] if os.name == "posix" else []
    for name in names + raw:
        path = tmp_path / f"{name}.xmp"
        write_sidecar(path, edit(5), kept)
        assert undo(path, kept).status == "removed"
    assert not (tmp_path / "pwned").exists() and not Path("pwned").exists()


def test_parallel_writers_of_many_sidecars(tmp_path, kept, edit) -> None:
    """Several threads share one open store, others open it for each write."""
    paths = [tmp_path / f"IMG_{number}.xmp" for number in range(40)]
    shared = FirstVersions(kept)

    def work(mine: list[Path]) -> None:
        for number, path in enumerate(mine):
            write_sidecar(path, edit(5), kept if number % 2 else shared, batch="one")

    threads = [threading.Thread(target=work, args=(paths[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shared.close()
    results = undo_last(kept)
    assert len(results) == len(paths) and {result.status for result in results} == {"removed"}
    assert not any(path.exists() for path in paths)
