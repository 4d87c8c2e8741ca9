"""The daemon's log: private, bounded, and silent about what is nobody's business.

Unless asked to be verbose it names photos without their folders; it never holds the token.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

from sidelight.paths import make_private
from sidelight.workflows.printable import printable

MAX_BYTES = 2_000_000
FILES = 5
NAME = "sidelight.log"

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_QUOTED = re.compile(r"""(['"])(?:[A-Za-z]:)?[\\/](?:[^'"\n]*[\\/])?([^'"\\/\n]*)\1""")
_PLAIN = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:)?[\\/]{1,2}(?:[^\s'\"\\/]+[\\/])+([^\s'\"\\/]*)")
_POSITION = re.compile(r"(?i)\bgps\w*\s*[=:]\s*[^;\n]*")

_log = logging.getLogger("sidelight")


class PrivateFormatter(logging.Formatter):
    """Takes secrets out of each line, and folders as well unless verbose."""

    def __init__(self, *, verbose: bool = False) -> None:
        super().__init__(_FORMAT)
        self._verbose = verbose
        self._secrets: set[str] = set()
        self._folders: set[str] = set()

    def hide_secret(self, text: str) -> None:
        """Never let `text` appear."""
        if text:
            self._secrets.add(text)

    def hide_folder(self, folder: Path) -> None:
        """Let paths below `folder` appear by name only, whatever characters they hold."""
        self._folders.add(printable(str(folder)))

    def formatMessage(self, record: logging.LogRecord) -> str:
        # One entry is one line, and no name steers the terminal on which the log is shown.
        record.message = printable(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        text = printable(super().format(record), keep="\n")
        for secret in self._secrets:
            text = text.replace(secret, "[hidden]")
        text = _POSITION.sub("[position]", text)
        if self._verbose:
            return text
        for folder in sorted(self._folders, key=len, reverse=True):
            below = re.escape(folder) + r"(?:[\\/](?:[^'\"\n:]*[\\/])?)?"
            text = re.sub(below, "…/", text)
        text = _QUOTED.sub(r"\1…/\2\1", text)
        return _PLAIN.sub(r"…/\1", text)


class _PrivateFile(RotatingFileHandler):
    def _open(self) -> IO[str]:  # type: ignore[override]
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(self.baseFilename, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
        if os.name == "posix":
            os.fchmod(descriptor, 0o600)
        return os.fdopen(descriptor, self.mode, encoding=self.encoding, errors="backslashreplace")


def start_log(folder: Path, *, verbose: bool = False) -> PrivateFormatter:
    """Log to `folder`, and warnings to the terminal; return what hides secrets.

    Args:
        folder: Made private.
        verbose: Name folders, and log more.

    Raises:
        OSError: The log cannot be written.
    """
    formatter = PrivateFormatter(verbose=verbose)
    file = _PrivateFile(
        make_private(folder) / NAME, maxBytes=MAX_BYTES, backupCount=FILES - 1, encoding="utf-8"
    )
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(logging.INFO if sys.stderr.isatty() else logging.WARNING)
    root = logging.getLogger()
    stop_log()
    for handler in (file, screen):
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(logging.INFO)
    _log.setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.raiseExceptions = False
    return formatter


def stop_log() -> None:
    """Close what `start_log` opened."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler.formatter, PrivateFormatter):
            root.removeHandler(handler)
            handler.close()
