"""Exports → constants of Lightroom's emulator, kept only if they do better on photos held back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidelight.errors import PhotoError, SidelightError
from sidelight.paths import lightroom_calibration_file, make_private
from sidelight.workflows.calibration_report import (
    CalibrationReport,
    GainMapReport,
    SliderReport,
    plain,
)
from sidelight.workflows.result import sentence
from sidelight.workflows.triples import Found, Skipped, find_triples, read_example

if TYPE_CHECKING:
    from sidelight.emulators.lightroom import LightroomConstants
    from sidelight.learning.calibrate import Example, Sample
    from sidelight.learning.twin_relation import Relation

LEAST_TRIPLES = 10
MOST_TRIPLES = 300
LEAST_GAIN_MAPS = 5
HELD_BACK = 5
"""Every fifth is held back."""

Progress = Callable[[int, int], None]


def calibrate(
    named: Iterable[Path],
    exports: Path | None = None,
    *,
    dry_run: bool = False,
    progress: Progress = lambda done, total: None,
) -> CalibrationReport:
    """Fit the emulator to exports and save its constants if they do better than those in use.

    Args:
        named: Raw files, gain-map JPEGs, folders of them.
        exports: Folder of the exports; beside each raw file when absent.
        dry_run: Save nothing.
        progress: Called with files done and files in all.

    Raises:
        OSError: The constants cannot be saved.
    """
    from sidelight.emulators.lightroom import load_calibration

    found = find_triples(named, exports)
    current = load_calibration()
    steps = _Steps(progress, min(len(found.triples), MOST_TRIPLES) + len(found.pictures))
    samples, held, skipped = _read_triples(found, steps)
    gain_maps, relations, more = _read_gain_maps(found, current.constants, steps)
    report = CalibrationReport(
        "too few",
        _few(len(samples) + len(held), len(relations)),
        used=len(samples) + len(held),
        held_back=len(held),
        gain_maps=gain_maps,
        skipped=(*found.skipped, *skipped, *more),
    )
    best, groups = current.constants, set(current.groups)
    if report.used >= LEAST_TRIPLES and samples and held:
        report, best, fitted = _fit_sliders(report, samples, held, best)
        groups |= fitted
    if len(relations) >= LEAST_GAIN_MAPS:
        report, best, fitted = _fit_hdr(report, relations, best)
        groups |= fitted
    if best != current.constants:
        status, reason = "found", "nothing was saved"
        if not dry_run:
            error = plain({"before": report.before, "after": report.after})
            _save(replace(current, constants=best, groups=tuple(sorted(groups)), error=error))
            status, reason = "saved", "the constants are used from now on"
        report = replace(report, status=status, reason=reason)
    return report


def reset() -> bool:
    """Remove the saved constants; return whether there were any."""
    try:
        lightroom_calibration_file().unlink()
    except FileNotFoundError:
        return False
    return True


class _Steps:
    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def advance(self) -> None:
        self.done += 1
        self.progress(self.done, self.total)


def _read_triples(found: Found, steps: _Steps) -> tuple[list[Sample], list[Example], list[Skipped]]:
    from sidelight.learning.calibrate import sample_of

    samples: list[Sample] = []
    held: list[Example] = []
    skipped = []
    for triple in found.triples[:MOST_TRIPLES]:
        try:
            example = read_example(triple)
            sample = sample_of(example)
            if sample is None:
                raise PhotoError("hardly any of it is neither clipped nor beyond sRGB")
            # Of an example held back the whole picture is needed, of the others a few pixels.
            if (len(samples) + len(held)) % HELD_BACK == HELD_BACK - 1:
                held.append(example)
            else:
                samples.append(sample)
        except (SidelightError, OSError) as error:
            skipped.append(Skipped(triple.raw, sentence(error)))
        steps.advance()
    skipped += [
        Skipped(triple.raw, f"only the first {MOST_TRIPLES} are used")
        for triple in found.triples[MOST_TRIPLES:]
    ]
    return samples, held, skipped


def _fit_sliders(
    report: CalibrationReport,
    samples: Sequence[Sample],
    held: Sequence[Example],
    current: LightroomConstants,
) -> tuple[CalibrationReport, LightroomConstants, set[str]]:
    from sidelight.emulators.lightroom.constants import DEFAULTS, names_of
    from sidelight.learning.calibrate import (
        SLIDER_GROUPS,
        example_error,
        fit_constants,
        groups_to_fit,
        moves,
    )

    groups = groups_to_fit([sample.recipe for sample in samples])
    # Not from what is in use: photos fitted before would count twice.
    start = replace(current, **{name: getattr(DEFAULTS, name) for name in names_of(groups)})
    fitted = fit_constants(samples, groups, start)
    errors = [
        [example_error(example, constants) for example in held] for constants in (current, fitted)
    ]
    before, after = (
        {"mean": _mean(e.mean for e in some), "p95": _mean(e.p95 for e in some)} for some in errors
    )
    recipes = [item.recipe for item in samples] + [item.recipe for item in held]
    sliders = []
    for slider in SLIDER_GROUPS:
        count = sum(moves(recipe, slider) for recipe in recipes)
        of_it = [k for k, example in enumerate(held) if moves(example.recipe, slider)]
        means = [_mean(some[k].mean for k in of_it) if of_it else None for some in errors]
        constants = {
            name: (getattr(current, name), getattr(fitted, name)) for name in names_of([slider])
        }
        sliders.append(
            SliderReport(
                slider, count, count / len(recipes), slider in groups, means[0], means[1], constants
            )
        )
    better = after["mean"] < before["mean"]
    report = replace(
        report,
        status="kept",
        reason="on the photos held back nothing better was found than what is in use",
        before=before,
        after=after,
        sliders=tuple(sliders),
    )
    return report, fitted if better else current, set(groups) if better else set()


def _read_gain_maps(
    found: Found, constants: LightroomConstants, steps: _Steps
) -> tuple[tuple[GainMapReport, ...], list[Relation], list[Skipped]]:
    from sidelight.emulators.lightroom.constants import names_of
    from sidelight.imaging.gain_map import read_gain_map
    from sidelight.learning.twin_relation import fit_relation, measure_relation, relation_error
    from sidelight_xmp.crs.settings import read_settings

    reports, relations, skipped = [], [], []
    exports = {triple.export for triple in found.triples}
    for path in found.pictures:
        steps.advance()
        try:
            picture = read_gain_map(path)
            settings = {} if picture.packet is None else read_settings(picture.packet)
            if not settings.get("HDREditMode"):
                raise PhotoError("it was not edited in Lightroom's HDR mode")
            headroom = float(settings.get("HDRMaxValue", picture.capacity))  # type: ignore[arg-type]
            relation = measure_relation(picture.sdr, picture.hdr, headroom)
            if len(relation.share) < 4:
                raise PhotoError("its tones are too few to tell a relation")
        except (SidelightError, OSError) as error:
            if path not in exports:
                skipped.append(Skipped(path, sentence(error)))
            continue
        moved = [name for name, value in settings.items() if name.startswith("SDR") and value]
        note = f"{', '.join(moved)} of its SDR rendition are not emulated" if moved else ""
        if not moved:
            relations.append(relation)
        alone = fit_relation([relation])
        before, after = (relation_error(relation, each) for each in (constants, alone))
        reports.append(
            GainMapReport(
                path,
                headroom,
                before.rms,
                before.largest,
                after.rms,
                after.largest,
                {name: getattr(alone, name) for name in names_of(["hdr"])},
                tuple(zip(relation.hdr_ev.tolist(), relation.sdr_ev.tolist(), strict=True)),
                note,
            )
        )
    return tuple(reports), relations, skipped


def _fit_hdr(
    report: CalibrationReport, relations: Sequence[Relation], current: LightroomConstants
) -> tuple[CalibrationReport, LightroomConstants, set[str]]:
    from sidelight.learning.twin_relation import fit_relation, relation_error

    held = relations[HELD_BACK - 1 :: HELD_BACK]
    others = [r for k, r in enumerate(relations) if k % HELD_BACK != HELD_BACK - 1]
    fitted = fit_relation(others, current)
    before, after = (
        _mean(relation_error(relation, constants).rms for relation in held)
        for constants in (current, fitted)
    )
    report = replace(report, gain_map_error={"before": before, "after": after})
    if report.status == "too few":
        report = replace(
            report, status="kept", reason="nothing better was found than what is in use"
        )
    return (report, fitted, {"hdr"}) if after < before else (report, current, set())


def _few(triples: int, gain_maps: int) -> str:
    return (
        f"a fit takes {LEAST_TRIPLES} raw files with settings and export, or {LEAST_GAIN_MAPS} "
        f"gain-map exports without SDR settings; here are {triples} and {gain_maps}"
    )


def _save(calibration: Any) -> None:
    path = lightroom_calibration_file()
    make_private(path.parent)
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_text(json.dumps(calibration.to_json(), indent=1), encoding="utf-8")
    draft.replace(path)


def _mean(values: Iterable[float]) -> float:
    finite = [value for value in values if isfinite(value)]
    return sum(finite) / len(finite) if finite else float("nan")
