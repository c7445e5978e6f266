"""Which items of a history carry the recommendation: leave each one out, or see where the model looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from diffurec.diffusion import RowDraws, Step
from diffurec.inspection.cases import Case
from diffurec.inspection.inspector import Inspector
from diffurec.inspection.views import Fork, View

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Influence:
    """Of each item of the history that the model sees, oldest first: (n,) each."""

    on_top: Floats
    """How much log p of the recommendation's first item falls when this item is missing."""
    on_target: Floats | None
    """The same for the true next item; None where it is unknown."""
    attention: Floats
    """Share of the last position's attention in the last block at the last step, mean over heads."""


class RememberedDraws:
    """Draws, and keeps the last noise that went into λ."""

    def __init__(self, device: torch.device) -> None:
        self._draws = RowDraws([], device)
        self.of_lambda = torch.empty(0)

    def under(self, seed: int) -> RememberedDraws:
        """Draw under this seed from here on."""
        self._draws = RowDraws([seed], self._draws.device)
        return self

    def normal(self, shape: Sequence[int]) -> Tensor:
        drawn = self._draws.normal(shape)
        if len(shape) == 3:
            self.of_lambda = drawn
        return drawn


class RepeatedDraws:
    """Gives one tensor again and again."""

    def __init__(self, drawn: Tensor) -> None:
        self._drawn = drawn

    def normal(self, shape: Sequence[int]) -> Tensor:
        return self._drawn.expand(*shape)


class LeaveOneOutDraws:
    """Row r draws what the whole history draws, without what falls to its missing item.

    So the walks differ by that item alone, and not by the noise.
    """

    def __init__(self, seed: int, kept: Tensor, width: int, device: torch.device) -> None:
        """Set up.

        Args:
            seed: of the whole history's walk.
            kept: position in the whole history's window of each position of row r, (n, L).
            width: positions of the whole history's window.
            device: where the noise is wanted.
        """
        self._generator = torch.Generator().manual_seed(seed)
        self._kept, self._width, self._device = kept, width, device

    def normal(self, shape: Sequence[int]) -> Tensor:
        if len(shape) == 2:  # x_T and ε': the same for all
            return torch.randn(shape[1], generator=self._generator).expand(*shape).to(self._device)
        whole = torch.randn(self._width, shape[2], generator=self._generator)
        return whole[self._kept].to(self._device)


@torch.no_grad()
def influence(
    inspector: Inspector,
    case: Case,
    seed: int,
    view: View = View(),
    forks: Sequence[Fork] = (),
    stop: Callable[[], bool] = lambda: False,
) -> Influence | None:
    """Leave each item out of a history, all in one batch, and walk again with the same draws.

    Args:
        inspector: the model.
        case: the history.
        seed: of the walk.
        view: how it is walked and rounded.
        forks: where it leaves other walks, as in `Inspector.walk`.
        stop: asked before each step; True gives up.

    Returns:
        None where `stop` said so in between; NaN influence for a history of one item, of which
        nothing would be left.

    Raises:
        UserError: the history is empty.
    """
    model = inspector.model
    max_len = model.config.data.max_len
    window = case.history[-max_len:]
    n = len(window)
    whole_draws = RememberedDraws(model.device)
    history = inspector.condition(Case(window))
    last: Step | None = None
    for step in inspector.steps(history, whole_draws.under, seed, view, forks):
        if stop():
            return None
        last = step
    assert last is not None  # a schedule has at least one step
    lam = model.draw_lambda(RepeatedDraws(whole_draws.of_lambda), history.e, view.walk.lambda_scale)
    timestep = torch.tensor([last.t], device=model.device)
    attention = model.attention_of_last(history, last.x_t, timestep, lam)[0].mean(0)[-n:]  # (n,)
    if n == 1:
        nothing = np.full(1, np.nan, dtype=np.float32)
        return Influence(nothing, None if case.target is None else nothing, attention.cpu().numpy())

    padding = history.e.shape[1] - n
    without = [Case(window[:i] + window[i + 1 :]) for i in range(n)]
    kept = _kept(n, padding, full_width=model.needs_full_width)
    shorter = inspector.condition(*without)
    x_0: Tensor | None = None

    def shared(own: int) -> LeaveOneOutDraws:
        return LeaveOneOutDraws(own, kept, n + padding, model.device)

    for step in inspector.steps(shorter, shared, seed, view, forks):
        if stop():
            return None
        x_0 = step.x_prev
    assert x_0 is not None
    # What may be ranked is what may be ranked after the whole history.
    before = inspector.candidates(last.x_prev, [case], view).log_softmax(-1)[0]  # (V+1,)
    after = inspector.candidates(x_0, [case] * n, view).log_softmax(-1)  # (n, V+1)

    def fall(item: int) -> Floats:
        return (before[item] - after[:, item]).cpu().numpy()

    on_target = None if case.target is None else fall(case.target)
    return Influence(fall(int(before.argmax())), on_target, attention.cpu().numpy())


def _kept(n: int, padding: int, *, full_width: bool) -> Tensor:
    """Where the positions of the history without item r come from, for each r: (n, L).

    Without padding L is n - 1. In a window of full width the items before the missing one move up by
    one, and the padding gains a position, which takes over what the missing one drew.
    """
    rows: list[list[int]] = []
    for r in range(padding, padding + n):
        others = [*range(r), *range(r + 1, padding + n)]
        rows.append([r, *others] if full_width else others)
    return torch.tensor(rows)
