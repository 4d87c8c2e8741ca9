"""The private environment: what is installed when, and what is said when it fails."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight_installer import environment
from sidelight_installer.environment import Environment
from sidelight_installer.steps import Console, StepFailed

RESOLVER = (
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError: Failed to "
    "establish a new connection: [Errno -3] Temporary failure in name resolution': /simple/numpy/\n"
    "ERROR: Could not find a version that satisfies the requirement numpy>=2.0\n"
    "ERROR: No matching distribution found for numpy>=2.0\n"
)


@pytest.mark.parametrize(
    ("printed", "advice"),
    [
        (RESOLVER, environment.NO_NETWORK),
        ("socket.gaierror: [Errno 11001] getaddrinfo failed", environment.NO_NETWORK),
        ("ReadTimeoutError: HTTPSConnectionPool: Read timed out.", environment.NO_NETWORK),
        ("ProxyError('Cannot connect to proxy.')", environment.NO_NETWORK),
        ("Max retries exceeded (SSLError: CERTIFICATE_VERIFY_FAILED)", environment.NO_TRUST),
        ("ERROR: [Errno 28] No space left on device", environment.NO_SPACE),
        ("ERROR: [Errno 13] Permission denied: '/x'", environment.NO_RIGHTS),
        ("ERROR: No matching distribution found for rawpy", environment.NO_VERSION),
        ("ERROR: Failed building wheel for rawpy", environment.NO_COMPILER),
        ("something nobody has seen", ""),
    ],
)
def test_a_known_failure_of_pip_becomes_a_sentence(printed: str, advice: str) -> None:
    assert environment.advice_for(printed) == advice


def test_a_real_pip_without_a_network_gets_the_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("NO_PROXY", "*")
    here = Environment(Path(sys.prefix))
    words = ["--dry-run", "--retries", "1", "--index-url", "http://127.0.0.1:9/simple"]
    with pytest.raises(StepFailed) as failed:
        environment.pip(here, [*words, "sidelight-none"], lambda line: None, "Not installed.")
    assert failed.value.sentence == "Not installed."
    assert failed.value.advice == environment.NO_NETWORK
    assert "sidelight-none" in failed.value.output
    assert failed.value.lines == environment.LINES_OF_A_KNOWN_FAILURE


def test_without_ensurepip_debian_is_told_the_package(
    program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "ensurepip" else real(name)
    )
    monkeypatch.setenv("PATH", str(program("apt-get", "").parent))
    with pytest.raises(StepFailed) as failed:
        environment.check_ensurepip()
    assert "sudo apt install python3-venv" in failed.value.advice
    monkeypatch.setenv("PATH", "")
    with pytest.raises(StepFailed) as failed:
        environment.check_ensurepip()
    assert "apt" not in failed.value.advice


def test_a_full_disk_is_said_before_anything_is_made(tmp_path: Path) -> None:
    environment.check_space(tmp_path, needed=1)
    with pytest.raises(StepFailed, match=r"GB are free on the disk of .*; the installation needs"):
        environment.check_space(tmp_path, needed=shutil.disk_usage(tmp_path).total + 1)


def test_only_an_environment_is_deleted(tmp_path: Path, console: Console) -> None:
    folder = tmp_path / environment.FOLDER
    folder.mkdir()
    (folder / "precious").write_text("mine")
    with pytest.raises(StepFailed, match="left alone"):
        environment.remove(console, Environment(folder))
    assert (folder / "precious").read_text() == "mine"
    (folder / "pyvenv.cfg").write_text("")
    environment.remove(console, Environment(folder))
    assert not folder.exists()
    environment.remove(console, Environment(folder))


def test_a_link_to_an_environment_is_not_followed(tmp_path: Path, console: Console) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/pyvenv.cfg").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "other")
    with pytest.raises(StepFailed, match="left alone"):
        environment.remove(console, Environment(tmp_path / "link"))
    assert (tmp_path / "other/pyvenv.cfg").exists()


def test_an_environment_whose_python_is_gone_does_not_work(tmp_path: Path) -> None:
    assert not Environment(tmp_path).works()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(tmp_path / "python3.9-removed")
    assert not Environment(tmp_path).works()
    assert Environment(Path(sys.prefix)).works()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source tree with the files that an installation depends on."""
    root = tmp_path / "checkout"
    for name in ("daemon/sidelight/__init__.py", "daemon/sidelight/cli.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("one = 1\n")
    (root / "pyproject.toml").write_text("[project]\n")
    return root


def test_an_editable_installation_follows_the_source_by_itself(source: Path) -> None:
    before = environment.stamp_of(source, for_tests=True)
    (source / "daemon/sidelight/cli.py").write_text("two = 2\n")
    assert environment.stamp_of(source, for_tests=True) == before
    (source / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert environment.stamp_of(source, for_tests=True) != before


def test_an_installed_copy_is_renewed_when_the_source_changes(source: Path) -> None:
    before = environment.stamp_of(source, for_tests=False)
    (source / "daemon/sidelight/__pycache__").mkdir()
    (source / "daemon/sidelight/__pycache__/cli.pyc").write_bytes(b"")
    assert environment.stamp_of(source, for_tests=False) == before
    (source / "daemon/sidelight/cli.py").write_text("two = 2\n")
    assert environment.stamp_of(source, for_tests=False) != before


def test_an_environment_for_tests_serves_the_demo_but_not_the_reverse(source: Path) -> None:
    use = environment.stamp_of(source, for_tests=False)
    tests = environment.stamp_of(source, for_tests=True)
    assert environment.satisfies(tests, use, tests)
    assert not environment.satisfies(use, tests, tests)
    assert not environment.satisfies(None, use, tests)


FAKE_PIP = """
import pathlib, sys
log = pathlib.Path({log!r})
log.write_text(log.read_text() + " ".join(sys.argv[1:]) + "\\n" if log.exists() else
               " ".join(sys.argv[1:]) + "\\n")
sys.exit({code})
"""


def test_an_installation_is_repeated_only_when_needed(
    source: Path,
    tmp_path: Path,
    program: Callable[[str, str], Path],
    console: Console,
    said: Callable[[], str],
) -> None:
    # A stand-in for the environment's Python: what it is asked to install is what matters here.
    log = tmp_path / "log"
    program("python", FAKE_PIP.format(log=str(log), code=0))
    made = Environment(tmp_path)
    environment.install(console, made, source, for_tests=True)
    environment.install(console, made, source, for_tests=True)
    environment.install(console, made, source, for_tests=False)
    calls = log.read_text().splitlines()
    assert calls == [f"-m pip install --progress-bar off --editable {source}[test]"]
    assert said().count("Sidelight is installed already.") == 2


def test_a_failed_installation_is_not_taken_for_done(
    source: Path, tmp_path: Path, program: Callable[[str, str], Path], console: Console
) -> None:
    made = Environment(tmp_path)
    program("python", FAKE_PIP.format(log=str(tmp_path / "log"), code=0))
    environment.install(console, made, source, for_tests=False)
    (source / "daemon/sidelight/cli.py").write_text("two = 2\n")
    program("python", FAKE_PIP.format(log=str(tmp_path / "log"), code=1))
    for _ in range(2):
        with pytest.raises(StepFailed):
            environment.install(console, made, source, for_tests=False)
    assert len((tmp_path / "log").read_text().splitlines()) == 3


@pytest.mark.slow
def test_a_real_environment_has_a_python_with_pip(tmp_path: Path, console: Console) -> None:
    made = Environment(tmp_path / environment.FOLDER)
    environment.create(console, made)
    assert made.works()
    environment.remove(console, made)
    assert not made.folder.exists()
