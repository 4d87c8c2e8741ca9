"""Photos on a medium that cannot be written: their edits wait where plug-ins find them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

READ_ONLY = """
mount -t tmpfs none "$CARD" && cp "$PHOTOS"/*.dng "$CARD" && mount -o remount,ro "$CARD" || exit 9
exec "$@"
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mount namespaces are Linux's")
def test_s5_edits_of_a_read_only_folder_wait(daemon, tiny_raw, tmp_path: Path) -> None:
    photos, card = tmp_path / "photos", tmp_path / "card"
    photos.mkdir()
    card.mkdir()
    for number in range(4):
        tiny_raw(photos / f"{number}.dng")
    one = daemon(
        before=("unshare", "-rm", "sh", "-c", READ_ONLY, "sh"),
        environment={"PHOTOS": str(photos), "CARD": str(card)},
    )
    client = one.client
    client.request("POST", "/v1/roots", {"path": str(card), "existing": True})
    one.wait(lambda: client.request("GET", "/v1/status")["waiting"] == 8)
    jobs = client.request("GET", "/v1/jobs")["jobs"]
    assert {job["state"] for job in jobs} == {"done"}
    assert {result["status"] for job in jobs for result in job["results"]} == {"waiting"}
    recipes = client.request("GET", "/v1/recipes?editor=lightroom")["recipes"]
    assert {Path(recipe["photo"]).name for recipe in recipes} == {f"{n}.dng" for n in range(4)}
    assert all(recipe["terms"] for recipe in recipes)
    warnings = client.request("GET", "/v1/status")["warnings"]
    (said,) = [text for text in warnings if "read-only" in text]
    assert f"the folder {card.name} " in said
    assert one.log.count("is read-only") == 1
    client.request("DELETE", f"/v1/recipes/{recipes[0]['id']}")
    assert client.request("GET", "/v1/status")["waiting"] == 7
    assert one.stop() == 0
