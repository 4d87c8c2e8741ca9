"""Debian packages: only the missing ones, only where allowed, and never the end of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight_installer import debian
from sidelight_installer.steps import Console

APT = """
import pathlib, sys
log = pathlib.Path(__file__).with_name("log")
words = [word for word in sys.argv[1:] if not word.startswith(("-", "DPkg"))]
log.write_text((log.read_text() if log.exists() else "") + " ".join(words) + "\\n")
if "unknown" in words:
    print("E: Unable to locate package unknown")
    sys.exit(100)
"""
SUDO = "import os, sys; os.execvp(sys.argv[2], sys.argv[2:])"
NO_SUDO = "import sys; print('sudo: a password is required'); sys.exit(1)"


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two packages whose programs nobody has."""
    programs = {"known": "sidelight-absent-1", "unknown": "sidelight-absent-2"}
    monkeypatch.setattr(debian, "PACKAGES", programs)


def test_only_what_is_missing_is_named() -> None:
    present = {"curl", "exiftool"}
    found = debian.missing(lambda name: f"/usr/bin/{name}" if name in present else None)
    assert "darktable" in found
    assert "curl" not in found
    assert "libimage-exiftool-perl" not in found


def test_nothing_missing_means_nothing_said(
    console: Console, said: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "PACKAGES", {"python3": "python3"})
    assert debian.install_missing(console) == []
    assert said() == ""


def test_one_unknown_package_does_not_stop_the_others(
    packages: None,
    program: Callable[[str, str], Path],
    console: Console,
    said: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program("sudo", SUDO)
    folder = program("apt-get", APT).parent
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    assert debian.install_missing(console) == ["unknown"]
    assert (folder / "log").read_text().splitlines() == [
        "update",
        "install known unknown",
        "install known",
        "install unknown",
    ]
    assert "Could not install: unknown. This release of the system does not have" in said()
    assert debian.SKIPPED in said()


def test_without_rights_the_command_is_named(
    packages: None,
    program: Callable[[str, str], Path],
    console: Console,
    said: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program("sudo", NO_SUDO)
    folder = program("apt-get", APT).parent
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert debian.install_missing(console) == ["known", "unknown"]
    assert "sudo apt install known unknown" in said()
    assert not (folder / "log").exists()


def test_without_apt_the_programs_are_named(
    packages: None, console: Console, said: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert debian.install_missing(console) == ["known", "unknown"]
    assert "Not installed: sidelight-absent-1, sidelight-absent-2." in said()


@pytest.mark.parametrize(
    ("printed", "advice"),
    [
        ("W: Temporary failure resolving 'mirror.example'", "check the network connection"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend", "wait for it to end"),
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "disk is full"),
        ("E: Could not open lock file - open (13: Permission denied)", "administrator"),
        ("E: odd\n", "apt-get said: E: odd"),
        ("", "apt-get said: nothing"),
    ],
)
def test_a_known_failure_of_apt_becomes_a_sentence(printed: str, advice: str) -> None:
    assert advice in debian.advice_for(printed)
