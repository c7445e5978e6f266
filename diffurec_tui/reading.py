"""What a walk amounts to: its states, and one line that says where it settled.

A walk of T steps has T + 1 states: the x_t of its T frames, from pure noise on, and x_0, in which it ends.
State number k is what k steps have made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from diffurec.inspection.frames import Lens, Ranking, Trajectory, settled_from, share_of
from diffurec_tui.snapshots import RunFacts
from diffurec_tui.widgets.text import symbols

SMALL_LAMBDA = 0.01
"""λ0 below which f_θ hardly sees the state."""


@dataclass(frozen=True, eq=False)
class States:
    """A walk, or the beginning of one, state by state."""

    trajectory: Trajectory

    @property
    def num_steps(self) -> int:
        return self.trajectory.num_steps

    @property
    def last(self) -> int:
        """Number of the last state there is."""
        frames = len(self.trajectory.frames)
        return frames if self.trajectory.complete else frames - 1

    def ranking(self, index: int, lens: Lens) -> Ranking:
        """State `index` rounded, or what the model reads out of it; x_0 is both."""
        frames = self.trajectory.frames
        return frames[index].ranking(lens) if index < len(frames) else frames[-1].x_0_hat

    def t(self, index: int) -> int | None:
        """Timestep of the state; None for x_0."""
        frames = self.trajectory.frames
        return frames[index].t if index < len(frames) else None

    def rankings(self, lens: Lens) -> list[Ranking]:
        return [self.ranking(index, lens) for index in range(self.last + 1)]

    @cached_property
    def final(self) -> frozenset[int]:
        """The items the walk recommends; of an unfinished one, those read out last."""
        return frozenset(self.ranking(self.last, "x_0_hat").items.tolist())

    def overlap(self, lens: Lens) -> tuple[float, ...]:
        """Share of each state's top-k that is recommended in the end."""
        return tuple(share_of(self.final, one) for one in self.rankings(lens))

    def locked_in(self, k: int, lens: Lens) -> int:
        """Number of the first state from which on the set of the top k stays as it is."""
        return settled_from(self.rankings(lens), k)


def note(states: States, facts: RunFacts, lambda_scale: float = 1.0) -> str:
    """Where the read-out and the state settled, and what that says of the model."""
    sign, k = symbols(), len(states.final)
    if not states.trajectory.complete:
        return f"walking{sign.more} {states.last}/{states.num_steps}"
    top, whole = states.locked_in(1, "x_0_hat"), states.locked_in(k, "x_0_hat")
    at_first = round(k * states.overlap("x_0_hat")[0])
    small = abs(facts.lambda_mean * lambda_scale) < SMALL_LAMBDA and at_first > k / 2
    lam = f"{sign.lam}0 = {facts.lambda_mean:g}"
    if lambda_scale != 1:
        lam += f" {sign.times} {lambda_scale:g}"
    why = f" ({lam}: the model hardly looks at x_t)" if small else ""
    if whole == 0:
        reads = f"{sign.x_0_hat} is settled from the start{why}"
    else:
        locked = f"top-1 locked at step {top}, top-{k} at {whole}"
        reads = f"{sign.x_0_hat}: {at_first} of {k} from the start, {locked}{why}"
    before_last = round(k * states.overlap("x_t")[-2])
    if before_last < k / 2:  # the last step takes x̂_0 as it is, wherever the state was
        state = f"x_t: {before_last} of {k} until the last step"
    else:
        state = (
            f"x_t: top-1 locked at step {states.locked_in(1, 'x_t')}, top-{k} at {states.locked_in(k, 'x_t')}"
        )
    return f"{reads} {sign.dot} {state}"
