"""Programs that the tests run, from Debian packages where that is allowed."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable

from sidelight_installer.steps import Console, run

PACKAGES: dict[str, str] = {
    "darktable": "darktable-cli",
    "rawtherapee": "rawtherapee-cli",
    "xvfb": "Xvfb",
    "xauth": "xauth",
    "xdotool": "xdotool",
    "dbus-x11": "dbus-launch",
    "libimage-exiftool-perl": "exiftool",
    "lua5.1": "lua5.1",
    "lua5.4": "lua5.4",
    "lua-check": "luacheck",
    "lua-busted": "busted",
    "curl": "curl",
}
"""Debian package and the program in it that tests run."""

SKIPPED = "The tests that need them are skipped, and the summary counts them."


def missing(which: Callable[[str], str | None] = shutil.which) -> list[str]:
    """Return the packages whose program is not on the path."""
    return [package for package, program in PACKAGES.items() if which(program) is None]


def as_root() -> list[str] | None:
    """Return the words to put before a command that needs root, or None without the right."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return []
    if shutil.which("sudo") and run(["sudo", "-n", "true"])[0] == 0:
        return ["sudo", "-n"]
    return None


def install_missing(console: Console) -> list[str]:
    """Install what the tests need where it may be; a failure is said and never ends the run.

    Returns:
        The packages that are still missing.
    """
    wanted = missing()
    venv = [] if importlib.util.find_spec("ensurepip") else ["python3-venv"]
    if not wanted and not venv:
        return []
    if shutil.which("apt-get") is None:
        programs = ", ".join(PACKAGES[package] for package in wanted)
        console.say(f"Not installed: {programs}. {SKIPPED}")
        return wanted
    before = as_root()
    if before is None:
        names = " ".join(venv + wanted)
        console.say(f"No right to install packages. To do it yourself: sudo apt install {names}")
        console.say(SKIPPED)
        return wanted
    return _apt(console, before, venv + wanted)


def _apt(console: Console, before: list[str], wanted: list[str]) -> list[str]:
    command = [*before, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    command += ["--quiet", "--option", "DPkg::Lock::Timeout=120"]
    with console.step(f"Installing Debian packages: {', '.join(wanted)}") as step:
        run([*command, "update"], on_line=step.note)
        install = [*command, "install", "--yes", "--no-install-recommends"]
        status, printed = run([*install, *wanted], on_line=step.note)
        failed = []
        if status:
            # One unknown name makes apt refuse the whole list, so try each by itself.
            for name in wanted:
                status, text = run([*install, name], on_line=step.note)
                if status:
                    failed.append(name)
                    printed = text
        step.result = "done" if not failed else "not all installed"
    if failed:
        console.say(f"Could not install: {', '.join(failed)}. {advice_for(printed)}")
        console.say(SKIPPED)
    return failed


def advice_for(printed: str) -> str:
    """Return the sentence of what helps against a failure of apt-get."""
    if "No space left" in printed or "enough free space" in printed:
        return "The disk is full; free about 1 GB."
    if "Could not get lock" in printed or "Unable to acquire the dpkg" in printed:
        return "Another program is installing packages; wait for it to end."
    if "Permission denied" in printed or "are you root" in printed:
        return "This needs the rights of an administrator."
    if "Unable to locate package" in printed or "no installation candidate" in printed:
        return "This release of the system does not have them."
    signs = (
        "Temporary failure resolving",
        "Could not resolve",
        "Failed to fetch",
        "Could not connect",
    )
    if any(sign in printed for sign in signs):
        return "The package server cannot be reached; check the network connection."
    return f"apt-get said: {printed.strip().splitlines()[-1] if printed.strip() else 'nothing'}"
