"""Entry point of `python3 installer`: kept readable by old Pythons so that they get a sentence."""

import shutil
import sys
from pathlib import Path

MINIMUM = (3, 11)


def main():
    if sys.version_info < MINIMUM:
        sys.exit(too_old(sys.version_info, newer_python()))
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from sidelight_installer.cli import main as run

    return run()


def newer_python():
    """Return the name of a Python on the path that is new enough, or None."""
    names = [f"python3.{minor}" for minor in range(20, MINIMUM[1] - 1, -1)]
    return next((name for name in names if shutil.which(name)), None)


def too_old(version, newer):
    """Return what to tell somebody whose Python is too old."""
    wanted, found = (f"{one[0]}.{one[1]}" for one in (MINIMUM, version))
    text = f"Sidelight needs Python {wanted} or newer; this is Python {found}."
    if newer:
        return f"{text} A newer one is installed: use {newer} instead of python3."
    return text + " Install one from your system's packages or from python.org."


if __name__ == "__main__":
    sys.exit(main())
