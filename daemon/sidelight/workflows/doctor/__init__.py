"""Is everything in place? One check per function; none of them changes a photo."""

from __future__ import annotations

from collections.abc import Iterator

from sidelight import paths
from sidelight.workflows.doctor.check import Check, Checks, guarded
from sidelight.workflows.doctor.decoders import check_decoders
from sidelight.workflows.doctor.editors import check_darktable, check_lightroom, check_plug_ins
from sidelight.workflows.doctor.installation import (
    check_config,
    check_disk,
    check_first_versions,
    check_folder,
    check_versions,
)

__all__ = ["Check", "Checks", "examine", "guarded"]


def examine() -> Iterator[Check]:
    """Look at everything but the daemon, one finding after the other."""
    yield from guarded(
        (
            ("versions", check_versions),
            ("configuration", check_config),
            ("config folder", lambda: check_folder("config folder", paths.config_folder())),
            ("state folder", lambda: check_folder("state folder", paths.state_folder())),
            ("disk space", check_disk),
            ("first versions", check_first_versions),
            ("decoders", check_decoders),
            ("darktable", check_darktable),
            ("lightroom", check_lightroom),
            ("plug-ins", check_plug_ins),
        )
    )
