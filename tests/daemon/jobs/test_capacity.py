"""How many worker processes this machine bears."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.jobs import capacity


@pytest.mark.parametrize(
    ("cores", "free_mib", "workers"),
    [(8, 64_000, 7), (1, 64_000, 1), (8, 2048 + 3 * 600, 3), (8, 2048, 1), (8, 100, 1)],
)
def test_m1_cores_less_one_and_what_memory_bears(
    monkeypatch: pytest.MonkeyPatch, cores: int, free_mib: float, workers: int
) -> None:
    monkeypatch.setattr(capacity, "usable_cores", lambda: cores)
    monkeypatch.setattr(capacity, "free_mib", lambda: free_mib)
    assert capacity.sensible_workers() == workers


def test_other_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "usable_cores", lambda: 8)
    monkeypatch.setattr(capacity, "free_mib", lambda: 4000.0)
    assert capacity.sensible_workers(spare_cores=0, reserve_mib=0, peak_mib=100) == 8
    assert capacity.sensible_workers(reserve_mib=1000, peak_mib=1000) == 3


def test_this_machine() -> None:
    assert capacity.usable_cores() >= 1
    assert capacity.free_mib() > 0


def test_the_limit_of_a_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "groups" / "user" / "app"
    inner.mkdir(parents=True)
    (inner / "memory.max").write_text("max\n")
    (inner / "memory.current").write_text("1\n")
    (inner.parent / "memory.max").write_text(f"{1 << 30}\n")
    (inner.parent / "memory.current").write_text(f"{1 << 29}\n")
    (tmp_path / "own").write_text("0::/user/app\n")
    monkeypatch.setattr(capacity, "_CGROUPS", tmp_path / "groups")
    monkeypatch.setattr(capacity, "_OWN_CGROUP", tmp_path / "own")
    assert capacity.free_mib() == min(512.0, capacity.free_mib())
    (tmp_path / "own").write_text("1:name=systemd:/\n")
    assert capacity.free_mib() > 0
    monkeypatch.setattr(capacity, "_OWN_CGROUP", tmp_path / "missing")
    assert capacity.free_mib() > 0
