"""Our marked block in `luarc`, the file of the user's that tells darktable which scripts to load.

What is outside the block stays as it is, to the byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sidelight.errors import SidelightError
from sidelight.workflows.setup.plain_files import check_unchanged, write_file
from sidelight_xmp.files import Snapshot, read_snapshot

MODULE = "sidelight/sidelight"
"""What is required, as `require` knows it."""

_BEGIN = b"-- sidelight begin"
_END = b"-- sidelight end"
_LINES = (
    _BEGIN + b" (`sidelight setup darktable --remove` takes these lines out again)",
    b"do",
    b'  local loaded, problem = pcall(require, "%s")' % MODULE.encode(),
    b"  if not loaded then",
    b'    print("sidelight: " .. tostring(problem))',
    b"  end",
    b"end",
    _END,
)
_BOM = b"\xef\xbb\xbf"
_BY_HAND = f'pcall(require, "{MODULE}")'


@dataclass(frozen=True)
class Luarc:
    """A `luarc` as it was read.

    Attributes:
        path: Where it is.
        data: Its content, empty when it is not there.
        found: Its identity; None when it is not there, or a link, which is never written to.
        is_link: Whether it is a link to another file, as those who keep their settings elsewhere
            have it.
    """

    path: Path
    data: bytes
    found: Snapshot | None
    is_link: bool

    @classmethod
    def read(cls, path: Path) -> Luarc:
        """Read a luarc.

        Raises:
            SidecarError: It is not a file.
            OSError: It cannot be read.
        """
        if path.is_symlink():
            return cls(path, path.read_bytes() if path.is_file() else b"", None, True)
        found = read_snapshot(path)
        return cls(path, found.data if found else b"", found, False)

    @property
    def loads_us(self) -> bool:
        """Whether a line that is no comment names our plug-in."""
        lines = map(bytes.strip, self.data.splitlines())
        return any(MODULE.encode() in line for line in lines if not line.startswith(b"--"))

    def with_block(self) -> bytes:
        """Return the content that `write` is to be given so that our plug-in is loaded.

        Raises:
            SidelightError: It cannot be done; says what can.
        """
        if not self.is_link:
            return with_block(self.data)
        if self.loads_us:
            return self.data
        raise SidelightError(
            "luarc is a link to another file, so it was left alone; "
            f"add the line {_BY_HAND} to that file and run this again"
        )

    def write(self, data: bytes) -> bool:
        """Write other content; False when it is the same.

        Raises what `write_file` does.
        """
        if data == self.data:
            return False
        write_file(self.path, data, self.found)
        return True

    def remove(self) -> None:
        """Delete the file.

        Raises:
            SidelightError: It was changed since it was read.
            OSError: The file system refuses.
        """
        check_unchanged(self.path, self.found)
        self.path.unlink()


def with_block(luarc: bytes) -> bytes:
    """Return a luarc that loads our plug-in; the same bytes when it does so already.

    A new block comes first: after the user's own lines a `return` at their end would make it a
    syntax error, and an error among them would keep it from running.

    Raises:
        SidelightError: The file is not text, or a block in it has lost its end.
    """
    if b"\0" in luarc:
        raise SidelightError("luarc is not a text file, so it was left alone")
    newline = _newline(luarc)
    block = newline.join(_LINES) + newline
    spans = _spans(luarc)
    at = spans[0][0] if spans else _start(luarc)
    rest = without_block(luarc)
    head = rest[:at]
    if head not in (b"", _BOM) and not head.endswith((b"\n", b"\r")):
        head += newline
    return head + block + rest[at:]


def without_block(luarc: bytes) -> bytes:
    """Return a luarc that does not load our plug-in.

    Raises:
        SidelightError: A block in it has lost its end.
    """
    kept, last = [], 0
    for start, end in _spans(luarc):
        kept.append(luarc[last:start])
        last = end
    return b"".join(kept) + luarc[last:]


def _spans(luarc: bytes) -> list[tuple[int, int]]:
    spans, start, at = [], None, len(_BOM) if luarc.startswith(_BOM) else 0
    for line in luarc[at:].splitlines(keepends=True):
        text = line.strip()
        if text.startswith(_BEGIN):
            if start is not None:
                raise _unfinished()
            start = at
        at += len(line)
        if text == _END and start is not None:
            spans.append((start, at))
            start = None
    if start is not None:
        raise _unfinished()
    return spans


def _unfinished() -> SidelightError:
    return SidelightError(
        f"the line `{_BEGIN.decode()}` in luarc has no line `{_END.decode()}` after it, "
        "so luarc was left alone; take our lines out by hand"
    )


def _start(luarc: bytes) -> int:
    """Where the first statement may stand: Lua skips a byte order mark and a first line with #."""
    at = len(_BOM) if luarc.startswith(_BOM) else 0
    if luarc.startswith(b"#", at):
        end = luarc.find(b"\n", at)
        return len(luarc) if end < 0 else end + 1
    return at


def _newline(luarc: bytes) -> bytes:
    found = re.search(rb"\r\n|\n|\r", luarc)
    return found[0] if found else b"\n"
