"""A photo that was renamed before its turn is followed; one whose drive is away is waited for."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.jobs.model import Job, Request
from sidelight.jobs.store import JobStore
from sidelight.service.whereabouts import Whereabouts
from sidelight.state.database import Database
from sidelight.state.events import EventLog
from sidelight.state.photos import SeenPhoto, SeenPhotos
from sidelight.state.roots import RootStore

SHA = "ab" * 32


class _Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "photos"
        self.folder.mkdir()
        database = Database(folder / "state" / "sidelight.db")
        self.roots, self.seen = RootStore(database), SeenPhotos(database)
        self.jobs = JobStore(database, EventLog(database))
        self.root = self.roots.add(self.folder, "folder", editors=("darktable",))
        self.whereabouts = Whereabouts(self.roots, self.seen)

    def job(self, root: int | None = 1, sha256: str | None = SHA) -> Job:
        request = Request(self.folder / "old.nef", sha256=sha256)
        return self.jobs.enqueue([request], batch="b", root=root)[0]

    def see(self, name: str) -> Path:
        path = self.folder / name
        self.seen.remember([SeenPhoto(path, self.root.id, 1, 2, 3, 4, SHA)])
        return path


@pytest.fixture
def bench(tmp_path: Path) -> _Bench:
    return _Bench(tmp_path)


def test_w4_a_renamed_photo_is_found_by_its_content(bench: _Bench) -> None:
    new = bench.see("new.nef")
    assert bench.whereabouts.new_name(bench.job()) is None
    new.write_bytes(b"x")
    assert bench.whereabouts.new_name(bench.job()) == new
    assert bench.whereabouts.new_name(bench.job(sha256=None)) == new, "an open job of that content"


def test_the_old_name_is_no_new_name(bench: _Bench) -> None:
    bench.see("old.nef").write_bytes(b"x")
    assert bench.whereabouts.new_name(bench.job()) is None


def test_w7_a_folder_that_is_not_there_is_out_of_reach(bench: _Bench) -> None:
    job = bench.job()
    assert not bench.whereabouts.is_out_of_reach(job)
    bench.folder.rmdir()
    assert bench.whereabouts.is_out_of_reach(job)
    bench.folder.mkdir()
    bench.roots.set_state(bench.root.id, "missing", "its drive is not connected")
    assert bench.whereabouts.is_out_of_reach(job)
    bench.roots.remove(bench.root.id)
    assert not bench.whereabouts.is_out_of_reach(job)
