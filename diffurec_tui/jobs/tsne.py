"""The map by t-SNE instead of in a plane; it is fitted in a process of its own, and walks go on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from diffurec.errors import UserError
from diffurec.inspection.neighbours import ROWS, Neighbours
from diffurec_tui.jobs.base import Later, Session, Told
from diffurec_tui.mapping import Floats, ItemMap
from diffurec_tui.messages import Fitted, Fitting, Placed

if TYPE_CHECKING:
    from diffurec.inspection.tsne import TsnePictures

LOOK_SECONDS = 0.2


@dataclass(frozen=True, eq=False)
class TsneJob:
    """Fit items and samples together, or take the picture that the run has of them."""

    plane: ItemMap
    samples: tuple[Floats, ...]
    kind: ClassVar[str] = "tsne"
    urgency: ClassVar[int] = 6

    def run(self, session: Session) -> Iterator[Told]:
        from diffurec.inspection.tsne import TsnePictures

        vectors = np.concatenate([self.plane.vectors, *self.samples])
        pictures = TsnePictures(session.run, vectors)
        points = pictures.load()
        if points is not None:
            yield self._found(vectors, points)
            return
        try:
            yield from self._fit(vectors, pictures)
        except UserError as error:
            yield Fitted(None, self.plane, self.samples, str(error))

    def _fit(self, vectors: Floats, pictures: TsnePictures) -> Iterator[Told]:
        from diffurec.inspection.tsne import TsneProcess

        began = time.monotonic()
        with TsneProcess(vectors, len(self.plane.vectors)) as process:
            while (points := process.look()) is None:
                yield Fitting(process.share, time.monotonic() - began)
                yield Later(LOOK_SECONDS)
        pictures.save(points)
        yield self._found(vectors, points)

    def _found(self, vectors: Floats, points: Floats) -> Fitted:
        from diffurec.inspection.tsne import fitted_rows

        number = len(self.plane.vectors)
        rows = fitted_rows(number, len(vectors))
        layout = Neighbours(vectors[rows], points[rows])
        items = replace(self.plane, layout=layout, points=points[:number], samples=len(vectors) - number)
        return Fitted(items, self.plane, self.samples)


@dataclass(frozen=True, eq=False)
class PlaceJob:
    """Place vectors on a map that is no plane, one array after the other."""

    items: ItemMap
    wanted: tuple[Floats, ...]
    kind: ClassVar[str] = "places"
    urgency: ClassVar[int] = 1

    def run(self, session: Session) -> Iterator[Told]:
        for vectors in self.wanted:
            points = np.empty((len(vectors), 2), dtype=np.float32)
            for begin in range(0, len(vectors), ROWS):
                points[begin : begin + ROWS] = self.items.layout(vectors[begin : begin + ROWS])
                yield None  # a walk asked for in between goes first
            yield Placed(self.items, vectors, points)
