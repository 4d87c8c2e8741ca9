"""The sRGB transfer function of light at or above zero, for numpy and torch (IEC 61966-2-1)."""

from __future__ import annotations

from sidelight.emulators.arrays import Array, at_least, namespace


def encode(linear: Array) -> Array:
    """Return code values of light at or above zero; above 1 the curve goes on."""
    power = 1.055 * at_least(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return namespace(linear).where(linear <= 0.0031308, 12.92 * linear, power)


def decode(code: Array) -> Array:
    """Return light of code values at or above zero, the inverse of `encode`."""
    power = ((at_least(code, 0.04045) + 0.055) * (1 / 1.055)) ** 2.4
    return namespace(code).where(code <= 0.04045, code * (1 / 12.92), power)
