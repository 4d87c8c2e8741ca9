"""A daemon that has nothing to do costs next to nothing."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

import psutil
import pytest

RSS_LIMIT_MB = 150
WAKE_UPS_PER_S = 1.0
WATCHED_S = 12.0


def _wake_ups(pid: int) -> int:
    """Return how often all threads of a process have slept and gone on."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text(encoding="ascii").splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


def _workers(process: psutil.Process) -> list[int]:
    """Return the children that decode; Python keeps one more, which only tracks resources."""
    found = []
    for child in process.children():
        with contextlib.suppress(psutil.Error):
            if "resource_tracker" not in " ".join(child.cmdline()):
                found.append(child.pid)
    return found


@pytest.mark.quiet
@pytest.mark.skipif(sys.platform != "linux", reason="wake-ups are counted in /proc")
def test_m1_an_idle_daemon_is_small_and_sleeps(daemon, tiny_raw, tmp_path, record_property) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    one = daemon(config={"idle_s": 1.0, "poll_s": 60.0})
    one.client.request("POST", "/v1/roots", {"path": str(folder)})
    for number in range(5):
        tiny_raw(folder / f"{number}.dng")
    one.wait(lambda: len(list(folder.glob("*.xmp"))) == 10)
    one.client.request("POST", "/v1/predict", {"photo": str(folder / "0.dng")})
    process = psutil.Process(one.process.pid)
    one.wait(lambda: _workers(process) == [])
    time.sleep(3)
    before, cpu = _wake_ups(process.pid), sum(process.cpu_times()[:2])
    time.sleep(WATCHED_S)
    rate = (_wake_ups(process.pid) - before) / WATCHED_S
    share = (sum(process.cpu_times()[:2]) - cpu) / WATCHED_S
    rss_mb = process.memory_info().rss / 1e6
    record_property(
        "figure",
        f"idle: {rss_mb:.0f} MB, {rate:.2f} wake-ups/s, {100 * share:.2f} % of a core",
    )
    zombies = [c.pid for c in process.children() if c.status() == psutil.STATUS_ZOMBIE]
    assert zombies == []
    assert rss_mb < RSS_LIMIT_MB
    assert rate < WAKE_UPS_PER_S
    assert share < 0.01


def test_m1_the_service_process_never_decodes(daemon, tiny_raw, tmp_path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    one = daemon()
    one.client.request("POST", "/v1/roots", {"path": str(folder)})
    tiny_raw(folder / "a.dng")
    one.wait(lambda: len(list(folder.glob("*.xmp"))) == 2)
    if sys.platform == "linux":
        mapped = {Path(each.path).name for each in psutil.Process(one.process.pid).memory_maps()}
        assert not [name for name in mapped if "libraw" in name or "torch" in name]
