"""Cells of a picture: a character and the number of a style each, painted over in layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from rich.segment import Segment
from rich.style import Style

from diffurec_tui.widgets.raster import BRAILLE, Raster

SPACE = 0x20
DENSITY = ".:%#"
"""For cells with the more dots the further right, where braille cannot be shown."""


@dataclass(eq=False)
class Canvas:
    """Characters (code points) and styles of all cells, (height, width) each."""

    characters: npt.NDArray[np.uint32]
    styles: npt.NDArray[np.int64]

    @classmethod
    def blank(cls, width: int, height: int) -> Canvas:
        shape = (height, width)
        return cls(np.full(shape, SPACE, dtype=np.uint32), np.zeros(shape, dtype=np.int64))

    def copy(self) -> Canvas:
        return Canvas(self.characters.copy(), self.styles.copy())

    def dots(self, raster: Raster, style: int | npt.NDArray[np.int64], *, braille: bool) -> None:
        """Paint the dots of a raster over what is there.

        Args:
            raster: as large as the canvas.
            style: of all its cells, or of each.
            braille: the dots as they are, or a character for how many there are.
        """
        lit = raster.patterns > 0
        if braille:
            signs = raster.patterns.astype(np.uint32) + BRAILLE
        else:
            density = np.array([ord(sign) for sign in DENSITY], dtype=np.uint32)
            signs = density[np.maximum(raster.dots_lit, 1).astype(np.int64) * len(DENSITY) // 9]
        self.characters[lit] = signs[lit]
        self.styles[lit] = style if isinstance(style, int) else style[lit]

    def fill(self, where: npt.NDArray[np.bool_], sign: str, style: int) -> None:
        """One sign in all cells chosen."""
        self.characters[where] = ord(sign)
        self.styles[where] = style

    def paint(self, column: int, row: int, signs: npt.NDArray[np.uint32], style: int) -> None:
        """A picture of code points, (rows, columns), as far as it fits; 0 leaves what is there."""
        part = slice(row, row + signs.shape[0]), slice(column, column + signs.shape[1])
        height, width = self.characters[part].shape
        signs = signs[:height, :width]
        drawn = signs > 0
        self.characters[part][drawn] = signs[drawn]
        self.styles[part][drawn] = style

    def write(self, column: int, row: int, text: str, style: int) -> None:
        """Signs of one cell each, as far as they lie inside."""
        height, width = self.characters.shape
        text = text[max(0, -column) : max(0, width - column)]
        if 0 <= row < height and text:
            begin = max(0, column)
            self.characters[row, begin : begin + len(text)] = [ord(sign) for sign in text]
            self.styles[row, begin : begin + len(text)] = style

    def put(self, column: int, row: int, sign: str, style: int) -> None:
        """One sign in one cell; nothing where that lies outside."""
        height, width = self.characters.shape
        if 0 <= column < width and 0 <= row < height:
            self.characters[row, column], self.styles[row, column] = ord(sign), style

    def segments(self, styles: Sequence[Style], base: Style) -> list[list[Segment]]:
        """The rows, a segment a run of cells of one style."""
        grounded = [base + style for style in styles]
        width = self.characters.shape[1]
        rows: list[list[Segment]] = []
        for characters, numbers in zip(self.characters, self.styles, strict=True):
            text = characters.tobytes().decode("utf-32-le")
            cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), width]
            runs = pairwise(cuts)
            own = numbers.tolist()
            rows.append([Segment(text[start:end], grounded[own[start]]) for start, end in runs])
        return rows
