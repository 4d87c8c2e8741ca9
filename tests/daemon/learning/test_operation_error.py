"""Measuring operations: against what is known, and the record against the program itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidelight.editors.darktable.operations import Operation
from sidelight.editors.darktable.sigmoid import white_stops
from sidelight.errors import ToolError
from sidelight.imaging.color import rgb_to_lab
from sidelight.learning import operation_error
from sidelight.learning.chart import Chart, patch_means, write_chart
from sidelight.learning.operation_cases import (
    CONTRASTS,
    HEADROOMS,
    RECORDED,
    Case,
    cases,
    twin_case,
)
from sidelight.learning.operation_error import (
    Renders,
    chart_error,
    darktable_version,
    main,
    operation_table,
    photo_errors,
    read_record,
    render_chart,
    render_sidecars,
    twin_difference,
    twin_table,
    white_table,
    write_record,
)


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    return write_chart(tmp_path_factory.mktemp("chart") / "chart.dng")


@pytest.fixture(scope="module")
def named() -> dict[str, Case]:
    return {case.name: case for case in cases()}


@pytest.fixture
def record(checkout: Path) -> tuple[str, Renders]:
    return read_record(checkout / "tests/daemon/emulators/darktable/renders.json")


@pytest.mark.darktable
def test_the_program_still_renders_what_is_recorded(
    chart: Chart, named: dict[str, Case], record: tuple[str, Renders], darktable_cli: str
) -> None:
    version, recorded = record
    assert tuple(recorded) == RECORDED
    found = render_chart(chart, [named[name] for name in RECORDED])
    said = f"made by darktable {version}, this is {darktable_version()}"
    for name, patches in found.items():
        np.testing.assert_allclose(
            patches, recorded[name], rtol=2e-4, atol=2e-6, err_msg=f"{name}: {said}"
        )


def test_the_program_sees_the_patches_that_the_chart_claims(
    chart: Chart, record: tuple[str, Renders]
) -> None:
    np.testing.assert_allclose(record[1]["linear"], chart.rgb, rtol=2e-3, atol=3e-5)


def test_errors_on_the_chart_are_those_that_were_put_in(
    chart: Chart, named: dict[str, Case]
) -> None:
    colour = pytest.importorskip("colour")
    case = named["default, headroom 2"]
    ours = patch_means(case.emulate(chart.image))
    same = chart_error(chart, case, ours)
    assert (same.color_max, same.grey_max) == (0.0, 0.0)
    theirs = ours.copy()
    theirs[chart.grey] *= 1.02
    theirs[-1] *= [1.0, 0.9, 1.0]
    found = chart_error(chart, case, theirs)
    assert found.grey_max == pytest.approx(1 - 1 / 1.02, rel=1e-6)
    assert found.grey_mean == pytest.approx(found.grey_max)
    labs = [rgb_to_lab(rgb / 4.0) for rgb in (ours, theirs)]
    difference = colour.difference.delta_E_CIE2000(*labs)
    assert found.color_max == pytest.approx(difference.max(), rel=1e-6)
    assert found.color_mean == pytest.approx(difference.mean(), rel=1e-6)


def test_twins_differ_by_the_largest_step_among_the_greys_below_white(
    chart: Chart, named: dict[str, Case]
) -> None:
    sdr = patch_means(named["default"].emulate(chart.image))
    hdr = sdr.copy()
    # -6 and 0 EV are grey 5 and 17; what is outside, or no grey, does not count.
    hdr[[0, 1, 2, 3, 20, 23, 50]] *= 2.0
    hdr[10] *= 2.0**-0.02
    hdr[16] *= 2.0**0.05
    assert twin_difference(chart, sdr, hdr) == pytest.approx(0.05, abs=1e-9)
    hdr[5] *= 2.0**0.3
    hdr[17] *= 2.0**0.4
    assert twin_difference(chart, sdr, hdr) == pytest.approx(0.4, abs=1e-9)


def test_the_tables_have_a_line_per_operation_white_target_and_contrast(
    chart: Chart, named: dict[str, Case]
) -> None:
    some = [named["mix"], named["exposure_ev +1"]]
    some += [twin_case(contrast, h) for contrast in CONTRASTS for h in (0.0, *HEADROOMS)]
    ours = {case.name: patch_means(case.emulate(chart.image)) for case in some}
    errors = [replace(chart_error(chart, case, ours[case.name]), color_max=0.5) for case in some]
    photos = {"photo": {case.name: 0.25 for case in some} | {"mix": 0.75}}
    table = operation_table(errors, photos).splitlines()
    assert table[0].count("|") == table[1].count("|") == table[2].count("|") == 6
    assert table[2].startswith("| channelmixerrgb, matrix | 1 | 0.50 / 0.000 |")
    assert table[2].endswith("| 0.750 / 0.75 |")
    assert table[4].startswith("| sigmoid | 25 |")
    table = white_table(errors)
    assert "| 0 | 100 % | 0.00 % / 0.00 % |" in table
    assert f"| 1 | {100 * 2 ** white_stops(1):.0f} % | 0.00 % / 0.00 % |" in table
    twins = twin_table(chart, ours).splitlines()
    assert [line.split(" ")[1] for line in twins[2:]] == ["-100", "-50", "+0", "+50", "+100"]


def test_a_record_comes_back_with_its_version(tmp_path: Path) -> None:
    patches = {"one": np.array([[0.123456789, 2.0, 1e-7]]), "two": np.zeros((2, 3))}
    write_record(tmp_path / "record.json", "4.2.1", patches)
    version, found = read_record(tmp_path / "record.json")
    assert version == "4.2.1" and list(found) == ["one", "two"]
    np.testing.assert_array_equal(found["one"], [[0.12346, 2.0, 1e-7]])
    np.testing.assert_array_equal(found["two"], patches["two"])


@pytest.mark.darktable
def test_a_dropped_operation_is_an_error(chart: Chart, darktable_cli: str) -> None:
    good = operation_error.sidecar_of([Operation("exposure", {"exposure": 1.0})])
    bad = good.replace(b'modversion="6"', b'modversion="99"')
    assert bad != good
    with pytest.raises(ToolError, match="dropped"):
        list(render_sidecars([(chart.path, good), (chart.path, bad)]))


@pytest.mark.darktable
def test_a_photo_is_measured_through_the_programs_own_export(
    tmp_path: Path, tiny_raw, named: dict[str, Case], darktable_cli: str
) -> None:
    some = [named[name] for name in ("exposure_ev +1", "temperature drawn 1", "mix", "look")]
    found = photo_errors(tiny_raw(tmp_path / "photo.dng"), some)
    assert list(found) == [case.name for case in some]
    assert all(0.0 < error < 0.1 for error in found.values()), found


@pytest.mark.slow
@pytest.mark.darktable
def test_anyone_can_make_the_tables(
    darktable_cli: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    twins = [twin_case(contrast, h) for contrast in CONTRASTS for h in (0.0, *HEADROOMS)]
    monkeypatch.setattr(operation_error, "cases", lambda: twins)
    monkeypatch.setattr(operation_error, "RECORDED", ("default", "default, headroom 1"))
    record = tmp_path / "record.json"
    assert main(["--photos", "--record", str(record)]) == 0
    printed = capsys.readouterr().out
    assert f"darktable {darktable_version()}" in printed and "| sigmoid | 25 |" in printed
    assert tuple(read_record(record)[1]) == ("default", "default, headroom 1")
