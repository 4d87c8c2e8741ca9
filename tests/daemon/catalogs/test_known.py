"""The photos of a catalog in few bytes: looked up, noted, kept on disk."""

from __future__ import annotations

import os
import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.catalogs.known import KnownPhotos, Standing, edit_digest, record
from sidelight.catalogs.path_key import path_key

CATALOG = Path("/p/A.lrcat")
A, B, C, D = (path_key(f"/p/{name}", "linux") for name in "ABCD")


@pytest.fixture
def known() -> KnownPhotos:
    return KnownPhotos(
        [
            record(B, Standing.UNEDITED),
            record(A, Standing.EDITED, edit_digest("a")),
            record(C, Standing.COMPANION),
        ]
    )


def test_look_up(known: KnownPhotos) -> None:
    assert A in known
    assert B in known
    assert C in known
    assert D not in known
    assert A not in KnownPhotos()
    assert (known.edit(A), known.edit(B), known.edit(D)) == (edit_digest("a"), b"", b"")
    assert known.count() == (2, 1)
    assert len(known) == 3


def test_of_one_file_the_weightiest_counts() -> None:
    known = KnownPhotos(
        [
            record(A, Standing.COPY_EDITED, edit_digest("copy")),
            record(A, Standing.EDITED, edit_digest("a")),
            record(B, Standing.COPY_EDITED, edit_digest("copy")),
            record(B, Standing.UNEDITED),
            record(C, Standing.UNEDITED),
            record(C, Standing.COMPANION),
        ]
    )
    assert len(known) == 3
    assert known.edit(A) == edit_digest("a")
    assert known.edit(B) == edit_digest("copy")
    assert known.count() == (3, 2)


def test_notes_stay_as_long_as_the_edit_does(known: KnownPhotos) -> None:
    assert not known.is_noted(A)
    known.note(A)
    known.note(D)
    assert known.is_noted(A)
    assert not known.is_noted(B)
    assert known.edit(A) == edit_digest("a")
    same = KnownPhotos([record(A, Standing.EDITED, edit_digest("a"))])
    same.carry_notes(known)
    assert same.is_noted(A)
    other = KnownPhotos([record(A, Standing.EDITED, edit_digest("b"))])
    other.carry_notes(known)
    assert not other.is_noted(A)


@given(
    st.sets(st.binary(min_size=16, max_size=16), max_size=40), st.binary(min_size=16, max_size=16)
)
def test_like_a_set(keys: set[bytes], other: bytes) -> None:
    known = KnownPhotos(record(key, Standing.UNEDITED) for key in keys)
    assert all(key in known for key in keys)
    assert (other in known) == (other in keys)


def test_there_and_back_on_disk(known: KnownPhotos, tmp_path: Path) -> None:
    file = tmp_path / "catalogs" / "1.known"
    known.note(A)
    known.save(file, CATALOG)
    known.save(file, CATALOG)
    loaded = KnownPhotos.load(file, CATALOG)
    assert loaded is not None
    assert loaded.is_noted(A)
    assert loaded.count() == (2, 1)
    assert [path.name for path in file.parent.iterdir()] == ["1.known"]
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_damaged_or_another_catalogs_is_not_loaded(
    known: KnownPhotos, tmp_path: Path
) -> None:
    file = tmp_path / "1.known"
    assert KnownPhotos.load(file, CATALOG) is None
    known.save(file, CATALOG)
    assert KnownPhotos.load(file, Path("/p/B.lrcat")) is None
    data = file.read_bytes()
    for damaged in (b"", data[:-1], data[:-1] + bytes([data[-1] ^ 1]), data + b"\0", b"x" + data):
        file.write_bytes(damaged)
        assert KnownPhotos.load(file, CATALOG) is None


def test_m1_a_hundred_thousand_photos_in_three_megabytes() -> None:
    random.seed(1)
    tracemalloc.start()
    known = KnownPhotos(
        record(random.randbytes(16), Standing.EDITED, random.randbytes(8)) for _ in range(100_000)
    )
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(known) == 100_000
    assert kept < 4 << 20
    assert peak < 40 << 20
