"""Make profiles for Lightroom of LUT files, and LUT files of profiles.

Lightroom and Camera Raw find a new profile at their next start.
"""

from __future__ import annotations

import argparse

from sidelight.cli.options import choose

TYPE_CHECKING = False  # as typing has it, whose import would slow down every command
if TYPE_CHECKING:
    from typing import Any


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    profile = _action(actions, "profile", "install LUT files as profiles for Lightroom")
    profile.add_argument("luts", nargs="+", metavar="LUT|FOLDER")
    profile.add_argument("--name", metavar="NAME", help="of the profile, for one LUT (its file's)")
    profile.add_argument(
        "--group", default="Sidelight", metavar="GROUP", help="in the profile browser (Sidelight)"
    )
    profile.add_argument(
        "--amount",
        type=_amounts,
        default=(0.0, 2.0),
        metavar="LOW-HIGH",
        help="range of the amount slider in percent (0-200); 100-100 for none",
    )
    profile.add_argument(
        "--primaries",
        default="srgb",
        metavar="NAME",
        help="colors the LUT was made for: srgb, adobe-rgb, prophoto, display-p3, rec2020 (srgb)",
    )
    profile.add_argument(
        "--gamma",
        default="srgb",
        metavar="NAME",
        help="encoding the LUT was made for: linear, srgb, 1.8, 2.2, rec2020 (srgb)",
    )
    profile.add_argument(
        "--gamut",
        metavar="NAME",
        help="beyond these colors and above SDR white: extend or clip (extend; clip for black and "
        "white)",
    )
    profile.add_argument(
        "--output", metavar="DIR", help="write there, rather than where Lightroom looks"
    )
    convert = _action(actions, "convert", "write the LUT of a profile, or another, as a LUT file")
    convert.add_argument("source", metavar="PROFILE.xmp|LUT")
    convert.add_argument("target", metavar="LUT", help="ends with .cube, .3dl or .clf")


def _action(actions: Any, name: str, summary: str) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=summary, description=summary, allow_abbrev=False)
    parser.add_argument("--overwrite", action="store_true", help="replace a file of that name")
    parser.add_argument("--json", action="store_true", help="one JSON object per LUT")
    parser.set_defaults(parser=parser)
    return parser


def _amounts(text: str) -> tuple[float, float]:
    low, dash, high = text.partition("-")
    digits = all(part.isascii() and part.isdigit() and len(part) <= 3 for part in (low, high))
    if not (dash and digits and int(low) <= 100 <= int(high) <= 200):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no range of percent such as 0-200, from 0 to 200 and with 100 in it"
        )
    return int(low) / 100, int(high) / 100


def run(arguments: argparse.Namespace) -> int:
    """Do what the action says; return 1 if a LUT failed."""
    return _convert(arguments) if arguments.action == "convert" else _profile(arguments)


def _profile(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from sidelight.cli.report import print_json, say
    from sidelight.paths import first_versions_folder, make_private, state_folder
    from sidelight.workflows.develop import new_batch
    from sidelight.workflows.lut_profile import camera_raw_folder, find_luts, make_profiles

    options = _options(arguments)
    luts = find_luts(Path(text) for text in arguments.luts)
    if arguments.name is not None and len(luts) != 1:
        arguments.parser.error("--name names one profile, and there is more than one LUT")
    folder = Path(arguments.output) if arguments.output else camera_raw_folder()
    make_private(state_folder())
    counts: dict[str, int] = {}
    for made in make_profiles(
        luts,
        options,
        folder,
        first_versions=first_versions_folder(),
        batch=new_batch(),
        name=arguments.name,
        overwrite=arguments.overwrite,
    ):
        counts[made.status] = counts.get(made.status, 0) + 1
        if arguments.json:
            print_json(made.to_json())
        else:
            number = f"{sum(counts.values())}/{len(luts)}" if len(luts) > 1 else ""
            status = "failed" if made.status == "error" else made.status
            say(number, f"{status:9}", made.profile or made.lut, made.reason)
    if counts.get("written") and not arguments.json:
        _say_what_next(options.group, is_installed=not arguments.output)
    return 1 if counts.get("error") else 0


def _say_what_next(group: str, *, is_installed: bool) -> None:
    from sidelight.cli.report import say

    if is_installed:
        say(f"Lightroom lists it at its next start, in the profile browser under {group}.")
    else:
        say(f"Import it in Lightroom's profile browser; it belongs to the group {group}.")
    say("`sidelight undo --last` takes it back; or delete the file and start Lightroom again.")


def _options(arguments: argparse.Namespace) -> Any:
    """Return what the profiles are to say; end the command where that cannot be."""
    from sidelight.workflows.lut_profile import (
        GAMMAS,
        GAMUTS,
        PRIMARIES,
        ProfileOptions,
        profile_name,
    )

    parser, gamut = arguments.parser, None
    for option in ("name", "group"):
        text = getattr(arguments, option)
        if text is not None and (not text.strip() or profile_name(text) != text):
            parser.error(f'--{option} takes a name as files have it, without / \\ : * ? " < > |')
    (primaries,) = choose(parser, "set of primaries", (arguments.primaries,), list(PRIMARIES))
    (gamma,) = choose(parser, "gamma", (arguments.gamma,), list(GAMMAS))
    if arguments.gamut is not None:
        gamut = GAMUTS[choose(parser, "gamut", (arguments.gamut,), list(GAMUTS))[0]]
    return ProfileOptions(
        arguments.group, PRIMARIES[primaries], GAMMAS[gamma], gamut, arguments.amount
    )


def _convert(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from sidelight.cli.report import print_json, say
    from sidelight.workflows.lut_convert import convert_lut

    result = convert_lut(
        Path(arguments.source), Path(arguments.target), overwrite=arguments.overwrite
    )
    if arguments.json:
        print_json(result.to_json())
    else:
        say(result.status, result.lut, result.reason)
    return 0
