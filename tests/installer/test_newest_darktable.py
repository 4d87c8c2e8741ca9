"""The newest darktable in a folder: what is downloaded, how it fails, and what is left behind."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight_installer import newest_darktable
from sidelight_installer.steps import Console, Step, StepFailed

Program = Callable[[str, str], Path]

MIRROR = "http://mirror.example/debian/"
APT = f"""
import pathlib, sys
folder = pathlib.Path(__file__).parent
words = sys.argv[1:]
with (folder / "log").open("a") as log: print(*words, file=log)
if words[0] == "indextargets":
    print("Debian", "{MIRROR}", "$(SIGNED_BY)", sep="\\t")
elif "--print-uris" in words:
    for name in ("darktable_5.4_amd64.deb", "libllvm22_1%3a22_amd64.deb", "libc6_2_amd64.deb"):
        print(f"'{MIRROR}pool/{{name}}' {{name}} 12 MD5Sum:00")
elif "download" in words:
    for name in words[words.index("download") + 1:]:
        pathlib.Path(f"{{name}}_{{'5.4' if name == 'darktable' else '2'}}_amd64.deb").touch()
"""
NO_NETWORK = "import sys; print('Temporary failure resolving x'); sys.exit(100)"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return newest_darktable.cache_folder()


@pytest.fixture
def programs(program: Program, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only programs there are; all of them succeed and do nothing."""
    for name in newest_darktable.NEEDED_PROGRAMS:
        folder = program(name, "").parent
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with an environment and an older tree, without its stamp, in it."""
    root = tmp_path / "checkout" / ".environment" / newest_darktable.FOLDER / "root"
    root.mkdir(parents=True)
    (root / "left over").touch()
    return tmp_path / "checkout"


def folder_of(checkout: Path) -> Path:
    return checkout / ".environment" / newest_darktable.FOLDER


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (["Debian\tA\tkey"], "deb [signed-by=key] A sid main\n"),
        (["Other\tA/debian\t", "Debian\tB\t$(SIGNED_BY)"], "deb B sid main\n"),
        (["$(LABEL)\tA/debian-security/\t", "$(LABEL)\tA/debian/\t"], "deb A/debian/ sid main\n"),
    ],
)
def test_the_mirror_is_the_systems_own(rows: list[str], line: str) -> None:
    assert newest_darktable.choose_source("\n".join(rows)) == line


@pytest.mark.parametrize("printed", ["", "Ubuntu\tA/ubuntu/\t\n", "E: no\n"])
def test_another_systems_mirror_is_none(printed: str) -> None:
    with pytest.raises(StepFailed, match="no mirror of Debian"):
        newest_darktable.choose_source(printed)


def test_only_what_is_opened_is_downloaded_and_old_packages_go(
    programs: Path, program: Program, cache: Path
) -> None:
    program("apt-get", APT)
    cache.mkdir(parents=True)
    (cache / "darktable_5.2_amd64.deb").touch()
    found = newest_darktable.download(cache, Step(""))
    assert [path.name for path in found] == ["darktable_5.4_amd64.deb", "libc6_2_amd64.deb"]
    assert sorted(cache.iterdir()) == found
    asked = (programs / "log").read_text().splitlines()
    assert [line.split("--quiet=2 ")[-1] for line in asked[1:]] == [
        "update",
        "--print-uris install " + " ".join(newest_darktable.WANTED),
        "download darktable libc6",
    ]
    assert not any(Path(line.split()[1]).exists() for line in asked[1:]), "apt's folder is left"


def test_packages_are_unpacked_side_by_side(tmp_path: Path) -> None:
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not installed")
    archives = []
    for name in ("one", "two"):
        (tmp_path / name / "DEBIAN").mkdir(parents=True)
        control = f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n"
        (tmp_path / name / "DEBIAN" / "control").write_text(control, encoding="ascii")
        for path in (f"usr/lib/here/blas/{name}", f"usr/share/doc/{name}", "etc/own"):
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).touch()
        command = ["dpkg-deb", "--build", str(tmp_path / name), str(tmp_path / f"{name}.deb")]
        subprocess.run(command, check=True, capture_output=True)
        archives.append(tmp_path / f"{name}.deb")
    root = tmp_path / "root"
    newest_darktable.unpack(archives, root)
    (root / "usr/lib/here/blas/libblas.so.3").touch()
    newest_darktable.settle(root)
    assert {path.name for path in (root / "usr/lib/here/blas").iterdir()} > {"one", "two"}
    assert (root / "lib/here/libblas.so.3").samefile(root / "usr/lib/here/blas/libblas.so.3")
    assert not (root / "usr/share/doc").exists()
    archives[0].write_bytes(b"no package")
    with pytest.raises(StepFailed, match="could not be unpacked"):
        newest_darktable.unpack(archives, tmp_path / "again")


@pytest.mark.parametrize(
    ("name", "source", "sentence"),
    [
        ("dpkg-deb", None, "This system has no dpkg-deb."),
        ("unshare", "import sys; sys.exit(1)", "lets no program have mounts of its own."),
        ("apt-get", NO_NETWORK, "no mirror of Debian"),
        ("apt-get", APT + f"else: {NO_NETWORK}", "check the network connection."),
        ("apt-get", APT, "A program of Debian unstable does not start."),
    ],
)
def test_what_cannot_be_is_a_sentence_and_leaves_nothing(
    name: str, source: str | None, sentence: str,
    programs: Path, program: Program, checkout: Path, console: Console, said: Callable[[], str],
) -> None:  # fmt: skip
    if source is None:
        (programs / name).unlink()
    else:
        program(name, source)
    assert newest_darktable.prepare(console, checkout) is False
    last = said().splitlines()[-1]
    assert last.startswith("The newest darktable is not prepared. ")
    assert sentence in last and last.endswith(newest_darktable.SKIPPED)
    assert not folder_of(checkout).exists()


def test_a_full_disk_is_a_sentence(
    programs: Path, checkout: Path, console: Console, said: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(newest_darktable, "NEEDED_BYTES", 10**18)
    assert newest_darktable.prepare(console, checkout) is False
    assert "GB are free on the disk" in said()


def test_what_is_prepared_stays_until_it_is_made_otherwise(
    programs: Path, program: Program, checkout: Path, console: Console, said: Callable[[], str]
) -> None:
    program("apt-get", NO_NETWORK)
    stamp = {"version": "5.4.1", "digest": newest_darktable._digest(checkout)}
    path = folder_of(checkout) / newest_darktable.STAMP
    path.write_text(json.dumps(stamp), encoding="utf-8")
    assert newest_darktable.prepare(console, checkout) is True
    assert said() == "darktable 5.4.1 is prepared already.\n"
    path.write_text(json.dumps(stamp | {"digest": "another"}), encoding="utf-8")
    assert newest_darktable.prepare(console, checkout) is False
    path.parent.mkdir()
    path.write_text(json.dumps(stamp), encoding="utf-8")
    assert newest_darktable.prepare(console, checkout, fresh=True) is False
