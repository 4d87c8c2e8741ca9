"""How long `sidelight --help` takes over a bare interpreter, and how large the base install is."""

from __future__ import annotations

import report  # isort: skip

import re
import subprocess
import sys
import time
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)")


def seconds(command: list[str]) -> float:
    """Return the wall time of one process; its output is thrown away.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def help_command() -> list[str]:
    """Return the console script beside this interpreter, else the package run as a module."""
    script = Path(sys.executable).with_name("sidelight")
    return (
        [str(script), "--help"]
        if script.exists()
        else [sys.executable, "-m", "sidelight", "--help"]
    )


def startup(runs: int) -> dict[str, Any]:
    """Return paired runs of both commands."""
    ours, bare = help_command(), [sys.executable, "-c", "pass"]
    for command in (ours, bare):
        seconds(command)
    times: dict[str, list[float]] = {"help": [], "bare": []}
    for _ in range(runs):
        times["help"].append(seconds(ours))
        times["bare"].append(seconds(bare))
    return {
        "command": Path(ours[0]).name + " " + " ".join(ours[1:]),
        "help_milliseconds": report.summary([1e3 * t for t in times["help"]]),
        "bare_milliseconds": report.summary([1e3 * t for t in times["bare"]]),
        "ratio": report.ratio(times["help"], times["bare"]),
    }


def base_distributions(name: str = "sidelight") -> dict[str, Distribution]:
    """Return a distribution and all it requires without extras, as installed here."""
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        key = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if key in found:
            continue
        try:
            found[key] = distribution(key)
        except PackageNotFoundError:
            continue  # required on other systems only
        for requirement in found[key].requires or []:
            matched = _REQUIREMENT.match(requirement)
            if matched and "extra ==" not in requirement:
                waiting.append(matched.group(1))
    return found


def installed_mb(package: Distribution) -> float:
    """Return the megabytes of the files a distribution's record lists."""
    paths = (Path(str(file.locate())) for file in package.files or [])
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def own_mb() -> float:
    """Return the megabytes of our own packages' source; an editable install records none."""
    folders = (report.CHECKOUT / "daemon" / "sidelight", report.CHECKOUT / "xmp" / "sidelight_xmp")
    files = (path for folder in folders for path in folder.rglob("*.py"))
    return sum(path.stat().st_size for path in files) / 1e6


def main() -> None:
    options = report.arguments(__doc__ or "")
    sizes = {name: installed_mb(package) for name, package in base_distributions().items()}
    sizes["sidelight"] = own_mb()
    figures = {
        "startup": startup(5 if options.quick else 31),
        "base_environment": {
            "megabytes": sum(sizes.values()),
            "by_distribution": dict(sorted(sizes.items(), key=lambda item: -item[1])),
        },
    }
    report.write("startup", figures, options)


if __name__ == "__main__":
    main()
