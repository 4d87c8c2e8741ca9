"""`python3 installer test`: style, types, layers and tests, in one command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sidelight_installer import debian, environment, newest_darktable
from sidelight_installer.environment import Environment
from sidelight_installer.steps import Console, StepFailed, clean_environment, run
from sidelight_installer.wheel import check_wheel


@dataclass(frozen=True)
class Check:
    """A quick program that must pass: its name, its command, and what helps when it fails."""

    name: str
    command: tuple[str, ...]
    advice: str


CHECKS = (
    Check("ruff check", ("ruff", "check", "."), "`ruff check --fix` mends much of this."),
    Check("ruff format", ("ruff", "format", "--check", "."), "`ruff format` writes it as wanted."),
    Check("mypy", ("mypy",), "The lines above name file, line and type."),
    Check(
        "mypy of the installer",
        ("mypy", "installer/sidelight_installer"),
        "The lines above name file, line and type.",
    ),
    Check(
        "lint-imports",
        ("lint-imports",),
        "A module imports from a layer above its own; docs/architecture.md has the layers.",
    ),
)

TWO_WORKERS = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""Each file of tests in one of two processes, in the order in which they were collected."""


def test(
    console: Console,
    checkout: Path,
    *,
    fresh: bool = False,
    fast: bool = False,
    wheel: bool = False,
    learn: bool = False,
    newest: bool = False,
    words: Sequence[str] = (),
) -> int:
    """Install what the tests need and run every check, pytest last.

    All of them run even when an early one fails, so that one run shows everything.

    Args:
        console: Where to say what happens.
        checkout: Root of the source tree.
        fresh: Build the environment anew.
        fast: Leave out tests marked slow.
        wheel: Also check a wheel in an empty environment.
        learn: Also install torch and test what runs on it; else those tests are skipped.
        newest: Also make the newest darktable available; without it, or where that cannot be,
            the tests that need it are skipped.
        words: Further arguments for pytest, which then runs in one process: few tests are meant,
            or a debugger.

    Returns:
        The exit code of the first check that failed, or 0.

    Raises:
        StepFailed: The environment cannot be made.
    """
    debian.install_missing(console)
    made = environment.prepare(console, checkout, for_tests=True, fresh=fresh)
    if learn:
        environment.install_extra(console, made, checkout, "learn")
    if newest:
        newest_darktable.prepare(console, checkout, fresh=fresh)
    failures = [code for check in CHECKS if (code := run_check(console, made, checkout, check))]
    if wheel and (code := _wheel(console, made, checkout)):
        failures.append(code)
    further = [*(() if words else TWO_WORKERS), *(("-m", "not slow") if fast else ()), *words]
    command = [str(made.python), "-m", "pytest", *further]
    console.say("Running pytest")
    code = run_pytest(console, command, checkout, bool(failures))
    return [*failures, code][0]


def run_check(console: Console, made: Environment, checkout: Path, check: Check) -> int:
    """Run one check; show its output only when it fails, and return its exit code."""
    program, *arguments = check.command
    try:
        with console.step(check.name):
            status, printed = run([made.script(program), *arguments], cwd=checkout)
            if status:
                raise StepFailed(f"{check.name} failed.", check.advice, printed, status)
    except StepFailed as failure:
        console.failed(failure)
        return failure.code
    return 0


def _wheel(console: Console, made: Environment, checkout: Path) -> int:
    try:
        check_wheel(console, made, checkout)
    except StepFailed as failure:
        console.failed(failure)
        return failure.code
    return 0


def run_pytest(console: Console, command: list[str], checkout: Path, failed_before: bool) -> int:
    """Run pytest in view, so that its summary is the last thing printed; return its exit code.

    When an earlier check failed, that is said once more just above the summary's last line,
    which alone would read as if all were well.
    """
    env = clean_environment()
    if not failed_before:
        console.stream.flush()
        return subprocess.run(
            command, cwd=checkout, env=env, stdin=subprocess.DEVNULL, check=False
        ).returncode
    colour = console.stream.isatty() and not os.environ.get("NO_COLOR")
    held: list[str] = []

    def on_line(line: str) -> None:
        if held:
            console.say(held.pop())
        held.append(line)

    status, _ = run([*command, *(["--color=yes"] if colour else [])], cwd=checkout, on_line=on_line)
    console.say("A check before the tests failed; see above.")
    for line in held:
        console.say(line)
    return status
