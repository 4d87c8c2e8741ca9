"""Photos that a client names by path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sidelight.errors import PhotoPathError
from sidelight.service.core import Core
from sidelight.service.photo_paths import check_photo_path, is_plain_path, root_of
from sidelight.service.problem import ProblemError


@dataclass(frozen=True)
class NamedPhoto:
    """A photo that may be opened.

    Attributes:
        path: As spelled from its root.
        inside: The folder it must still lie in when it is opened.
    """

    path: Path
    inside: Path


async def find_named(core: Core, texts: Sequence[str]) -> list[NamedPhoto]:
    """Return the photos that a client names, all or none.

    Raises:
        ProblemError: A text is no plain path (`photo_path`), or there is no such photo in what is
            watched (`no_such_photo`); missing and forbidden ones cannot be told apart.
        StateError: The roots cannot be read.
    """
    for place, text in enumerate(texts):
        if not is_plain_path(text):
            raise _problem("photo_path", place, len(texts))
    watched = await core.threads.in_store(core.roots.list)
    folders = [root.path for root in watched if root.kind == "folder"] + core.granted.list()
    return await core.threads.in_files(_check, core, texts, folders)


def _check(core: Core, texts: Sequence[str], folders: list[Path]) -> list[NamedPhoto]:
    found = []
    for place, text in enumerate(texts):
        try:
            path = check_photo_path(text, folders, lambda path: bool(core.holders.holders(path)))
        except PhotoPathError:
            raise _problem("no_such_photo", place, len(texts)) from None
        found.append(NamedPhoto(path, root_of(path, folders) or path.parent))
    return found


def _problem(code: str, place: int, count: int) -> ProblemError:
    problem = ProblemError(code)
    return ProblemError(code, f"photo {place + 1}: {problem.detail}") if count > 1 else problem
