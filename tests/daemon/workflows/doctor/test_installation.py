"""Is Sidelight itself in place? `sidelight doctor` as a whole is tested with the commands."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from sidelight.paths import HOME_VARIABLE
from sidelight.workflows.doctor import installation
from sidelight_xmp.atomic import write_sidecar


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_missing_library_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    version = metadata.version

    def without_pebble(name: str) -> str:
        if name == "pebble":
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(installation.metadata, "version", without_pebble)
    check = installation.check_versions()
    assert check.level == "failed" and check.text.endswith("missing: pebble")


def test_an_unknown_setting_is_a_warning(home: Path) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("sharpness = 3")
    check = installation.check_config()
    assert check.level == "warning" and "sharpness" in check.text


def test_v3_a_folder_open_to_others_is_closed(home: Path) -> None:
    home.mkdir()
    home.chmod(0o777)
    assert installation.check_folder("state folder", home).level == "ok"
    assert home.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("free_mb", "level"), [(10, "failed"), (500, "warning"), (5000, "ok")])
def test_disk_space(free_mb: int, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = free_mb * 1_000_000

    monkeypatch.setattr(installation.shutil, "disk_usage", lambda folder: Usage)
    assert installation.check_disk().level == level


def test_a_damaged_record_of_writes_is_red_then_told_about(home: Path) -> None:
    folder = home / "state" / "first_versions"
    assert installation.check_first_versions().level == "ok"
    assert not folder.exists()
    for number in range(3):
        write_sidecar(home / f"{number}.xmp", lambda old: b"new", folder)
    assert installation.check_first_versions().text == "3 sidecars can be undone"
    record = folder / "undo.db"
    record.write_bytes(b"\0" * record.stat().st_size)
    check = installation.check_first_versions()
    assert check.level == "failed" and "damaged" in check.text
    assert record.read_bytes().strip(b"\0") == b""
    write_sidecar(home / "4.xmp", lambda old: b"new", folder)
    check = installation.check_first_versions()
    assert check.level == "warning"
    assert "1 sidecars can be undone" in check.text and "undo.db.damaged-" in check.text
