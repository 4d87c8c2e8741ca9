"""Errors: one tree, one sentence each."""

from __future__ import annotations

from pathlib import Path

from sidelight_xmp import errors


def test_every_error_derives_from_one_base() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    found = [kind for kind in kinds if issubclass(kind, Exception)]
    assert len(found) > 10
    for kind in found:
        assert issubclass(kind, errors.SidecarError)
        assert kind.__name__.endswith("Error") and kind.__doc__


def test_an_error_carries_its_sidecar() -> None:
    error = errors.WriteError("The disk is full.", Path("a.xmp"))
    assert str(error) == "The disk is full." and error.path == Path("a.xmp")
    assert errors.WriteError("The disk is full.").path is None
