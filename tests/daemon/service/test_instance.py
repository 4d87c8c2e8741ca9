"""One daemon for each user, and the file by which it is found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sidelight.errors import ServiceError
from sidelight.service.instance import (
    Endpoint,
    Instance,
    read_endpoint,
    wait_for_endpoint,
    write_endpoint,
)

HOLD = """
import sys, time
from pathlib import Path
from sidelight.service.instance import Instance
folder = Path(sys.argv[1])
instance = Instance(folder / "daemon.lock", folder / "endpoint.json")
got = instance.acquire()
if got:
    instance.publish(47311, "secret")
print("first" if got else "second", flush=True)
sys.stdin.read()
"""


def hold(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "daemon.lock", tmp_path / "endpoint.json"


def endpoint(**changes: object) -> Endpoint:
    values = {"url": "http://127.0.0.1:47311", "port": 47311, "pid": os.getpid()}
    more = {"started": "2026-01-01T00:00:00.000+00:00", "token": "secret", "version": "1"}
    return Endpoint(**{**values, **more, **changes})  # type: ignore[arg-type]


def test_q4_of_many_that_start_at_once_one_serves(tmp_path: Path) -> None:
    many = [hold(tmp_path) for _ in range(5)]
    try:
        answers = [said(process) for process in many]
        assert sorted(answers) == ["first"] + ["second"] * 4
        first = many[answers.index("first")]
        found = wait_for_endpoint(5, tmp_path / "endpoint.json")
        assert found is not None
        assert (found.pid, found.url) == (first.pid, "http://127.0.0.1:47311")
    finally:
        for process in many:
            process.kill()
            process.wait()


def test_q4_what_a_killed_one_leaves_does_not_matter(tmp_path: Path, files) -> None:
    process = hold(tmp_path)
    assert said(process) == "first"
    assert not Instance(*files).acquire()
    process.kill()
    process.wait()
    assert files[1].exists()
    assert read_endpoint(files[1]) is None
    instance = Instance(*files)
    assert instance.acquire()
    assert not files[1].exists()
    instance.release()


def test_q4_a_reused_pid_is_no_lock(files) -> None:
    """The file of a killed daemon names a process that lives and is another one."""
    write_endpoint(endpoint(pid=os.getppid()), files[1])
    assert read_endpoint(files[1]) is not None  # it is `hello` that tells them apart
    instance = Instance(*files)
    assert instance.acquire()
    instance.release()


def test_the_file_goes_with_the_daemon(files) -> None:
    instance = Instance(*files)
    assert instance.acquire()
    published = instance.publish(5000, "secret")
    assert read_endpoint(files[1]) == published
    assert published.pid == os.getpid()
    instance.release()
    instance.release()
    assert not files[1].exists()
    assert Instance(*files).acquire()


def test_a_second_one_leaves_the_file_of_the_first(files) -> None:
    first, second = Instance(*files), Instance(*files)
    assert first.acquire()
    first.publish(5000, "secret")
    assert not second.acquire()
    second.release()
    assert files[1].exists()
    first.release()


def test_a_new_token_keeps_the_rest(files) -> None:
    instance = Instance(*files)
    assert instance.acquire()
    before = instance.publish(5000, "old")
    after = instance.publish(5000, "new")
    assert (after.token, after.started) == ("new", before.started)
    assert [path.name for path in files[1].parent.iterdir() if "endpoint" in path.name] == [
        "endpoint.json"
    ]
    instance.release()


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_v3_the_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = tmp_path / "a" / "state"
        instance = Instance(folder / "daemon.lock", folder / "endpoint.json")
        assert instance.acquire()
        instance.publish(5000, "secret")
        instance.publish(5000, "other")
        modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
        assert modes == {"daemon.lock": 0o600, "endpoint.json": 0o600}
        assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777 == 0o700
        instance.release()
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[" * 100_000,
        '{"url": "http://evil.example", "port": 1}',
        None,
    ],
)
def test_rubbish_is_no_daemon(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "endpoint.json"
    if text is not None:
        file.write_text(text)
    assert read_endpoint(file) is None
    assert wait_for_endpoint(0.01, file) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://evil.example:47311"},
        {"url": "http://127.0.0.1:1"},
        {"url": "https://127.0.0.1:47311"},
        {"schema": 2},
        {"token": "sécret"},
        {"pid": 0},
        {"pid": -1},
        {"pid": 2**22 + 1},
    ],
)
def test_a_file_that_leads_elsewhere_is_no_daemon(tmp_path: Path, changes: dict) -> None:
    file = tmp_path / "endpoint.json"
    write_endpoint(endpoint(**changes), file)
    assert read_endpoint(file) is None


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_a_file_that_others_may_have_written_is_no_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that others may write to, and a file of theirs in it that names their service."""
    file = tmp_path / "endpoint.json"
    write_endpoint(endpoint(), file)
    assert read_endpoint(file) is not None
    for mode in (0o620, 0o602, 0o666):
        file.chmod(mode)
        assert read_endpoint(file) is None
    file.chmod(0o600)
    theirs = tmp_path / "theirs.json"
    file.rename(theirs)
    file.symlink_to(theirs)
    owner = theirs.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert (read_endpoint(file) is None) == (owner != 0)
    monkeypatch.undo()
    if owner == 0:
        os.chown(theirs, 65534, 65534)
        assert read_endpoint(file) is None


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_in_the_files_place_is_replaced_not_followed(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("untouched")
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "endpoint.json").symlink_to(canary)
    write_endpoint(endpoint(), folder / "endpoint.json")
    assert not (folder / "endpoint.json").is_symlink()
    assert canary.read_text() == "untouched"
    (folder / "endpoint.json").unlink()
    (folder / "endpoint.json").symlink_to(canary)
    instance = Instance(folder / "daemon.lock", folder / "endpoint.json")
    assert instance.acquire()
    instance.release()
    assert canary.read_text() == "untouched"


def test_the_file_says_what_plug_ins_read(tmp_path: Path) -> None:
    file = tmp_path / "endpoint.json"
    write_endpoint(endpoint(), file)
    values = json.loads(file.read_text())
    names = {"schema", "api", "url", "port", "pid", "started", "token", "version"}
    assert set(values) == names
    assert (values["schema"], values["api"]) == (1, [1])


def test_an_endpoint_does_not_show_the_token() -> None:
    assert "secret" not in repr(endpoint())


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(ServiceError, match="state folder"):
        Instance(blocked / "daemon.lock", blocked / "endpoint.json").acquire()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "endpoint.json"
    write_endpoint(endpoint(), file)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_endpoint(endpoint(token="other"), file)
    assert read_endpoint(file) == endpoint()
    assert list(tmp_path.iterdir()) == [file]
