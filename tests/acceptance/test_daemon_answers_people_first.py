"""Who waits at the screen hardly notices a batch of thousands."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.quiet]

BATCH = 400
QUEUED = 10_000
"""Photos in the queue; those behind the batch are never reached, only looked through."""

ASKED = 40
PATIENCE = 2.5
"""How much longer an answer may take during a batch, in the first round that others do not disturb.

The promise is 1.5, which the figures printed here show on a machine of one's own; the limit leaves
room for what else runs there. Behind a batch an answer would take many times as long.
"""

MOST_ROUNDS = 3


def _p95_s(client, photo: Path) -> float:
    """Return what 19 of 20 answers take at most; one person asks about three times a second."""
    taken = []
    for _ in range(ASKED):
        started = time.perf_counter()
        client.request("POST", "/v1/predict", {"photo": str(photo)})
        taken.append(time.perf_counter() - started)
        time.sleep(0.05)
    return sorted(taken)[int(0.95 * ASKED) - 1]


def test_q6_answers_are_as_quick_during_a_batch(
    daemon, tiny_raw, tmp_path, record_property
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    one = daemon()
    client = one.client
    root = client.request("POST", "/v1/roots", {"path": str(folder)})["id"]
    client.request("PATCH", f"/v1/roots/{root}", {"paused": True})
    wanted = tiny_raw(folder / "wanted.dng")
    photos = [tiny_raw(folder / f"{number:03d}.dng") for number in range(BATCH)]
    client.request("POST", "/v1/predict", {"photo": str(wanted)})
    behind = [folder / f"behind {number}.dng" for number in range(QUEUED - BATCH)]
    for path in behind:
        path.write_bytes(path.name.encode())
    ratios = []
    for each in range(MOST_ROUNDS):
        idle_s = _p95_s(client, wanted)
        body = {"photos": [str(photo) for photo in photos], "overwrite": bool(each)}
        batches = [client.request("POST", "/v1/jobs", body)["batch"]]
        for start in range(0, len(behind), 2000):
            body = {"photos": [str(path) for path in behind[start : start + 2000]]}
            batches.append(client.request("POST", "/v1/jobs", body)["batch"])
        one.wait(lambda: client.request("GET", "/v1/status")["jobs"]["leased"])
        busy_s = _p95_s(client, wanted)
        status = client.request("GET", "/v1/status")["jobs"]
        assert status["queued"] > len(behind), "the batch was over too soon to tell"
        ratios.append(busy_s / idle_s)
        record_property(
            "figure",
            f"p95 idle {1e3 * idle_s:.0f} ms, during a batch {1e3 * busy_s:.0f} ms",
        )
        for batch in batches:
            assert client.request("DELETE", f"/v1/jobs?batch={batch}")["jobs"]
        assert not client.request("GET", "/v1/status")["jobs"]["queued"]
        if ratios[-1] < PATIENCE:
            break
    assert min(ratios) < PATIENCE, ratios
    assert not list(folder.glob(".*")), "cancelling left a half-written file"
    assert one.stop() == 0
