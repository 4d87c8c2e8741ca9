"""Whose edit a sidecar holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sidelight.editors.base import KEPT, Order
from sidelight.editors.sidecar import Sidecar
from sidelight_xmp.atomic import Rewriting, undo


@pytest.fixture
def order(tmp_path: Path) -> Order:
    return Order(tmp_path / "first_versions", "one")


@pytest.fixture
def sidecar(tmp_path: Path) -> Sidecar:
    folder = tmp_path / "photos"
    folder.mkdir()
    return Sidecar(folder / "a.xmp", lambda data: b"edit" in data)


def test_whose_edit(sidecar: Sidecar, order: Order) -> None:
    store = order.first_versions
    assert sidecar.edit(store).state == "none"
    sidecar.path.write_bytes(b"stars")
    assert sidecar.edit(store).state == "none"
    sidecar.write(lambda old: b"edit of ours", order)
    assert sidecar.edit(store).state == "ours"
    sidecar.path.write_bytes(b"edit of theirs")
    assert sidecar.edit(store).state == "theirs"


def test_an_undone_edit_is_not_ours_any_more(sidecar: Sidecar, order: Order) -> None:
    sidecar.path.write_bytes(b"edit of theirs")
    sidecar.write(lambda old: b"edit of ours", replace(order, overwrite=True))
    undo(sidecar.path, order.first_versions)
    assert sidecar.edit(order.first_versions).state == "theirs"
    sidecar.path.write_bytes(b"edit of ours")
    assert sidecar.edit(order.first_versions).state == "theirs"


def test_the_same_content_elsewhere_is_not_ours(sidecar: Sidecar, order: Order) -> None:
    sidecar.write(lambda old: b"edit", order)
    other = Sidecar(sidecar.path.with_name("b.xmp"), lambda data: True)
    other.path.write_bytes(b"edit")
    assert other.edit(order.first_versions).state == "theirs"


def test_an_edit_that_appears_in_between_is_kept(sidecar: Sidecar, order: Order) -> None:
    sidecar.path.write_bytes(b"stars")
    calls: list[bytes | None] = []

    def change(old: bytes | None) -> bytes:
        calls.append(old)
        sidecar.path.write_bytes(b"edit of theirs")
        return b"edit of ours"

    outcome = sidecar.write(change, order)
    assert (outcome.status, outcome.reason) == ("kept", KEPT)
    assert calls == [b"stars"]
    assert sidecar.path.read_bytes() == b"edit of theirs"


@pytest.mark.parametrize("content", [None, b"stars", b"edit"])
def test_a_dry_run_says_what_would_happen(
    sidecar: Sidecar, order: Order, content: bytes | None
) -> None:
    if content is not None:
        sidecar.path.write_bytes(content)
    outcome = sidecar.write(lambda old: b"edit of ours", replace(order, dry_run=True))
    assert outcome.status == ("kept" if content == b"edit" else "skipped")
    assert sidecar.read() == content


def test_what_the_editor_laid_out_anew_is_ours_where_we_wrote_it(
    tmp_path: Path, order: Order
) -> None:
    rewriting = Rewriting(lambda data: b"ours" in data, lambda data, earlier: earlier)
    sidecar = Sidecar(tmp_path / "a.xmp", lambda data: b"edit" in data, rewriting)
    store = order.first_versions
    sidecar.path.write_bytes(b"edit of ours, copied from elsewhere")
    assert sidecar.edit(store).state == "theirs"
    sidecar.write(lambda old: b"edit of ours", replace(order, overwrite=True))
    sidecar.path.write_bytes(b"edit of ours, anew")
    assert sidecar.edit(store).state == "ours"
    assert sidecar.write(lambda old: b"edit of ours 2", order).status == "written"
    sidecar.path.write_bytes(b"edit of theirs")
    assert sidecar.edit(store).state == "theirs"
    sidecar.path.write_bytes(b"ours without its")
    assert sidecar.edit(store).state == "none"
