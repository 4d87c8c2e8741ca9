"""`sidelight doctor`."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidelight.cli import main

NAMES = [
    "versions",
    "configuration",
    "config folder",
    "state folder",
    "disk space",
    "first versions",
    "decoders",
    "darktable",
    "lightroom",
    "plug-ins",
    "plug-ins",
    "daemon",
    "host check",
    "endpoint",
    "last crash",
    "database",
]


@pytest.fixture(autouse=True)
def no_editors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home in which no editor was ever started."""
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "nobody"))


def test_all_is_well(run, home: Path) -> None:
    code, lines = run("doctor")
    assert [line["name"] for line in lines] == NAMES
    assert not [line for line in lines if line["level"] == "failed"], lines
    assert code == 0
    assert "LibRaw" in lines[0]["text"] and "numpy" in lines[0]["text"]
    assert (home / "state").stat().st_mode & 0o777 == 0o700


def test_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.startswith("ok        versions")


def test_a_broken_configuration_is_red(run, home: Path) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("headroom = 17")
    code, lines = run("doctor")
    assert code == 1
    assert [line["name"] for line in lines if line["level"] == "failed"] == ["configuration"]


def test_names_that_do_not_exist_are_red(run, home: Path) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text('editors = ["paint"]\nengine = "magic"')
    _, lines = run("doctor")
    assert "no paint, no magic" in lines[1]["text"]


def test_a_folder_that_cannot_be_made_is_red(run, home: Path) -> None:
    home.mkdir()
    (home / "state").write_text("a file in the way")
    code, lines = run("doctor")
    assert code == 1
    assert "state folder" in [line["name"] for line in lines if line["level"] == "failed"]


def test_a_lost_first_version_is_red(run, home: Path, raw: Path) -> None:
    raw.with_suffix(".xmp").write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf='
        '"http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""/>'
        "</rdf:RDF></x:xmpmeta>"
    )
    run("auto", raw)
    assert run("doctor")[0] == 0
    store = home / "state" / "first_versions"
    for kept in store.iterdir():
        if len(kept.name) == 64:
            kept.unlink()
    code, lines = run("doctor")
    assert code == 1
    (red,) = [line for line in lines if line["level"] == "failed"]
    assert red["name"] == "first versions" and "good.xmp" in red["text"]
