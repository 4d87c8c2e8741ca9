"""Options that several commands share."""

from __future__ import annotations

import argparse


def number(lowest: float, highest: float):
    """Return an argparse type: a number between `lowest` and `highest`."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a number from {lowest:g} to {highest:g}"
            )
        return value

    return convert


def whole_number(text: str) -> int:
    """Convert an argument to a whole number from 1 to 256."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 256):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 256")
    return int(text)


def choose(
    parser: argparse.ArgumentParser, what: str, names: tuple[str, ...], known: list[str]
) -> tuple[str, ...]:
    """Return `names` if all are known; otherwise end the command and list what exists."""
    for name in names:
        if name not in known:
            parser.error(f"there is no {what} {name!r}; there are: {', '.join(known)}")
    return tuple(dict.fromkeys(names))
