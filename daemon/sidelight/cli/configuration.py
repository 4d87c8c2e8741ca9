"""The configuration, as commands load it; not imported before a command runs."""

from __future__ import annotations

import argparse
import sys

from sidelight.config import Config, ConfigError, read_config
from sidelight.workflows.printable import printable


def load_config(parser: argparse.ArgumentParser) -> Config:
    """Return the configuration; unknown keys are warned of, an unusable file ends the command."""
    try:
        config, warnings = read_config()
    except ConfigError as error:
        parser.error(printable(str(error)))
    for warning in warnings:
        print(f"warning: {printable(warning)}", file=sys.stderr)
    return config
