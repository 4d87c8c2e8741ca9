"""The whole test set, dropped into a watched folder while the daemon runs."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

import pytest

from sidelight.learning.darktable_render import render_darktable_batch

pytestmark = [pytest.mark.slow, pytest.mark.darktable]

EDITORS = {"lightroom", "darktable"}
LARGE = {".GPR", ".DNG"}
"""12 megapixels, which darktable renders in test_darktable_honours_sidecars."""


def _digests(folder: Path, pattern: str) -> dict[Path, tuple[str, int]]:
    return {
        path: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in folder.glob(pattern)
    }


def test_every_photo_gets_its_sidecars_once(daemon, darktable_cli, test_set, tmp_path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    one = daemon()
    client = one.client
    client.request("POST", "/v1/roots", {"path": str(folder)})
    for photo in test_set:
        shutil.copy(photo, folder)
    originals = {photo.name: hashlib.sha256(photo.read_bytes()).hexdigest() for photo in test_set}

    def closed() -> bool:
        jobs = client.request("GET", "/v1/status")["jobs"]
        return sum(jobs.values()) == len(test_set) and not (jobs["queued"] or jobs["leased"])

    one.wait(closed, timeout_s=300)
    jobs = client.request("GET", "/v1/jobs")["jobs"]
    for job in jobs:
        statuses = {result["editor"]: result["status"] for result in job["results"]}
        assert statuses == dict.fromkeys(EDITORS, "written"), job
    for name, digest in originals.items():
        photo = folder / name
        assert hashlib.sha256(photo.read_bytes()).hexdigest() == digest
        assert photo.with_suffix(".xmp").exists()
        assert photo.with_name(f"{name}.xmp").exists()
    small = [folder / name for name in originals if Path(name).suffix not in LARGE]
    assert len(small) == len(test_set) - 6
    sidecars = [photo.with_name(f"{photo.name}.xmp").read_bytes() for photo in small]
    renders = render_darktable_batch(list(zip(small, sidecars, strict=True)))
    assert [render.dropped for render in renders] == [()] * len(small)

    before = _digests(folder, "*.xmp")
    assert len(before) == 2 * len(test_set)
    for photo in test_set:
        shutil.copy(photo, folder)
    time.sleep(5)  # several times what a copy takes to settle here
    one.wait(closed)
    assert _digests(folder, "*.xmp") == before
    assert len(client.request("GET", "/v1/jobs")["jobs"]) == len(test_set)
    assert one.stop() == 0
