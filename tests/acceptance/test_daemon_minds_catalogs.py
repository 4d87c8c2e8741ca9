"""Photos that a catalog holds get no sidecar of its editor; their edits wait for the plug-in."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def factories(load_helper: Callable[[str], ModuleType]) -> ModuleType:
    """The module that makes small catalogs."""
    return load_helper("daemon/catalogs/factories.py")


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_a_photo_in_a_catalog_waits_and_s13_the_catalog_stays(
    daemon, tiny_raw, tmp_path: Path, factories: ModuleType
) -> None:
    photos, catalogs = tmp_path / "photos", tmp_path / "catalogs"
    photos.mkdir()
    catalogs.mkdir()
    held, free, later = (photos / f"{name}.dng" for name in ("held", "free", "later"))
    tiny_raw(held)
    shots = [factories.Shot(held), factories.edited(photos / "elsewhere.dng")]
    catalog = factories.make_lightroom(catalogs / "mine.lrcat", shots)
    before = _digests(catalogs)
    one = daemon(config={"poll_s": 0.3})
    client = one.client
    root = client.request("POST", "/v1/roots", {"path": str(catalog)})
    assert root["photos"] == 2
    client.request("POST", "/v1/roots", {"path": str(photos), "existing": True})
    tiny_raw(free)
    one.wait(lambda: client.request("GET", "/v1/status")["jobs"]["done"] == 2)
    names = {path.name for path in photos.glob("*.xmp")}
    assert names == {"held.dng.xmp", "free.dng.xmp", "free.xmp"}
    (waiting,) = client.request("GET", "/v1/recipes")["recipes"]
    assert (waiting["editor"], Path(waiting["photo"]).name) == ("lightroom", "held.dng")
    assert waiting["terms"]
    assert _digests(catalogs) == before
    shown = client.request("GET", f"/v1/catalogs/{root['id']}")
    assert (shown["photos"], shown["edited"], shown["examples"]) == (2, 1, 1)

    tiny_raw(later)
    one.wait(lambda: (photos / "later.dng.xmp").exists() and (photos / "later.xmp").exists())
    with closing(sqlite3.connect(catalog)) as connection:
        factories.add_to_lightroom(connection, [factories.Shot(later)])
    one.wait(lambda: client.request("GET", f"/v1/catalogs/{root['id']}")["photos"] == 3)
    assert one.stop() == 0
    assert "Traceback" not in one.log
