"""The private virtual environment of a checkout, in `.environment/`."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sidelight_installer.steps import OUTPUT_LINES, Console, StepFailed, run

FOLDER = ".environment"
STAMP = "sidelight-installed.json"
NEEDED_BYTES = 1_500_000_000
"""Free space to ask for before an installation; the test tools are the larger part."""

LINES_OF_A_KNOWN_FAILURE = 4
"""Lines of pip's output that are shown when a sentence says the same better."""

NO_NETWORK = (
    "The Python packages could not be downloaded: there is no network, or a proxy or name server "
    "is missing. Check the connection (behind a proxy, set HTTPS_PROXY) and run the command again; "
    "what was downloaded already is kept."
)
NO_TRUST = (
    "The package server's certificate is not trusted, as happens behind a company proxy. "
    "Set PIP_CERT to the file with the company's certificate and run the command again."
)
NO_SPACE = "The disk is full. Free about 1.5 GB and run the command again."
NO_RIGHTS = "A file may not be written. Check that this folder belongs to you and is not read-only."
NO_VERSION = (
    "A package has no version for this Python and system. Use Python 3.11 to 3.13 on a 64-bit "
    "Linux, macOS or Windows, then run the command again with --fresh."
)
NO_COMPILER = (
    "A package had to be compiled because it has no ready-made file for this Python and system. "
    "Use Python 3.11 to 3.13 on a 64-bit system, then run the command again with --fresh."
)
DAMAGED = "Run the command again with --fresh, which builds the environment anew."

# First match wins: pip ends a failed download with "no matching distribution" as well.
_ADVICE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (NO_SPACE, ("No space left on device", "not enough space on the disk", "Errno 28")),
    (NO_TRUST, ("CERTIFICATE_VERIFY_FAILED", "certificate verify failed")),
    (
        NO_NETWORK,
        (
            "Temporary failure in name resolution",
            "Name or service not known",
            "nodename nor servname provided",
            "getaddrinfo failed",
            "Network is unreachable",
            "No route to host",
            "Failed to establish a new connection",
            "NewConnectionError",
            "Connection refused",
            "Connection reset",
            "Connection broken",
            "Cannot connect to proxy",
            "ProxyError",
            "Read timed out",
            "ReadTimeoutError",
            "ConnectTimeoutError",
            "Max retries exceeded",
        ),
    ),
    (NO_RIGHTS, ("Permission denied", "Read-only file system", "Access is denied")),
    (NO_COMPILER, ("Failed building wheel", "error: command 'gcc'", "Microsoft Visual C++")),
    (NO_VERSION, ("No matching distribution found", "requires a different Python")),
)


@dataclass(frozen=True)
class Environment:
    """A virtual environment in a folder, which need not exist yet."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.script("python")

    def script(self, name: str) -> Path:
        """Return the path of a program in it."""
        if os.name == "nt":
            return self.folder / "Scripts" / f"{name}.exe"
        return self.folder / "bin" / name

    def works(self) -> bool:
        """Whether its interpreter starts, is the version that runs us, and has pip.

        An upgrade of the system's Python leaves environments behind whose interpreter is gone.
        """
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        code = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
        status, printed = run([self.python, "-I", "-c", code])
        return status == 0 and printed.split()[-1:] == [version]


def prepare(
    console: Console, checkout: Path, *, for_tests: bool = False, fresh: bool = False
) -> Environment:
    """Make `.environment/` and install the checkout into it, unless that is done already.

    For tests the source tree itself is installed (editable) with the `test` extra; otherwise a
    copy of it. An environment made for tests serves both.

    Raises:
        StepFailed: It cannot be made; the advice says what helps.
    """
    environment = Environment(checkout / FOLDER)
    if fresh:
        remove(console, environment)
    if not environment.works():
        remove(console, environment)
        check_space(checkout)
        create(console, environment)
    install(console, environment, checkout, for_tests=for_tests)
    return environment


def create(console: Console, environment: Environment) -> None:
    """Make an empty virtual environment with pip.

    Raises:
        StepFailed: Python's parts for it are missing, or the folder cannot be written.
    """
    check_ensurepip()
    with console.step("Making a private Python environment"):
        command: list[str | Path] = [sys.executable, "-m", "venv", "--clear", environment.folder]
        status, printed = run(command)
        if status:
            raise StepFailed(
                f"The environment {environment.folder} could not be made.",
                advice_for(printed) or _ensurepip_advice(),
                printed,
            )


def install(console: Console, environment: Environment, checkout: Path, *, for_tests: bool) -> None:
    """Install the checkout, unless the environment's stamp says that nothing changed."""
    stamp = environment.folder / STAMP
    wanted = stamp_of(checkout, for_tests=for_tests)
    if satisfies(_read_stamp(stamp), wanted, stamp_of(checkout, for_tests=True)):
        console.say("Sidelight is installed already.")
        return
    stamp.unlink(missing_ok=True)
    target = ["--editable", f"{checkout}[test]"] if for_tests else ["--upgrade", str(checkout)]
    what = "Sidelight and what its tests need" if for_tests else "Sidelight and what it needs"
    with console.step(f"Installing {what} (some minutes the first time)") as step:
        pip(environment, target, step.note, "Sidelight could not be installed.")
    stamp.write_text(json.dumps(wanted), encoding="utf-8")


def install_extra(console: Console, environment: Environment, checkout: Path, extra: str) -> None:
    """Install what an optional extra of the checkout adds.

    Raises:
        StepFailed: pip failed.
    """
    target = ["--editable", f"{checkout}[{extra}]"]
    with console.step(f"Installing the extra [{extra}] (large)") as step:
        pip(environment, target, step.note, f"The extra [{extra}] could not be installed.")


def pip(
    environment: Environment, words: list[str], note: Callable[[str], None], sentence: str
) -> None:
    """Run `pip install` with the given words.

    Raises:
        StepFailed: pip failed; `sentence` says what did not happen.
    """
    command: list[str | Path] = [
        environment.python,
        "-m",
        "pip",
        "install",
        "--progress-bar",
        "off",
        *words,
    ]
    status, printed = run(command, on_line=note)
    if status:
        advice = advice_for(printed)
        # Where the cause is known, pip's many retries would only hide the sentence.
        lines = LINES_OF_A_KNOWN_FAILURE if advice else OUTPUT_LINES
        raise StepFailed(sentence, advice or DAMAGED, printed, lines=lines)


def remove(console: Console, environment: Environment) -> None:
    """Delete the environment's folder, refusing to delete anything that is not one.

    Raises:
        StepFailed: The folder is something else, or cannot be deleted.
    """
    folder = environment.folder
    if not folder.exists() and not folder.is_symlink():
        return
    if folder.is_symlink() or not (folder / "pyvenv.cfg").is_file():
        raise StepFailed(
            f"{folder} is not a Python environment of ours, so it is left alone.",
            "Move it away and run the command again.",
        )
    with console.step("Removing the old environment"):
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise StepFailed(
                f"{folder} could not be deleted: {error.strerror}.", NO_RIGHTS
            ) from error


def check_space(folder: Path, needed: int = NEEDED_BYTES) -> None:
    """Raise StepFailed when the disk of `folder` has less than `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StepFailed(
            f"Only {free / 1e9:.1f} GB are free on the disk of {folder}; "
            f"the installation needs about {needed / 1e9:.1f} GB.",
            "Free some space and run the command again.",
        )


def check_ensurepip() -> None:
    """Raise StepFailed when Python lacks the module that puts pip into an environment.

    Debian and its relatives ship it in a package of its own.
    """
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise StepFailed("This Python cannot make virtual environments.", _ensurepip_advice())


def _ensurepip_advice() -> str:
    if importlib.util.find_spec("ensurepip") is not None:
        return DAMAGED
    if shutil.which("apt-get"):
        name = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        return (
            "On Debian and Ubuntu its parts are a package of their own: run "
            f"`sudo apt install python3-venv` (or {name}), then the command again."
        )
    return "Install your system's package with Python's `venv` and `ensurepip`, then try again."


def advice_for(printed: str) -> str:
    """Return the sentence of what helps against a known failure of pip, or an empty string."""
    lowered = printed.lower()
    for sentence, signs in _ADVICE:
        if any(sign.lower() in lowered for sign in signs):
            return sentence
    return ""


def stamp_of(checkout: Path, *, for_tests: bool) -> dict[str, str]:
    """Return what an installation depends on.

    An editable one follows the source tree by itself, so only `pyproject.toml` and the version
    count; an installed copy depends on every source file.
    """
    files = [checkout / "pyproject.toml", checkout / "daemon/sidelight/__init__.py"]
    if not for_tests:
        for package in ("daemon/sidelight", "xmp/sidelight_xmp"):
            files += sorted(
                path
                for path in (checkout / package).rglob("*")
                if path.is_file() and "__pycache__" not in path.parts
            )
    digest = hashlib.sha256(str(checkout).encode())
    for path in files:
        digest.update(path.relative_to(checkout).as_posix().encode() + b"\0")
        if path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return {"for": "tests" if for_tests else "use", "digest": digest.hexdigest()}


def satisfies(
    found: dict[str, str] | None, wanted: dict[str, str], for_tests: dict[str, str]
) -> bool:
    """Whether what is installed serves: the same thing, or the current test installation."""
    return found is not None and found in (wanted, for_tests)


def _read_stamp(path: Path) -> dict[str, str] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
