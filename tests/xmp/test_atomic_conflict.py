"""Another program writes the same sidecar: nothing of either is lost (S6)."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import pytest

from sidelight_xmp import (
    ConflictError,
    Packet,
    atomic,
    files,
    merge,
    read_properties,
    read_property,
    write_sidecar,
)
from sidelight_xmp.files import TEMP_SUFFIX


def _temps(folder: Path) -> list[Path]:
    return list(folder.rglob(f"*{TEMP_SUFFIX}"))


def test_conflict_keeps_the_other_programs_version(sidecar, kept, edit) -> None:
    """S6: three tries, then theirs stays."""
    count = 0

    def interrupted(existing: bytes | None) -> bytes:
        nonlocal count
        count += 1
        new = edit(5)(existing)
        sidecar.write_bytes(merge(existing, {"xmp:Label": f"theirs {count}"}))
        return new

    with pytest.raises(ConflictError, match="keeps changing"):
        write_sidecar(sidecar, interrupted, kept)
    assert count == 3
    packet = Packet.from_bytes(sidecar.read_bytes())
    assert read_property(packet, "xmp:Label") == "theirs 3"
    assert _temps(sidecar.parent) == []


def test_s6_one_interruption_is_merged(sidecar, kept, edit) -> None:
    """S6: a change that arrives between reading and replacing is merged, not lost."""
    interrupted = []

    def make_bytes(existing: bytes | None) -> bytes:
        new = edit(5)(existing)
        if not interrupted:
            interrupted.append(True)
            sidecar.write_bytes(merge(existing, {"xmp:Label": "theirs"}))
        return new

    result = write_sidecar(sidecar, make_bytes, kept)
    assert result.status == "written" and result.conflicts == 1
    packet = Packet.from_bytes(sidecar.read_bytes())
    assert read_property(packet, "xmp:Label") == "theirs"
    assert read_property(packet, "crs:Contrast2012") == "+5"


def test_s6_a_file_renamed_in_at_the_last_moment_is_merged(
    sidecar, kept, edit, monkeypatch
) -> None:
    """S6: even between the last look and our rename nothing is destroyed unseen."""
    look = atomic._check_unchanged
    late = []

    def look_then_lose_the_race(path, old) -> None:
        look(path, old)
        if not late:
            late.append(sidecar.with_name("theirs"))
            late[0].write_bytes(merge(sidecar.read_bytes(), {"xmp:Label": "theirs"}))
            late[0].replace(sidecar)

    if not files.exchange(sidecar, sidecar):
        pytest.skip("this system cannot swap two files in one step")
    monkeypatch.setattr(atomic, "_check_unchanged", look_then_lose_the_race)
    assert write_sidecar(sidecar, edit(5), kept).conflicts == 1
    packet = Packet.from_bytes(sidecar.read_bytes())
    assert read_property(packet, "xmp:Label") == "theirs"
    assert read_property(packet, "crs:Contrast2012") == "+5"
    assert _temps(sidecar.parent) == []


def test_s6_two_hundred_rounds_against_another_writer(sidecar, kept, edit) -> None:
    """S6: every field of a program that rewrites the sidecar all the time survives."""
    pid = os.fork()
    if pid == 0:
        try:
            for number in range(200):
                other = sidecar.with_name("other")
                field = {f"xmp:Label{number}": str(number)}
                other.write_bytes(merge(sidecar.read_bytes(), field))
                other.replace(sidecar)
                time.sleep(0.002)
        finally:
            os._exit(0)
    attempts = 0
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        attempts += 1
        with contextlib.suppress(ConflictError):
            write_sidecar(sidecar, edit(attempts % 100 + 1), kept)
    properties = read_properties(Packet.from_bytes(sidecar.read_bytes()))
    lost = [number for number in range(200) if properties.get(f"xmp:Label{number}") is None]
    assert lost == [] and attempts > 5
