"""darktable 4.2.1's pixel maths as a chain of stages."""

from sidelight.emulators.darktable.emulator import DarktableEmulator

__all__ = ["DarktableEmulator"]
