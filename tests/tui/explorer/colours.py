"""Colours as people see them: contrast (WCAG 2), CIELAB distance, and simulated colour blindness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

# Machado, Oliveira and Fernandes 2009, severity 1.0; for linear RGB.
SEEN_BY: dict[str, Vector] = {
    "anyone": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour: str) -> Vector:
    """#rrggbb as linear RGB."""
    value = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(colour: str, other: str) -> float:
    """The ratio of luminances, from 1 to 21."""
    one, two = sorted(0.05 + float(_XYZ[1] @ linear(each)) for each in (colour, other))
    return two / one


def lab(colour: str, seen_by: str = "anyone") -> Vector:
    """CIELAB, under D65, as someone sees it."""
    xyz = _XYZ @ np.clip(SEEN_BY[seen_by] @ linear(colour), 0, 1) / _WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(colour: str, other: str, seen_by: str = "anyone") -> float:
    """ΔE*ab (1976): about 2.3 is just noticed, 10 is seen at a glance."""
    return float(np.linalg.norm(lab(colour, seen_by) - lab(other, seen_by)))
