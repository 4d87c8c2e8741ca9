"""Steps: a sentence per long action, with progress, and what helps when it fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

OUTPUT_LINES = 100
"""Lines of a failed program's output that are shown."""

SIGN_OF_LIFE_S = 60.0
"""How often a long step says that it still runs where there is no terminal."""

_SPINNER = "|/-\\"
_TICK_S = 0.12


class StepFailed(Exception):
    """Raised when a step did not work.

    Attributes:
        sentence: What went wrong.
        advice: What helps, or an empty string.
        output: What the program printed, or an empty string.
        code: The exit code to leave with.
        lines: How many lines of the output are worth showing.
    """

    def __init__(
        self,
        sentence: str,
        advice: str = "",
        output: str = "",
        code: int = 1,
        lines: int = OUTPUT_LINES,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.advice = advice
        self.output = output
        self.code = code
        self.lines = lines


class Step:
    """A running step; `note` sets the short text that is shown beside its sentence."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        self.detail = ""
        self.result = ""

    def note(self, detail: str) -> None:
        """Show a short text beside the sentence while the step runs."""
        self.detail = " ".join(detail.split())


class Console:
    """Where steps are shown: one moving line on a terminal, plain lines elsewhere."""

    def __init__(
        self,
        stream: TextIO | None = None,
        interactive: bool | None = None,
        sign_of_life_s: float = SIGN_OF_LIFE_S,
    ) -> None:
        self.stream = stream or sys.stdout
        dumb = os.environ.get("TERM") == "dumb" or bool(os.environ.get("CI"))
        self.interactive = (
            (self.stream.isatty() and not dumb) if interactive is None else interactive
        )
        self._sign_of_life_s = sign_of_life_s

    def say(self, text: str = "") -> None:
        """Print a line."""
        self._write(text + "\n")

    def failed(self, failure: StepFailed) -> None:
        """Print a failure: the program's last lines, what went wrong, what helps."""
        lines = failure.output.rstrip().splitlines()
        if len(lines) > failure.lines:
            self.say(f"  ... {len(lines) - failure.lines} earlier lines left out")
        for line in lines[-failure.lines :]:
            self.say(f"  {line}")
        if lines:
            self.say()
        self.say(failure.sentence)
        if failure.advice:
            self.say(failure.advice)

    @contextmanager
    def step(self, sentence: str) -> Iterator[Step]:
        """Show a sentence, elapsed time and the step's note until the block ends."""
        step = Step(sentence)
        start = time.monotonic()
        over = threading.Event()
        if not self.interactive:
            self.say(f"{sentence} ...")
        show = self._spin if self.interactive else self._signs_of_life
        ticker = threading.Thread(target=show, args=(step, start, over), daemon=True)
        ticker.start()
        ended = "stopped"
        try:
            yield step
            ended = step.result or "done"
        except StepFailed:
            ended = "failed"
            raise
        finally:
            over.set()
            ticker.join()
            took = elapsed(time.monotonic() - start)
            if self.interactive:
                self._write(f"\r\x1b[K{sentence}: {ended} ({took})\n")
            else:
                self.say(f"  {ended} ({took})")

    def _spin(self, step: Step, start: float, over: threading.Event) -> None:
        turn = 0
        while not over.wait(_TICK_S):
            turn += 1
            took = elapsed(time.monotonic() - start)
            text = f"{_SPINNER[turn % len(_SPINNER)]} {step.sentence}  {took}  {step.detail}"
            self._write("\r\x1b[K" + text[: shutil.get_terminal_size().columns - 1])

    def _signs_of_life(self, step: Step, start: float, over: threading.Event) -> None:
        while not over.wait(self._sign_of_life_s):
            took = elapsed(time.monotonic() - start)
            self.say(f"  {took}" + (f": {step.detail}" if step.detail else " so far"))

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def elapsed(seconds: float) -> str:
    """Return a duration as people say it: `7 s`, `2 min 5 s`."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
    errors_apart: bool = False,
) -> tuple[int, str]:
    """Run a program without input and capture what it prints.

    Args:
        command: Program and arguments.
        cwd: Folder to run it in.
        env: Its environment; ours, cleaned by `clean_environment`, when None.
        on_line: Called with each line of its standard output as it arrives.
        errors_apart: Keep standard error away from `on_line`, for programs that print data.

    Returns:
        The exit code, and all it printed, standard error last when it is kept apart. A program
        that cannot be started gives code 127 and the reason.
    """
    words = [str(word) for word in command]
    lines: list[str] = []
    with tempfile.TemporaryFile() as aside:
        try:
            process = subprocess.Popen(
                words,
                cwd=cwd,
                env=dict(env) if env is not None else clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=aside if errors_apart else subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            return 127, f"{words[0]}: {error.strerror or error}"
        with process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    lines.append(line)
                    if on_line is not None:
                        on_line(line.rstrip("\n"))
            except BaseException:
                process.terminate()
                raise
        aside.seek(0)
        printed = "".join(lines) + aside.read().decode("utf-8", "replace")
    return process.returncode, printed


def clean_environment() -> dict[str, str]:
    """Return the environment for programs of the private environment.

    What the caller's shell says about other Pythons is left out, so that neither an activated
    environment nor `PYTHONPATH` reaches into ours.
    """
    strange = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    kept = {name: value for name, value in os.environ.items() if name not in strange}
    return kept | {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_USER": "0",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
