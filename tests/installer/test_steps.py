"""Steps: what they say on a terminal and elsewhere, and how programs are run."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sidelight_installer.steps import (
    OUTPUT_LINES,
    Console,
    StepFailed,
    clean_environment,
    elapsed,
    run,
)


def python(source: str) -> list[str | Path]:
    return [sys.executable, "-c", source]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (125, "2 min 5 s")]
)
def test_elapsed(seconds: float, text: str) -> None:
    assert elapsed(seconds) == text


def test_plain_output_has_a_line_before_and_after(
    console: Console, said: Callable[[], str]
) -> None:
    with console.step("Copying"):
        assert said() == "Copying ...\n"
    assert said() == "Copying ...\n  done (0 s)\n"


def test_a_long_plain_step_shows_that_it_lives() -> None:
    stream = io.StringIO()
    console = Console(stream, interactive=False, sign_of_life_s=0.01)
    with console.step("Waiting") as step:
        step.note("two  of\nfour")
        deadline = time.monotonic() + 5
        while "two of four" not in stream.getvalue():
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_terminal_has_one_moving_line() -> None:
    stream = io.StringIO()
    console = Console(stream, interactive=True)
    with console.step("Copying") as step:
        step.note("a.dng")
        time.sleep(0.4)
        step.result = "done, 3 files"
    text = stream.getvalue()
    assert "Copying  0 s  a.dng" in text
    assert text.count("\n") == 1
    assert text.endswith("\r\x1b[KCopying: done, 3 files (0 s)\n")


@pytest.mark.parametrize(("error", "word"), [(StepFailed("no"), "failed"), (OSError(), "stopped")])
def test_a_step_that_ends_early_says_so(
    error: Exception, word: str, console: Console, said: Callable[[], str]
) -> None:
    with pytest.raises(type(error)), console.step("Copying"):
        raise error
    assert said().endswith(f"  {word} (0 s)\n")


def test_ci_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Console(Terminal()).interactive
    monkeypatch.setenv("CI", "true")
    assert not Console(Terminal()).interactive


def test_a_failure_ends_with_what_helps(console: Console, said: Callable[[], str]) -> None:
    output = "\n".join(f"line {number}" for number in range(OUTPUT_LINES + 60))
    console.failed(StepFailed("It did not work.", "Do this.", output))
    lines = said().splitlines()
    assert lines[0] == "  ... 60 earlier lines left out"
    assert lines[-4:] == [f"  line {OUTPUT_LINES + 59}", "", "It did not work.", "Do this."]


def test_run_captures_both_streams_and_the_code() -> None:
    code, printed = run(python("import sys; print('a'); sys.stderr.write('b'); sys.exit(3)"))
    assert code == 3
    assert sorted(printed) == ["\n", "a", "b"]


def test_run_keeps_errors_apart_from_data() -> None:
    lines: list[str] = []
    source = "import sys; sys.stderr.write('warning\\n'); print('data')"
    code, printed = run(python(source), on_line=lines.append, errors_apart=True)
    assert (code, lines) == (0, ["data"])
    assert printed == "data\nwarning\n"


def test_run_gives_no_input() -> None:
    assert run(python("print(input())"))[0] == 1


def test_a_program_that_is_missing_is_a_result(tmp_path: Path) -> None:
    code, printed = run([tmp_path / "nothing"])
    assert code == 127
    assert printed.endswith("No such file or directory")


def test_bytes_that_are_not_text_do_no_harm() -> None:
    code, printed = run(python("import sys; sys.stdout.buffer.write(b'a\\xff\\n')"))
    assert (code, printed) == (0, "a\N{REPLACEMENT CHARACTER}\n")


def test_a_stopped_run_ends_the_program(tmp_path: Path) -> None:
    def stop(line: str) -> None:
        (tmp_path / "pid").write_text(line)
        raise KeyboardInterrupt

    source = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(python(source), on_line=stop)
    assert time.monotonic() - start < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_other_pythons_do_not_reach_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    env = clean_environment()
    assert "PYTHONPATH" not in env
    assert "VIRTUAL_ENV" not in env
    assert env["PIP_USER"] == "0"
    assert env["PATH"] == os.environ["PATH"]
