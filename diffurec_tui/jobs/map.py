"""All items in two dimensions, once for each model that is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from textual.message import Message

from diffurec_tui.jobs.base import Session
from diffurec_tui.messages import Mapped


@dataclass(frozen=True)
class MapJob:
    """Find the plane in which the items differ the most."""

    kind: ClassVar[str] = "map"
    urgency: ClassVar[int] = 5

    def run(self, session: Session) -> Iterator[Message | None]:
        from diffurec.inspection.projection import principal_plane
        from diffurec_tui.mapping import ItemMap

        table = session.inspector.model.item_embeddings.weight
        vectors = table.detach()[1:].float().cpu().numpy()  # without padding; on a CPU the model's own memory
        if not np.isfinite(vectors).all():
            yield Mapped(None)
            return
        projection = principal_plane(vectors)
        yield Mapped(
            ItemMap(
                layout=projection,
                vectors=vectors,
                points=projection(vectors),
                counts=session.dataset.training_counts()[1:],
                categories=session.inspector.catalogue.categories,
            )
        )
