"""A loaded checkpoint and its users: the walks behind `trace`, `sample`, `recommend` and the explorer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from diffurec.checkpoint import load_checkpoint
from diffurec.config import Rounding
from diffurec.data.catalogue import Catalogue, load_catalogue
from diffurec.data.dataset import Dataset
from diffurec.diffusion import Draws, RowDraws, Step
from diffurec.errors import UserError
from diffurec.inspection.cases import Case
from diffurec.inspection.diversity import ItemFacts, item_facts
from diffurec.inspection.frames import Frame, Ranking, SampleSet
from diffurec.inspection.views import Fork, View, left_to_recommend
from diffurec.metrics import target_rank
from diffurec.model import Conditioning, DiffuRec
from diffurec.run import Run

SAMPLES_AT_ONCE = 50
ROUNDED_AT_ONCE = 8  # steps


class Inspector:
    """A model in evaluation mode, with names for what it ranks."""

    def __init__(self, model: DiffuRec, catalogue: Catalogue) -> None:
        self.model = model.eval()
        self.catalogue = catalogue

    @property
    def num_steps(self) -> int:
        """T: steps of a full walk."""
        return len(self.model.schedule)

    @cached_property
    def item_facts(self) -> ItemFacts:
        """What the measures of diversity know of the items: embeddings, categories, counts."""
        embeddings = self.model.item_embeddings.weight.detach().float().cpu().numpy()
        return item_facts(embeddings, self.catalogue.categories, self.catalogue.counts)

    @torch.no_grad()
    def walk(self, case: Case, seed: int, view: View = View(), forks: Sequence[Fork] = ()) -> Iterator[Frame]:
        """The reverse walk of one history, a frame a step; seed and forks name it exactly.

        Args:
            case: the history.
            seed: of x_T, and of every draw up to the first fork.
            view: how to walk and to round.
            forks: by rising step, 0 … S-1; at step 0 a fork shares x_T alone.

        Raises:
            UserError: the history is empty, a fork lies outside the walk or before another one.
        """
        history = self.condition(case)
        steps = self.steps(history, lambda own: RowDraws([own], self.model.device), seed, view, forks)
        waiting: list[Step] = []
        for step in steps:
            waiting.append(step)
            if len(waiting) > step.index // 2 or len(waiting) == ROUNDED_AT_ONCE:  # the first ones at once
                yield from self._frames(waiting, case, view)
                waiting = []
        if waiting:
            yield from self._frames(waiting, case, view)

    @torch.no_grad()
    def steps(
        self,
        history: Conditioning,
        draws_of: Callable[[int], Draws],
        seed: int,
        view: View = View(),
        forks: Sequence[Fork] = (),
    ) -> Iterator[Step]:
        """The steps behind `walk`, for a batch of histories.

        Args:
            history: what to condition on, B rows.
            draws_of: the draws under a seed, for all rows; asked anew at every fork.
            seed: of x_T, and of every draw up to the first fork.
            view: how to walk.
            forks: as in `walk`.

        Raises:
            UserError: a fork lies outside the walk or before another one.
        """
        num_steps = view.walk.steps or self.num_steps
        draws = draws_of(seed)
        x_t = draws.normal((history.e.shape[0], history.e.shape[2]))
        begin = 0
        for fork in (*forks, None):
            end = num_steps if fork is None else fork.step
            if not begin <= end or (fork is not None and end >= num_steps):
                raise UserError(f"a fork at step {end + 1} does not lie in what is left of {num_steps} steps")
            segment = self.model.walk(history, draws, view.walk, x_T=x_t, start=begin)
            for step in islice(segment, end - begin):
                yield step
                x_t = step.x_prev
            if fork is not None:
                begin, draws = end, draws_of(fork.seed)

    def sample(
        self, case: Case, seeds: Sequence[int], view: View = View(), *, at_once: int = SAMPLES_AT_ONCE
    ) -> Iterator[SampleSet]:
        """The lists of one walk a seed, `at_once` walks at a time.

        The list of seed s is that of `walk(case, s)`, up to rounding of the arithmetic.
        """
        for begin in range(0, len(seeds), at_once):
            for drawn in self.draw(case, seeds[begin : begin + at_once], view):
                if drawn is not None:
                    yield drawn

    @torch.no_grad()
    def draw(self, case: Case, seeds: Sequence[int], view: View = View()) -> Iterator[SampleSet | None]:
        """The lists of one walk a seed, all at once; before them None after every step, to wait at."""
        for x_0 in self.ends(case, seeds, view):
            if x_0 is None:
                yield None
                continue
            lists, ranks = self._lists(x_0, case, view)
            yield SampleSet(
                seeds=tuple(seeds),
                lists=lists.numpy(),
                target_ranks=None if case.target is None else ranks.numpy(),
            )

    @torch.no_grad()
    def ends(self, case: Case, seeds: Sequence[int], view: View = View()) -> Iterator[Tensor | None]:
        """The x_0 (N, D) in which one walk a seed ends; before it None after every step, to wait at."""
        history = self.condition(case).expand(len(seeds))
        x_0: Tensor | None = None
        for step in self.model.walk(history, RowDraws(seeds, self.model.device), view.walk):
            x_0 = step.x_prev
            yield None
        yield x_0

    @torch.no_grad()
    def recommend(
        self, histories: Sequence[Sequence[int]], seed: int, view: View = View()
    ) -> tuple[Tensor, Tensor]:
        """Top items and their scores for many histories, (B, K) each.

        Row i is what `walk` ends with for its history and `seed`, whatever else is in the batch:
        histories of one length go together, so that no draw is spent on padding. Where fewer than K
        items are left to recommend, the rest of a row scores -inf.
        """
        cases = [Case(tuple(history)) for history in histories]
        shape = (len(cases), min(view.top_k, self.model.num_items))
        items, scores = torch.zeros(shape, dtype=torch.int64), torch.zeros(shape)
        max_len = self.model.config.data.max_len
        by_length: dict[int, list[int]] = {}
        for row, case in enumerate(cases):
            by_length.setdefault(min(len(case.history), max_len), []).append(row)
        for rows in by_length.values():
            part = [cases[row] for row in rows]
            draws = RowDraws([seed] * len(part), self.model.device)
            x_0 = self.model.walk_to_end(self.condition(*part), draws, view.walk)
            top = self.candidates(x_0, part, view).topk(shape[1], dim=-1)
            items[rows], scores[rows] = top.indices.cpu(), top.values.cpu()
        return items, scores

    def condition(self, *cases: Case) -> Conditioning:
        """The histories of `cases` as the model reads them.

        Raises:
            UserError: one is empty.
        """
        return self.model.condition(self._histories(cases))

    def _histories(self, cases: Sequence[Case]) -> Tensor:
        """What the model sees of the histories, padded on the left, (B, L)."""
        max_len = self.model.config.data.max_len
        recent = [case.history[-max_len:] for case in cases]
        if not all(recent):
            raise UserError("the history is empty; give at least one known item")
        width = max_len if self.model.needs_full_width else max(map(len, recent))
        padded = [[0] * (width - len(history)) + list(history) for history in recent]
        return torch.tensor(padded, device=self.model.device)

    def candidates(
        self, x: Tensor, cases: Sequence[Case], view: View, rounding: Rounding | None = None
    ) -> Tensor:
        """Scores (B, V+1) with padding, and on request items of the history, at -inf."""
        seen_by_model = None if self.model.repeats is None else self._histories(cases)
        scores = self.model.round(x, rounding or view.walk.rounding, seen_by_model)
        scores[:, 0] = float("-inf")
        if view.exclude_seen:
            for row, case in enumerate(cases):
                seen = [item for item in set(case.history) if item != case.target]
                scores[row, seen] = float("-inf")
        return scores

    def _k(self, case: Case, view: View) -> int:
        """Length of a list: k, or as many items as are left to recommend.

        Raises:
            UserError: none is.
        """
        left = left_to_recommend(case, self.model.num_items, exclude_seen=view.exclude_seen)
        if left == 0:
            raise UserError("the history has every item of the catalogue; keep seen items as candidates")
        return min(view.top_k, left)

    def _lists(self, x_0: Tensor, case: Case, view: View) -> tuple[Tensor, Tensor]:
        candidates = self.candidates(x_0, [case] * len(x_0), view)
        targets = torch.full((len(x_0),), case.target or 0, device=candidates.device)
        top = candidates.topk(self._k(case, view), dim=-1).indices
        return top.cpu(), target_rank(candidates, targets).cpu()

    def _frames(self, steps: Sequence[Step], case: Case, view: View) -> Iterator[Frame]:
        """Both lenses of some steps, rounded together: the table is what takes time to read."""
        states = torch.cat([vector for step in steps for vector in (step.x_0_hat, step.x_t)])  # (2 S, D)
        candidates = self.candidates(states, [case] * len(states), view)
        log_p = (candidates / view.temperature).log_softmax(-1)
        p = log_p.exp()
        entropy = -torch.where(p > 0, p * log_p, 0.0).sum(-1).cpu().numpy()
        top = candidates.topk(self._k(case, view), dim=-1)
        items, scores = top.indices.cpu().numpy(), top.values.cpu().numpy()
        probabilities = p.gather(1, top.indices).cpu().numpy()
        targets = torch.full((len(states),), case.target or 0, device=candidates.device)
        ranks = target_rank(candidates, targets).cpu().numpy()

        def ranking(row: int) -> Ranking:
            return Ranking(
                items=items[row],
                scores=scores[row],
                probabilities=probabilities[row],
                entropy=float(entropy[row]),
                target_rank=None if case.target is None else int(ranks[row]),
            )

        for number, step in enumerate(steps):
            yield Frame(
                index=step.index,
                t=step.t,
                x_0_hat=ranking(2 * number),
                x_t=ranking(2 * number + 1),
                moved=float(torch.dist(step.x_prev, step.x_t)),
                alphas_cumprod=float(self.model.schedule.alphas_cumprod[step.t]),
                x_0_hat_vector=step.x_0_hat[0].cpu().numpy(),
                x_t_vector=step.x_t[0].cpu().numpy(),
            )


def load_inspector(run: Run, dataset: Dataset | None = None, device: str = "cpu") -> Inspector:
    """Load a run's weights and titles.

    Args:
        run: an opened run.
        dataset: where titles come from if the run has no copy of its own.
        device: where to put the model.

    Raises:
        UserError: no weights yet, or they do not fit the configuration.
    """
    model = load_model(run, device)
    fallback: Path | None = dataset.path / "items.parquet" if dataset else None
    return Inspector(model, load_catalogue(run.num_items, run.items_path, fallback))


def load_model(run: Run, device: str | torch.device = "cpu") -> DiffuRec:
    """The model of a run with its weights, in evaluation mode.

    Raises:
        UserError: no weights yet, or they do not fit the configuration.
    """
    path = run.weights_path
    checkpoint = load_checkpoint(path)
    model = DiffuRec(run.num_items, run.config)
    try:
        model.load_state_dict(checkpoint.weights)
    except RuntimeError as error:
        reason = str(error).split("\n")[-1].strip()
        raise UserError(f"{path}: does not fit the run's config.json: {reason}") from None
    return model.to(device).eval()
