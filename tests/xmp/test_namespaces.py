"""Names and addresses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sidelight_xmp.namespaces import PREFIXES, URIS, clark, short, split_clark


def test_every_address_has_one_prefix() -> None:
    assert len(PREFIXES) == len(URIS)
    for prefix in URIS:
        assert short(clark(f"{prefix}:Name")) == f"{prefix}:Name"


def test_clark_names() -> None:
    assert clark("{urn:a}b") == "{urn:a}b"
    assert split_clark("{urn:a}b") == ("urn:a", "b")
    assert split_clark("b") == ("", "b")
    assert short("{urn:a}b") == "{urn:a}b"
    for bad in ("Name", "unknown:Name"):
        with pytest.raises(KeyError):
            clark(bad)


def test_addresses_are_written_here_only(checkout: Path) -> None:
    addresses = re.compile("|".join(re.escape(uri) for uri in URIS.values()))
    for path in (checkout / "xmp").rglob("*.py"):
        if path.name != "namespaces.py":
            assert not addresses.search(path.read_text()), path
