"""The user's choices, from `config.toml`; every key is optional."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sidelight.errors import SidelightError
from sidelight.paths import config_file


class ConfigError(SidelightError):
    """Raised when the configuration cannot be read or a value in it is not usable."""


RANGES: Mapping[str, tuple[float, float]] = {
    "headroom": (0.0, 4.0),
    "strength": (0.0, 1.0),
    "workers": (0, 256),
    "port": (0, 65535),
    "settle_s": (0.01, 3600.0),
    "network_settle_s": (0.01, 3600.0),
    "debounce_s": (0.01, 60.0),
    "rescan_s": (0.1, 86400.0),
    "poll_s": (0.1, 3600.0),
    "idle_s": (0.1, 86400.0),
    "photo_timeout_s": (0.1, 3600.0),
}
"""Lowest and highest value of every number."""


@dataclass(frozen=True)
class Config:
    """What a command uses when its options do not say otherwise.

    Attributes:
        editors: Editors that get a sidecar.
        engine: What predicts the edit.
        headroom: Stops above SDR white, 0 to 4.
        strength: How much of the predicted edit is used, 0 to 1.
        series: Whether photos of one series are edited alike.
        workers: Processes at once; 0 chooses by cores, memory and number of photos.
        port: Where the daemon listens, on this machine only; 0 takes any free one, and so does
            the daemon when another program has this one.
        settle_s: How long a new file must stay unchanged before it counts as complete.
        network_settle_s: The same for a folder on another machine.
        debounce_s: How long the events of one folder are gathered before it is looked at.
        rescan_s: Time between two complete looks at a watched folder.
        poll_s: The same where changes are not reported: network drives, or too many folders.
        idle_s: How long worker processes wait for the next photo before they end.
        photo_timeout_s: How long a photo may take, besides 1 s for each 10 MB of its file.
    """

    editors: tuple[str, ...] = ("lightroom", "darktable")
    engine: str = "auto"
    headroom: float = 2.3
    strength: float = 1.0
    series: bool = True
    workers: int = 0
    port: int = 47311
    settle_s: float = 2.0
    network_settle_s: float = 10.0
    debounce_s: float = 0.5
    rescan_s: float = 600.0
    poll_s: float = 60.0
    idle_s: float = 60.0
    photo_timeout_s: float = 20.0

    def __post_init__(self) -> None:
        if not self.editors:
            raise ConfigError("editors names at least one editor")
        for name, (lowest, highest) in RANGES.items():
            _within(name, getattr(self, name), lowest, highest)


def read_config(path: Path | None = None) -> tuple[Config, tuple[str, ...]]:
    """Read the configuration.

    Args:
        path: The file; the user's own when None. A missing file means defaults.

    Returns:
        The configuration and one warning for each key it does not know.

    Raises:
        ConfigError: The file is not TOML, or a value has the wrong type or range.
    """
    import tomllib

    file = path or config_file()
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Config(), ()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration {file} cannot be read: {error}") from error
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"the configuration {file} is not valid TOML: {error}") from error
    return _from_values(values, file)


def _from_values(values: Mapping[str, Any], file: Path) -> tuple[Config, tuple[str, ...]]:
    known = {item.name for item in fields(Config)}
    warnings = tuple(
        f"{file}: there is no setting called {name!r}" for name in values if name not in known
    )
    try:
        return Config(**{k: _typed(k, v) for k, v in values.items() if k in known}), warnings
    except (ConfigError, OverflowError) as error:
        raise ConfigError(f"the configuration {file} is not usable: {error}") from error


def _typed(name: str, value: Any) -> Any:
    default = getattr(Config(), name)
    if isinstance(default, tuple):
        names = [value] if isinstance(value, str) else value
        if isinstance(names, list) and all(isinstance(item, str) for item in names):
            return tuple(names)
        raise ConfigError(f"{name} must be a list of names")
    if isinstance(default, str):
        if isinstance(value, str):
            return value
        raise ConfigError(f"{name} must be a name in quotes")
    if isinstance(default, bool):
        if isinstance(value, bool):
            return value
        raise ConfigError(f"{name} must be true or false")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{name} must be a number")
    if isinstance(default, int) and not isinstance(value, int):
        raise ConfigError(f"{name} must be a whole number")
    return type(default)(value)


def _within(name: str, value: float, lowest: float, highest: float) -> None:
    if not (math.isfinite(value) and lowest <= value <= highest):
        raise ConfigError(f"{name} must lie between {lowest:g} and {highest:g}")
