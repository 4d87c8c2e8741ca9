"""The configuration: defaults, types, ranges, unknown keys."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from sidelight.config import RANGES, Config, ConfigError, read_config


def write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_no_file_means_defaults(tmp_path: Path) -> None:
    config, warnings = read_config(tmp_path / "config.toml")
    assert config == Config()
    assert config.editors == ("lightroom", "darktable")
    assert config.headroom == 2.3
    assert warnings == ()


def test_values_are_read(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        '\ufeff# mine\neditors = ["darktable"]\nheadroom = 3\nstrength = 0.5\nworkers = 2\n',
    )
    config, warnings = read_config(file)
    assert config == Config(editors=("darktable",), headroom=3.0, strength=0.5, workers=2)
    assert isinstance(config.headroom, float)
    assert warnings == ()


def test_every_number_has_a_range_that_holds_its_default_and_is_checked(tmp_path: Path) -> None:
    numbers = {
        item.name: item.default
        for item in fields(Config)
        if isinstance(item.default, int | float) and not isinstance(item.default, bool)
    }
    assert set(numbers) == set(RANGES)
    for name, (lowest, highest) in RANGES.items():
        assert lowest <= numbers[name] <= highest
        assert Config(**{name: type(numbers[name])(lowest)})
        for outside in (lowest - 1, highest + 1, float("nan"), float("inf")):
            with pytest.raises(ConfigError, match=name):
                Config(**{name: outside})


def test_delays_may_be_shortened(tmp_path: Path) -> None:
    config, _ = read_config(write(tmp_path, "settle_s = 0.05\nrescan_s = 1\nport = 0\n"))
    assert (config.settle_s, config.rescan_s, config.port) == (0.05, 1.0, 0)
    assert isinstance(config.rescan_s, float)


def test_a_choice_is_true_or_false(tmp_path: Path) -> None:
    assert Config().series is True
    assert read_config(write(tmp_path, "series = false\n"))[0].series is False


def test_one_editor_may_stand_without_brackets(tmp_path: Path) -> None:
    assert read_config(write(tmp_path, 'editors = "lightroom"'))[0].editors == ("lightroom",)


def test_unknown_keys_are_warned_of_and_the_rest_used(tmp_path: Path) -> None:
    config, warnings = read_config(write(tmp_path, "headrom = 1\nheadroom = 1\n[extra]\na = 1\n"))
    assert config.headroom == 1.0
    assert len(warnings) == 2
    assert "headrom" in warnings[0]


@pytest.mark.parametrize(
    "text",
    [
        "headroom = 4.5",
        "headroom = nan",
        "headroom = true",
        'headroom = "2"',
        "strength = -0.1",
        "workers = 1.5",
        "workers = -1",
        "editors = []",
        "editors = [1]",
        "engine = 3",
        "port = 65536",
        "port = 80.0",
        "series = 1",
        'series = "no"',
        "settle_s = 0",
        "poll_s = inf",
        "headroom = ",
        "headroom = 1" + "0" * 400,
        "a = " + "[" * 5000,
    ],
)
def test_unusable_values_are_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(write(tmp_path, text))
    assert "config.toml" in str(caught.value)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(file)
