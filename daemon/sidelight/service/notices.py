"""What does not work as it should, said once for each folder rather than for each photo."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

MOST = 100

_log = logging.getLogger(__name__)


class Notices:
    """Sentences by subject; thread-safe, and bounded however many folders there are."""

    def __init__(self) -> None:
        self._sentences: OrderedDict[object, str] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, subject: object, sentence: str) -> None:
        """Say something about a subject; what was said before about it is replaced."""
        with self._lock:
            is_new = self._sentences.get(subject) != sentence
            self._sentences[subject] = sentence
            if len(self._sentences) > MOST:
                self._sentences.popitem(last=False)
        if is_new:
            _log.warning("%s", sentence)

    def withdraw(self, subject: object) -> None:
        """A subject is fine again."""
        with self._lock:
            self._sentences.pop(subject, None)

    def all(self) -> tuple[str, ...]:
        """Return the sentences, each once, in the order they were first said."""
        with self._lock:
            return tuple(dict.fromkeys(self._sentences.values()))

    def after_job(
        self, photo: Path, results: Iterable[Mapping[str, Any]], held: Mapping[str, str]
    ) -> None:
        """Note a folder in which sidecars cannot be written, or can again.

        Args:
            photo: The job's.
            results: Of its editors.
            held: Editors whose catalog holds the photo: what waits for those is no trouble.
        """
        for result in results:
            status = result.get("status")
            if status == "waiting" and result.get("editor") not in held:
                reason = str(result.get("reason", "")).rstrip(".")
                self.add(photo.parent, f"{reason}; recipes wait for the editor's plug-in")
            elif status == "written":
                self.withdraw(photo.parent)
