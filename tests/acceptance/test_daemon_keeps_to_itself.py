"""What the daemon tells nobody: no connection leaves the machine, no log says too much."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

linux = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")

HOOK = """
import os, sys

def hook(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.sendto"):
        text = repr(arguments[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.getnameinfo"):
        text = repr(arguments[0])
    else:
        return
    line = f"{event} {text}\\n".encode()
    descriptor = os.open(os.environ["SOCKET_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, line)
    os.close(descriptor)

sys.addaudithook(hook)
"""
"""Loaded by every Python process below the daemon."""

ALONE = """
import fcntl, os, socket, struct, sys
loopback = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(loopback, 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # SIOCSIFFLAGS: up, running
loopback.close()
import json, subprocess, time
from pathlib import Path
home, folder, photo = map(Path, sys.argv[1:])
assert {line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line} == {"lo"}
served = subprocess.Popen([sys.executable, "-m", "sidelight", "serve"], stdout=subprocess.PIPE)
assert b"serving at" in served.stdout.readline()
from sidelight.service.client import find_daemon
client = find_daemon(10)
client.request("POST", "/v1/roots", {"path": str(folder)})
photo.rename(folder / photo.name)
ends = time.monotonic() + 60
while len(list(folder.glob("*.xmp"))) < 2 and time.monotonic() < ends:
    time.sleep(0.1)
assert client.request("POST", "/v1/predict", {"photo": str(folder / photo.name)})["editors"]
served.terminate()
sys.exit(served.wait(15))
"""
"""A daemon and its client in a network namespace that has no interface but the loopback one."""

CANARY = "Kanarienvogel im Käfig"
LATITUDE, LONGITUDE = (47, 11, 13.17), (8, 19, 23.29)


def _work(one, folder: Path, *photos: Path) -> None:
    """Let the daemon do some of everything."""
    client = one.client
    client.request("POST", "/v1/roots", {"path": str(folder)})
    for photo in photos:
        client.request("POST", "/v1/predict", {"photo": str(photo)})
    client.request("POST", "/v1/jobs", {"photos": [str(photo) for photo in photos]})

    def is_done() -> bool:
        jobs = client.request("GET", "/v1/status")["jobs"]
        return not (jobs["queued"] or jobs["leased"]) and jobs["done"] >= len(photos)

    one.wait(is_done)


def _with_position(path: Path) -> Path:
    """Write a JPEG that knows where it was taken."""
    import numpy as np
    from PIL import Image

    exif = Image.Exif()
    exif[271] = "Sidelight"
    exif.get_ifd(0x8825).update({1: "N", 2: LATITUDE, 3: "E", 4: LONGITUDE})
    ramp = np.linspace(0, 255, 640 * 480 * 3).reshape(480, 640, 3).astype(np.uint8)
    Image.fromarray(ramp).save(path, "JPEG", exif=exif)
    return path


def test_v1_no_connection_leaves_this_machine(daemon, tiny_raw, tmp_path: Path) -> None:
    hooks, log, folder = tmp_path / "hooks", tmp_path / "sockets.txt", tmp_path / "photos"
    hooks.mkdir()
    folder.mkdir()
    (hooks / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
    one = daemon(environment={"PYTHONPATH": str(hooks), "SOCKET_LOG": str(log)})
    _work(one, folder, tiny_raw(folder / "a.dng"))
    assert one.stop() == 0
    lines = log.read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("socket.bind ('127.0.0.1'") for line in lines)
    assert [line for line in lines if "127.0.0.1" not in line and "'/" not in line] == []


@linux
def test_v1_it_works_where_there_is_no_network(tiny_raw, tmp_path: Path) -> None:
    folder, home = tmp_path / "photos", tmp_path / "home"
    folder.mkdir()
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("settle_s = 0.2\nport = 0\n", encoding="utf-8")
    photo = tiny_raw(tmp_path / "a.dng")
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", ALONE, str(home), str(folder), str(photo)],
        env={**os.environ, "SIDELIGHT_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verbose", [False, True])
def test_v2_the_log_says_nothing_private(daemon, tiny_raw, tmp_path: Path, verbose: bool) -> None:
    folder = tmp_path / CANARY / "2025 - Wedding"
    folder.mkdir(parents=True)
    good, placed = tiny_raw(folder / "good.dng"), _with_position(folder / "placed.jpg")
    one = daemon(*(["--verbose"] if verbose else []))
    token = one.endpoint["token"]
    _work(one, folder, good, placed)
    bad = folder / "bad.dng"
    bad.write_bytes(good.read_bytes()[:5000])
    (folder / "good.xmp").write_bytes(b"<damaged")
    client = one.client
    batch = client.request("POST", "/v1/jobs", {"photos": [str(bad), str(good)]})["batch"]
    for editors in (["lightroom"], ["darktable"]):
        client.request("POST", "/v1/jobs", {"photos": [str(good)], "editors": editors})
    good.unlink()
    one.wait(lambda: client.request("GET", "/v1/status")["jobs"]["queued"] == 0)
    client.request("POST", "/v1/undo", {"batch": batch})
    client.request("POST", "/v1/token")
    new_token = one.endpoint["token"]
    assert one.stop() == 0
    text = one.log + one.output
    assert "bad.dng" in text, "what failed is named"
    for secret in (token, new_token, "13.17", "23.29", "47.18", "8.32"):
        assert secret not in text
    if not verbose:
        assert CANARY not in text
        assert str(tmp_path) not in text


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_v3_everything_is_private_under_umask_0(daemon, tiny_raw, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    photo = tiny_raw(folder / "a.dng")
    one = daemon(before=("sh", "-c", 'umask 0; exec "$@"', "sh"))
    _work(one, folder, photo)
    one.client.request("POST", "/v1/token")
    _assert_private(one.home / "state")
    assert one.stop() == 0
    _assert_private(one.home / "state")
    if (one.home / "cache").exists():
        _assert_private(one.home / "cache")
    assert stat.S_IMODE((folder / "a.dng.xmp").stat().st_mode) & 0o600 == 0o600


def _assert_private(top: Path) -> None:
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in [top, *top.rglob("*")]}
    open_to_others = {str(path): oct(mode) for path, mode in modes.items() if mode & 0o077}
    assert open_to_others == {}
