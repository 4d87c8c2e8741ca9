"""Folders and catalogs behind one set of verbs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sidelight.config import Config
from sidelight.errors import CatalogError
from sidelight.paths import HOME_VARIABLE
from sidelight.service.intake import Ready, WatchStore
from sidelight.service.watching import Watching
from sidelight.state.database import Database
from sidelight.state.examples import Examples
from sidelight.state.photos import SeenPhotos
from sidelight.state.roots import Root, RootStore

CONFIG = Config(settle_s=0.1, debounce_s=0.02, poll_s=0.2)


class _Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "photos"
        self.folder.mkdir()
        database = Database(folder / "home" / "state" / "sidelight.db")
        self.roots = RootStore(database)
        self.arrived: list[Path] = []
        store = WatchStore(database, self.roots, SeenPhotos(database), self._arrived)
        self.asked: list[Path] = []
        self.watching = Watching(store, Examples(database), CONFIG, self._ask)

    def _arrived(self, root: Root, photos: list[Ready]) -> None:
        self.arrived += [photo.path for photo in photos]

    def _ask(self, root: Root, photos: Sequence[Path]) -> None:
        self.asked += photos

    def add(self) -> Root:
        return self.roots.add(self.folder, "folder", editors=("darktable",))

    def run(self, scenario: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        async def main() -> None:
            await self.watching.start()
            try:
                await asyncio.wait_for(scenario(), 60)
            finally:
                await self.watching.stop()

        asyncio.run(main())

    async def until(self, done: Callable[[], object]) -> None:
        async with asyncio.timeout(30):
            while not done():
                await asyncio.sleep(0.02)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Bench:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return _Bench(tmp_path)


def test_a_folder_is_watched_from_now_on(bench: _Bench, tiny_raw) -> None:
    tiny_raw(bench.folder / "old.dng")

    async def scenario() -> None:
        assert await bench.watching.added(bench.add(), existing=False) == 1
        new = tiny_raw(bench.folder / "new.dng")
        await bench.until(lambda: bench.arrived)
        assert bench.arrived == [new]

    bench.run(scenario)


def test_with_what_is_there(bench: _Bench, tiny_raw) -> None:
    old = tiny_raw(bench.folder / "old.dng")

    async def scenario() -> None:
        assert await bench.watching.added(bench.add(), existing=True) == 1
        await bench.until(lambda: bench.arrived == [old])

    bench.run(scenario)


def test_a_paused_folder_rests_until_it_is_resumed(bench: _Bench, tiny_raw) -> None:
    async def scenario() -> None:
        root = bench.add()
        await bench.watching.added(root, existing=False)
        await bench.watching.changed(bench.roots.set_state(root.id, "paused"))
        photo = tiny_raw(bench.folder / "a.dng")
        await asyncio.sleep(0.6)
        assert bench.arrived == []
        await bench.watching.changed(bench.roots.set_state(root.id, "watching"))
        await bench.until(lambda: bench.arrived == [photo])

    bench.run(scenario)


def test_a_removed_folder_is_left_alone(bench: _Bench, tiny_raw) -> None:
    async def scenario() -> None:
        root = bench.add()
        await bench.watching.added(root, existing=False)
        await bench.watching.removed(root)
        bench.roots.remove(root.id)
        tiny_raw(bench.folder / "a.dng")
        await asyncio.sleep(0.6)
        assert bench.arrived == []

    bench.run(scenario)


def test_a_catalog_that_cannot_be_read_is_refused(bench: _Bench, tmp_path: Path) -> None:
    catalog = tmp_path / "broken.lrcat"
    catalog.write_bytes(b"no catalog")

    async def scenario() -> None:
        root = bench.roots.add(catalog, "lightroom", editors=("lightroom",))
        with pytest.raises(CatalogError):
            await bench.watching.added(root, existing=False)

    bench.run(scenario)


@pytest.mark.parametrize("existing", [False, True])
def test_photos_of_a_catalog_are_developed_when_asked_for(
    bench: _Bench, tiny_raw, tmp_path: Path, factories: ModuleType, existing: bool
) -> None:
    shots = [
        factories.Shot(tiny_raw(bench.folder / "a.dng")),
        factories.edited(tiny_raw(bench.folder / "b.dng")),
        factories.Shot("/elsewhere/c.dng"),
    ]
    catalog = factories.make_lightroom(tmp_path / "main.lrcat", shots)

    async def scenario() -> None:
        # That the folder is watched, too, and the photo known in it, is no reason against it.
        await bench.watching.added(bench.add(), existing=False)
        root = bench.roots.add(catalog, "lightroom", editors=("lightroom",))
        count = await bench.watching.added(root, existing=existing)
        assert count == (1 if existing else 3)
        assert bench.asked == ([bench.folder / "a.dng"] if existing else [])
        assert bench.watching.catalogs.holders(bench.folder / "b.dng")

    bench.run(scenario)


def test_new_photos_are_counted_until_they_are_queued(bench: _Bench, tiny_raw) -> None:
    async def scenario() -> None:
        assert bench.watching.settling() == 0
        for number in range(3):
            tiny_raw(bench.folder / f"{number}.dng")
        await bench.watching.added(bench.add(), existing=True)
        await bench.until(lambda: bench.watching.settling() == 3)
        await bench.until(lambda: bench.watching.settling() == 0)
        assert len(bench.arrived) == 3

    bench.run(scenario)


def test_nothing_is_wrong_and_nobody_holds_anything(bench: _Bench) -> None:
    async def scenario() -> None:
        assert bench.watching.warnings() == ()
        assert bench.watching.catalogs.holders(bench.folder / "a.dng") == {}

    bench.run(scenario)
