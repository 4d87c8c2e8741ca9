"""`sidelight undo`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sidelight.cli import main


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_last_takes_back_one_command_at_a_time(raw: Path, run) -> None:
    second = raw.with_name("second.dng")
    shutil.copy(raw, second)
    run("auto", raw, "--editor", "darktable")
    run("auto", second)
    code, lines = run("undo", "--last")
    assert code == 0
    assert {Path(line["sidecar"]).name for line in lines} == {"second.xmp", "second.dng.xmp"}
    assert {line["status"] for line in lines} == {"removed"}
    assert names(raw.parent) == {"good.dng", "second.dng", "good.dng.xmp"}
    run("undo", "--last")
    assert names(raw.parent) == {"good.dng", "second.dng"}
    assert run("undo", "--last") == (0, [])


@pytest.mark.parametrize("arguments", [("--last",), ()], ids=["batch", "photo"])
def test_the_duplicate_goes_with_the_photo(raw: Path, run, arguments: tuple[str, ...]) -> None:
    run("auto", raw, "--editor", "darktable", "--headroom", "1")
    assert names(raw.parent) == {"good.dng", "good.dng.xmp", "good_01.dng.xmp"}
    code, lines = run("undo", *(arguments or (raw,)))
    assert code == 0
    assert [(Path(line["sidecar"]).name, line["status"]) for line in lines] == [
        ("good.dng.xmp", "removed"),
        ("good_01.dng.xmp", "removed"),
    ]
    assert names(raw.parent) == {"good.dng"}


def test_the_sidecar_of_a_photo_called_like_a_duplicate_stays(raw: Path, run) -> None:
    other = Path(shutil.copy(raw, raw.with_name("good_01.dng")))
    run("auto", raw, other, "--editor", "darktable", "--headroom", "1", "--workers", "1")
    twins = {"good_02.dng.xmp", "good_01_01.dng.xmp"}
    photos = {"good.dng", "good_01.dng", "good_01.dng.xmp"}
    assert names(raw.parent) == photos | twins | {"good.dng.xmp"}
    run("undo", raw)
    assert names(raw.parent) == photos | {"good_01_01.dng.xmp"}


def test_what_was_there_before_comes_back_to_the_bit(raw: Path, run, shared: Path) -> None:
    sidecar = raw.with_suffix(".xmp")
    before = (shared / "data/lightroom/sidecar_raw_pv11_acr11.4.1.xmp").read_bytes()
    before = before.replace(b'SidecarForExtension="CR2"', b'SidecarForExtension="DNG"')
    sidecar.write_bytes(before)
    _, lines = run("auto", raw, "--overwrite")
    assert {line["status"] for line in lines} == {"written"}, lines
    assert sidecar.read_bytes() != before
    code, _ = run("undo", raw)
    assert code == 0
    assert sidecar.read_bytes() == before
    assert names(raw.parent) == {"good.dng", "good.xmp"}


def test_after_undo_the_old_edit_is_kept_again(raw: Path, run) -> None:
    run("auto", raw)
    text = raw.with_suffix(".xmp").read_text()
    raw.with_suffix(".xmp").write_text(
        text.replace('Exposure2012="', 'Exposure2012="+1.23" crs:X="')
    )
    run("auto", raw, "--overwrite")
    run("undo", "--last")
    _, lines = run("auto", raw)
    assert lines[0]["status"] == "kept"


def test_a_sidecar_edited_since_is_left_alone_and_named(raw: Path, run) -> None:
    run("auto", raw)
    sidecar = raw.with_suffix(".xmp")
    edited = sidecar.read_bytes().replace(b"<x:xmpmeta", b"<!-- mine --><x:xmpmeta")
    sidecar.write_bytes(edited)
    code, lines = run("undo", raw.parent)
    assert code == 1
    found = {Path(line["sidecar"]).name: line for line in lines}
    assert found["good.xmp"]["status"] == "error"
    assert "changed since" in found["good.xmp"]["reason"]
    assert found["good.dng.xmp"]["status"] == "removed"
    assert sidecar.read_bytes() == edited


def test_a_folder_covers_what_is_below_it_and_no_more(raw: Path, run) -> None:
    near = raw.parent.with_name("photos2")
    near.mkdir()
    shutil.copy(raw, near / "b.dng")
    run("auto", raw, near, "--editor", "darktable")
    run("undo", raw.parent)
    assert names(raw.parent) == {"good.dng"}
    assert names(near) == {"b.dng", "b.dng.xmp"}


def test_a_photo_that_is_gone_can_still_be_undone(raw: Path, run) -> None:
    run("auto", raw, "--editor", "darktable")
    raw.unlink()
    assert run("undo", raw)[0] == 0
    assert names(raw.parent) == set()


def test_nothing_to_undo(raw: Path, run) -> None:
    code, (line,) = run("undo", raw)
    assert (code, line["status"]) == (0, "skipped")
    code, (line,) = run("undo", raw.with_name("missing.dng"))
    assert (code, line["status"]) == (1, "error")


def test_a_batch_by_its_name(raw: Path, run, home: Path) -> None:
    from sidelight.paths import first_versions_folder
    from sidelight_xmp.first_versions import FirstVersions

    second = raw.with_name("second.dng")
    shutil.copy(raw, second)
    run("auto", raw)
    first_batch = FirstVersions(first_versions_folder()).last_batch()
    run("auto", second)
    code, lines = run("undo", "--batch", first_batch)
    assert code == 0
    assert {Path(line["sidecar"]).name for line in lines} == {"good.xmp", "good.dng.xmp"}
    assert names(raw.parent) == {"good.dng", "second.dng", "second.xmp", "second.dng.xmp"}
    assert run("undo", "--batch", "no such batch") == (0, [])


def test_a_batch_that_is_still_open_is_closed(raw: Path, run, home: Path) -> None:
    from sidelight.paths import database_file
    from sidelight.state.database import Database

    run("watch", "add", raw.parent, "--existing", "--yes")
    database = Database(database_file())
    batch = database.read("SELECT batch FROM jobs")[0]["batch"]
    assert run("undo", "--batch", batch) == (0, [])
    assert database.read("SELECT state FROM jobs")[0]["state"] == "canceled"
    database.close()


def test_a_running_daemon_takes_back_what_it_wrote_and_leaves_it(
    folder: Path, run, home: Path, daemon, tiny_raw
) -> None:
    running = daemon(home=home)
    run("watch", "add", folder)
    tiny_raw(folder / "a.dng")
    running.wait(lambda: names(folder) == {"a.dng", "a.xmp", "a.dng.xmp"})
    running.wait(lambda: run("status")[1][0]["jobs"]["done"] == 1)
    (job,) = running.client.request("GET", "/v1/jobs")["jobs"]
    code, lines = run("undo", "--batch", job["batch"])
    assert code == 0
    assert {line["status"] for line in lines} == {"removed"} and len(lines) == 2
    assert set(lines[0]) == {"sidecar", "status", "reason"}
    assert names(folder) == {"a.dng"}
    assert run("undo", "--last") == (0, [])
    tiny_raw(folder / "b.dng")
    running.wait(lambda: "b.dng.xmp" in names(folder) and "b.xmp" in names(folder))
    # One photo by its name; what was taken back before stays away.
    assert run("undo", folder / "b.dng")[0] == 0
    assert names(folder) == {"a.dng", "b.dng"}


@pytest.mark.parametrize(
    "arguments", [[], ["--last", "a.dng"], ["--last", "--batch", "b"], ["a.dng", "--batch", "b"]]
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["undo", *arguments])
    assert stopped.value.code == 2
    assert "--last" in capsys.readouterr().err


def test_lines_for_people(raw: Path, run, capsys: pytest.CaptureFixture[str]) -> None:
    run("auto", raw, "--editor", "darktable")
    assert main(["undo", "--last"]) == 0
    assert "removed" in capsys.readouterr().out
    assert main(["undo", "--last"]) == 0
    assert "nothing to undo" in capsys.readouterr().out


def test_s12_what_is_open_of_the_last_batch_is_not_written_afterwards(
    raw: Path, run, home: Path
) -> None:
    from sidelight.paths import database_file, first_versions_folder
    from sidelight.state.database import Database
    from sidelight_xmp.first_versions import FirstVersions

    run("watch", "add", raw.parent, "--existing", "--yes")
    run("auto", raw)
    batch = FirstVersions(first_versions_folder()).last_batch()
    database = Database(database_file())
    with database.write() as connection:
        connection.execute("UPDATE jobs SET batch = ?", (batch,))
    assert {line["status"] for line in run("undo", "--last")[1]} == {"removed"}
    assert database.read("SELECT state FROM jobs")[0]["state"] == "canceled"
    database.close()


@pytest.mark.parametrize("company", ["alone", "with a daemon"])
def test_what_waits_for_an_editor_is_dropped(
    raw: Path, home: Path, request: pytest.FixtureRequest, company: str, capsys, tmp_path: Path
) -> None:
    from sidelight.paths import database_file
    from sidelight.state.database import Database
    from sidelight.state.waiting import WaitingRecipes

    if company == "with a daemon":
        request.getfixturevalue("daemon")(home=home)
    database = Database(database_file())
    waiting = WaitingRecipes(database)
    near = raw.parent.with_name("photos2") / "b.dng"
    for photo in (raw, raw.with_name("second.dng"), near):
        waiting.put(photo, "lightroom", {}, "the catalog holds it")
    assert main(["undo", str(raw)]) == 0
    assert "1 edit waited for an editor" in capsys.readouterr().out
    assert main(["undo", str(raw.parent), "--json"]) == 0
    assert "waited" not in capsys.readouterr().out
    assert [recipe.photo for recipe in waiting.list()] == [near]
    database.close()
