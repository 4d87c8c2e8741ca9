"""The newest darktable, from Debian unstable, in a folder beside the system's own.

The packages are only unpacked, into `.environment/newest-darktable/root`: no package script runs,
nothing is mounted, nothing of the system changes, and no right of root is needed. `bin` beside it
holds programs that enter that tree (`newest_darktable_enter.sh`); put first on the PATH, they
take the place of the system's darktable.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sidelight_installer import debian, environment
from sidelight_installer.steps import Console, Step, StepFailed, run

FOLDER = "newest-darktable"
"""Its folder below the private environment."""

STAMP = "prepared.json"
PROGRAMS = ("darktable", "darktable-cli", "dbus-run-session")
NEEDED_PROGRAMS = ("apt-get", "dpkg-deb", "unshare", "mount", "chroot")
NEEDED_BYTES = 1_200_000_000

RELEASE = "sid"
WANTED = ("darktable", "dbus-x11", "base-files", "coreutils", "dash", "libc-bin")
"""dbus-x11 satisfies a dependency that would bring systemd; the last three are what darktable's
own scripts call, and the locale C.UTF-8."""

LEFT_OUT = ("libllvm*", "libz3-*", "mesa-libgallium", "iso-codes", "proj-data")
"""Dependencies that darktable never opens here: drivers of graphics cards, names of languages,
map projections. They are a quarter of the bytes and take as much of the time."""

SKIPPED = "The tests that need it are skipped, and the summary counts them."

_NOT_READ = ("doc", "help", "info", "locale", "man")
_HERE = Path(__file__).parent
_ENTER, _LEAVE = (_HERE / f"newest_darktable_{name}.sh" for name in ("enter", "leave"))

_APT_CONFIG = """\
#clear APT::Update::Post-Invoke;
#clear DPkg::Post-Invoke;
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::GzipIndexes "false";
Acquire::Languages "none";
APT::Install-Recommends "false";
APT::Update::Error-Mode "any";
APT::Sandbox::User "root";
Debug::NoLocking "true";
"""


def prepare(console: Console, checkout: Path, *, fresh: bool = False) -> bool:
    """Make the folder, unless it is there; a failure is said in a sentence and never raised.

    Args:
        console: Where to say what happens.
        checkout: Root of the source tree; its `.environment/` must be there.
        fresh: Make it anew.

    Returns:
        Whether the newest darktable is there and starts.
    """
    folder = checkout / environment.FOLDER / FOLDER
    found = _read_stamp(folder)
    if not fresh and found.get("digest") == _digest(checkout):
        console.say(f"darktable {found['version']} is prepared already.")
        return True
    try:
        shutil.rmtree(folder, ignore_errors=True)
        check_system(checkout)
        make(console, folder, checkout)
    except (StepFailed, OSError) as failure:
        shutil.rmtree(folder, ignore_errors=True)
        advice = failure.advice if isinstance(failure, StepFailed) else ""
        text = f"The newest darktable is not prepared. {failure} {advice}".rstrip()
        console.say(f"{text} {SKIPPED}")
        return False
    return True


def check_system(checkout: Path) -> None:
    """Raise StepFailed when a program, the right to mount or room on the disk is missing."""
    missing = [name for name in NEEDED_PROGRAMS if shutil.which(name) is None]
    if missing:
        raise StepFailed(f"This system has no {missing[0]}.")
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    status, _ = run(["unshare", "--mount", *as_root, "mount", "--rbind", "/dev", "/dev"])
    if status:
        raise StepFailed("This system lets no program have mounts of its own.")
    environment.check_space(checkout, NEEDED_BYTES)


def make(console: Console, folder: Path, checkout: Path) -> None:
    """Download, unpack and try out the newest darktable.

    Raises:
        StepFailed: One of these did not work.
        OSError: A file could not be written.
    """
    root = folder / "root"
    cache = cache_folder()
    with console.step("Downloading the newest darktable from Debian unstable") as step:
        archives = download(cache, step)
        step.result = f"done, {sum(path.stat().st_size for path in archives) / 1e6:.0f} MB"
    with console.step("Unpacking it") as step:
        unpack(archives, root)
        settle(root)
        add_programs(folder, checkout)
        version = _version(folder)
        stamp = {"version": version, "digest": _digest(checkout)}
        (folder / STAMP).write_text(json.dumps(stamp), encoding="utf-8")
        step.result = f"done, darktable {version}"


def cache_folder() -> Path:
    """Return the folder that keeps downloaded packages, so that a new checkout needs none."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "sidelight-installer" / "debian-packages"


def download(cache: Path, step: Step) -> list[Path]:
    """Download what darktable needs into `cache`, remove what it no longer needs, and return it.

    apt checks signatures and digests, of files that were there already too.

    Raises:
        StepFailed: There is no Debian mirror, or apt-get failed.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sidelight-apt-") as name:
        apt = Path(name)
        for part in ("state/lists/partial", "cache/archives/partial"):
            (apt / part).mkdir(parents=True)
        (apt / "status").touch()
        (apt / "sources.list").write_text(source_line(), encoding="utf-8")
        (apt / "apt.conf").write_text(_APT_CONFIG.format(folder=apt), encoding="utf-8")
        _apt(apt, cache, step, "update")
        wanted = wanted_files(_apt(apt, cache, step, "--print-uris", "install", *WANTED))
        _apt(apt, cache, step, "download", *(file.partition("_")[0] for file in wanted))
    for old in cache.glob("*.deb"):
        if old.name not in wanted:
            old.unlink()
    return [cache / file for file in wanted]


def source_line() -> str:
    """Return the line that names Debian unstable on the mirror this system uses.

    Raises:
        StepFailed: It uses none.
    """
    words = ("$(LABEL)", "$(REPO_URI)", "$(SIGNED_BY)")
    command = ["apt-get", "indextargets", "--format", "\t".join(words), "Created-By: Packages"]
    _, printed = run(command, errors_apart=True)
    return choose_source(printed)


def choose_source(printed: str) -> str:
    """Choose among lines of label, URI and key file, separated by tabs.

    apt leaves a word that it does not know as it is, the label too before its first update.
    """
    rows = [line.split("\t") for line in printed.splitlines() if line.count("\t") == 2]
    for label, uri, key in rows:
        named_so = label.startswith("$(") and uri.rstrip("/").endswith("/debian")
        if label == "Debian" or named_so:
            signed = "" if key.startswith("$(") or not key else f"[signed-by={key}] "
            return f"deb {signed}{uri} {RELEASE} main\n"
    raise StepFailed("This system's package sources have no mirror of Debian.")


def wanted_files(printed: str) -> list[str]:
    """Return the file names that apt-get prints with --print-uris, less what is left out."""
    files = re.findall(r"^'\S+' (\S+\.deb) \d+ ", printed, re.MULTILINE)
    return [file for file in files if not any(Path(file).match(f"{out}_*") for out in LEFT_OUT)]


def _apt(apt: Path, cwd: Path, step: Step, *words: str) -> str:
    command = ["apt-get", "--config-file", str(apt / "apt.conf"), "--quiet=2", *words]
    status, printed = run(command, cwd=cwd, on_line=step.note)
    if status:
        raise StepFailed("It could not be downloaded.", debian.advice_for(printed), printed)
    return printed


def unpack(archives: Iterable[Path], root: Path) -> None:
    """Unpack packages into `root`, which must not be there, several at a time.

    Raises:
        StepFailed: dpkg-deb failed.
    """
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = pool.map(lambda archive: run(["dpkg-deb", "--extract", archive, root]), archives)
        for status, printed in done:
            if status:
                raise StepFailed("A package could not be unpacked.", debian.advice_for(printed))


def settle(root: Path) -> None:
    """Do what the packages' own scripts would do, as far as darktable depends on it.

    Libraries of linear algebra are chosen among alternatives, and a user has a name.
    """
    for name in _NOT_READ:
        shutil.rmtree(root / "usr" / "share" / name, ignore_errors=True)
    for kind in ("blas", "lapack"):
        for library in root.glob(f"usr/lib/*/{kind}/lib{kind}.so.3"):
            (library.parent.parent / library.name).symlink_to(f"{kind}/{library.name}")
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="ascii")
    (root / "host").mkdir()


def add_programs(folder: Path, checkout: Path) -> None:
    """Write the programs that enter the tree, and bring up its tables of schemas and file types.

    Raises:
        StepFailed: A program of the tree does not start.
    """
    root = folder / "root"
    shutil.copy(_ENTER, folder / "enter")
    shutil.copy(_LEAVE, folder / "leave")
    (folder / "leave").chmod(0o755)
    _mount_point_of_python(root, checkout)
    (folder / "bin").mkdir()
    for name in PROGRAMS:
        path = folder / "bin" / name
        path.write_text(f'#!/bin/sh\nexec sh "{folder}/enter" {name} "$@"\n', encoding="utf-8")
        path.chmod(0o755)
    compiler = next(root.glob("usr/lib/*/glib-2.0/glib-compile-schemas"), root / "usr/bin/none")
    for words in (
        [f"/{compiler.relative_to(root)}", "/usr/share/glib-2.0/schemas"],
        ["update-mime-database", "/usr/share/mime"],
    ):
        status, printed = run(["sh", folder / "enter", *words])
        if status:
            raise StepFailed("A program of Debian unstable does not start.", _last_line(printed))


def _mount_point_of_python(root: Path, checkout: Path) -> None:
    """Note the interpreter of `.environment/`, which is called from within but runs outside.

    The way there leads over links, which must be within as well.
    """
    path = environment.Environment(checkout / environment.FOLDER).python
    while True:
        inside = root / path.relative_to("/")
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.unlink(missing_ok=True)
        if not path.is_symlink():
            break
        inside.symlink_to(path.readlink())
        path = Path(os.path.normpath(path.parent / path.readlink()))
    inside.touch()
    (root.parent / "python").write_text(f"{path}\n", encoding="utf-8")


def _version(folder: Path) -> str:
    status, printed = run([folder / "bin" / "darktable-cli", "--version"])
    found = re.search(r"\bdarktable(?:-cli)? (\d[\w.+~-]*)", printed)
    if status or found is None:
        raise StepFailed("darktable of Debian unstable does not start.", _last_line(printed))
    return found[1]


def _last_line(printed: str) -> str:
    lines = printed.strip().splitlines()
    return f"It said: {lines[-1]}." if lines else ""


def _digest(checkout: Path) -> str:
    """Return what the folder depends on: how it is made, and where it and the interpreter are."""
    digest = hashlib.sha256(f"{checkout} {Path(sys.executable).resolve()}".encode())
    for path in (Path(__file__), _ENTER, _LEAVE):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read_stamp(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and "version" in found else {}
