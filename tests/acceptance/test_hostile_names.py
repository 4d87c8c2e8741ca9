"""Names that want to be commands, options or control sequences are names and nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight.paths import HOME_VARIABLE

TinyRaw = Callable[[Path], Path]

NAMES: list[bytes] = [
    b"$(touch pwned).CR3",
    b'"; touch pwned;".NEF',
    b"`touch pwned`.dng",
    b"-rf.dng",
    b"--help.dng",
    b"new\nline.dng",
    b"tab\there.dng",
    b"\x1b[2J\x1b]0;pwned\x07.dng",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnd.dng".encode(),
    "camera \N{CAMERA}\N{VARIATION SELECTOR-16}.dng".encode(),
    b"bytes\xff\xfe.dng",
    unicodedata.normalize("NFC", "caf\N{LATIN SMALL LETTER E WITH ACUTE}.dng").encode(),
    unicodedata.normalize("NFD", "caf\N{LATIN SMALL LETTER E WITH ACUTE}.dng").encode(),
    b"x" * 251 + b".dng",
    b"%s%n%d{0}.dng",
]
TOO_LONG = b"x" * 251 + b".dng"
"""darktable's sidecar would have a name beyond what file systems allow."""
NOT_TEXT = {b"bytes\xff\xfe.dng", b"\x1b[2J\x1b]0;pwned\x07.dng"}
"""Lightroom's sidecar states the name, and XML cannot."""


@pytest.fixture
def folder(tmp_path: Path, tiny_raw: TinyRaw) -> Path:
    """A photo under every name."""
    path = tmp_path / "photos"
    path.mkdir()
    for name in NAMES:
        put(path, name, tiny_raw)
    return path


def put(folder: Path, name: bytes, tiny_raw: TinyRaw) -> None:
    try:
        tiny_raw(folder / os.fsdecode(name))
    except OSError as error:
        pytest.skip(f"this file system refuses the name {name!r}: {error.strerror}")


def listed(folder: Path) -> set[bytes]:
    return {os.fsencode(path.name) for path in folder.iterdir()}


def sidecars(folder: Path) -> set[bytes]:
    return {name for name in listed(folder) if name.endswith(b".xmp")}


def expected() -> set[bytes]:
    """The sidecars of every photo that can have them."""
    lightroom = {os.path.splitext(name)[0] + b".xmp" for name in NAMES if name not in NOT_TEXT}  # noqa: PTH122
    return lightroom | {name + b".xmp" for name in NAMES if name != TOO_LONG}


def assert_harmless(folder: Path, output: bytes) -> None:
    """No command ran, nothing but photos and sidecars is there, nothing reached the terminal."""
    assert sidecars(folder) | set(NAMES) == listed(folder)
    for place in (folder, folder.parent, Path.cwd(), Path.home()):
        assert not (place / "pwned").exists()
    text = output.decode("utf-8")
    raw = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}
    assert raw == set(), raw


def sidelight(home: Path, *arguments: str | bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "sidelight", *arguments],
        env={**os.environ, HOME_VARIABLE: str(home)},
        cwd=home.parent,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_p6_the_command_line(folder: Path, tmp_path: Path, options: list[str]) -> None:
    done = sidelight(tmp_path / "home", "auto", str(folder), *options)
    assert b"Traceback" not in done.stderr
    assert sidecars(folder) == expected()
    assert_harmless(folder, done.stdout + done.stderr)
    # What an editor's sidecar cannot be named or cannot state is an error with a reason.
    assert done.returncode == 1
    undone = sidelight(tmp_path / "home", "undo", "--last", *options)
    assert undone.returncode == 0, undone.stderr
    assert sidecars(folder) == set()
    assert_harmless(folder, undone.stdout + undone.stderr)


def test_p6_a_photo_named_like_an_option(tmp_path: Path, tiny_raw: TinyRaw) -> None:
    tiny_raw(tmp_path / "-rf.dng")
    done = sidelight(tmp_path / "home", "auto", "--editor", "darktable", "--", "-rf.dng")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "-rf.dng.xmp").exists()


def test_p6_a_watched_folder(tmp_path: Path, tiny_raw: TinyRaw, daemon) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    running = daemon()
    added = sidelight(running.home, "watch", "add", str(folder), "--json")
    assert added.returncode == 0, added.stderr
    for name in NAMES:
        put(folder, name, tiny_raw)
    running.wait(lambda: sidecars(folder) == expected())
    running.wait(lambda: not open_jobs(running.home))
    commands = (["status"], ["status", "--json"], ["watch", "list"], ["doctor"])
    shown = [sidelight(running.home, *command) for command in commands]
    output = b"".join(done.stdout + done.stderr for done in shown)
    assert_harmless(folder, output)
    assert running.stop() == 0
    assert_harmless(folder, running.output.encode())
    assert_harmless(folder, running.log.encode())


def test_p6_failures_are_told_in_the_log_and_by_http_without_their_tricks(
    tmp_path: Path, daemon
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    running = daemon()
    client = running.client
    client.request("POST", "/v1/roots", {"path": str(folder)})
    for name in NAMES:
        (folder / os.fsdecode(name)).write_bytes(b"this is no photo " * 10 + name)
    running.wait(lambda: jobs_in(client, "failed") == len(NAMES))
    answer = json.dumps(client.request("GET", "/v1/jobs"), ensure_ascii=False)
    assert "bytes\\\\xff\\\\xfe.dng" in answer
    assert running.stop() == 0
    assert_harmless(folder, running.output.encode())
    assert_harmless(folder, running.log.encode())
    # One entry in the log is one line, whatever it quotes.
    assert [line for line in running.log.splitlines() if not re.match(r"\d{4}-", line)] == []


def test_p6_jobs_by_http(tmp_path: Path, tiny_raw: TinyRaw, daemon) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    running = daemon()
    client = running.client
    client.request("POST", "/v1/roots", {"path": str(folder)})
    for name in NAMES:
        put(folder, name, tiny_raw)
    refused = []
    for name in NAMES:
        photo = f"{folder}/{os.fsdecode(name)}"
        try:
            client.request("POST", "/v1/jobs", {"photos": [photo]})
        except Exception as error:
            refused.append((name, str(error)))
    # JSON carries text only; a name that is none is left to the watched folder.
    assert {name for name, _ in refused} <= {b"bytes\xff\xfe.dng"}, refused
    assert all(str(folder) not in sentence for _, sentence in refused)
    running.wait(lambda: sidecars(folder) == expected())
    assert running.stop() == 0
    assert_harmless(folder, running.output.encode())


def jobs_in(client, state: str) -> int:
    return client.request("GET", "/v1/status")["jobs"].get(state, 0)


def open_jobs(home: Path) -> int:
    status = json.loads(sidelight(home, "status", "--json").stdout)
    return status["jobs"].get("queued", 0) + status["jobs"].get("leased", 0)
