"""What the list of users orders and filters by, once the first walk is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from textual.message import Message

from diffurec.inspection.cases import case_targets
from diffurec_tui.jobs.base import Session
from diffurec_tui.messages import UsersSorted

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False)
class UsersJob:
    """Order all ids, and count how often each true next item was trained on."""

    ids: pl.Series
    kind: ClassVar[str] = "users"
    urgency: ClassVar[int] = 2

    def run(self, session: Session) -> Iterator[Message | None]:
        from diffurec.data.catalogue import order_of_ids

        targets = case_targets(session.dataset)
        yield None
        popularity = session.dataset.training_counts().astype(np.int32)[targets]
        yield None
        yield UsersSorted(order_of_ids(self.ids), targets, popularity)
