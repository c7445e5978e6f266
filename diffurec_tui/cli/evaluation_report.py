"""What `diffurec evaluate` found, as JSON values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from diffurec.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from diffurec.data.catalogue import Catalogue
    from diffurec.data.dataset import Dataset, IntArray, Split
    from diffurec.evaluate import Evaluation
    from diffurec.run import Run
    from diffurec.strata import Group

DIMENSIONS = ("length", "popularity", "category")
"""What `--by` takes."""
IN_STRATA = ("HR@10", "NDCG@10")
LEAKAGE = (
    "leave-one-out split: what other users did after these targets is in the training part, so the figures"
    " tell less of the future than those of `diffurec data prepare --split temporal`"
)


@dataclass(frozen=True)
class Ranked:
    """What a run made of the users, and what is needed to measure its lists."""

    run: Run
    result: Evaluation
    steps: int
    embeddings: npt.NDArray[np.float32] | None = None
    """Item table, (V+1, D), where lists are measured."""


class Subject:
    """The data that is evaluated on, and what the figures need of it, read when it is asked for."""

    def __init__(self, dataset: Dataset, users: IntArray, split: Split, run: Run) -> None:
        self.dataset = dataset
        self.users = users
        self.split: Split = split
        self.run = run

    @cached_property
    def counts(self) -> IntArray:
        """How often each item occurs in the training part, (V+1,)."""
        return self.dataset.training_counts()

    @cached_property
    def targets(self) -> npt.NDArray[np.int32]:
        """The true item of each user."""
        return self.dataset.items[self.dataset.target_positions(self.users, self.split)]

    @cached_property
    def lengths(self) -> IntArray:
        """Items before it."""
        return self.dataset.target_positions(self.users, self.split) - self.dataset.offsets[self.users]

    @cached_property
    def catalogue(self) -> Catalogue:
        from diffurec.data.catalogue import load_catalogue

        own = self.dataset.path / "items.parquet"
        return load_catalogue(self.dataset.num_items, self.run.items_path, own)

    @property
    def excerpt(self) -> dict[str, Any] | None:
        return self.dataset.info.get("excerpt")

    @property
    def warnings(self) -> list[str]:
        """What the reader of the figures should know."""
        found = [LEAKAGE] if self.dataset.info["split"] == "leave-one-out" else []
        if self.excerpt:
            found.append(
                f"evaluating on the run's own excerpt of its data: {self.dataset.num_users} of"
                f" {self.excerpt['users']} users, {self.excerpt['recent_items']} recent items each; what is"
                " popular, and how long histories are, is counted in it"
            )
        return found

    def groups(self, dimension: str) -> dict[str, list[Group]]:
        """The users in groups, by what `--by` names.

        Raises:
            UserError: the items have no categories.
        """
        from diffurec.strata import category_groups, head_and_tail, quantile_groups

        if dimension == "length":
            return {"length": quantile_groups(self.lengths)}
        if dimension == "popularity":
            head = head_and_tail(self.targets, self.counts)
            return {"popularity": quantile_groups(self.counts[self.targets]), "head": head}
        names = [frozenset(filter(None, text.split("|"))) for text in self.catalogue.categories]
        groups = category_groups(self.targets, names)
        if not groups:
            raise UserError(f"--by category: the items of {self.dataset.path} have no categories")
        return {"category": groups}


def base_report(subject: Subject, ranked: Ranked, popular: Evaluation) -> dict[str, Any]:
    """Which data and run, the metrics with their intervals, and those of the baseline."""
    from diffurec.metrics import TIES
    from diffurec.uncertainty import LEVEL, RESAMPLES

    dataset = subject.dataset
    untrained = int((subject.counts[subject.targets] == 0).sum())
    return {
        **_run(ranked),
        "data": {
            "name": dataset.name,
            "sha256": dataset.sha256,
            "excerpt": bool(subject.excerpt),
            "split": dataset.info["split"],
            "items": dataset.num_items,
        },
        "warnings": subject.warnings,
        "split": subject.split,
        "users": len(subject.users),
        "untrained_targets": None if subject.excerpt else untrained,
        "steps": ranked.steps,
        "ties": TIES,
        "level": LEVEL,
        "resamples": RESAMPLES,
        **_metrics(ranked.result),
        "popularity": popular.metrics,
        "popularity_intervals": _metrics(popular)["intervals"],
    }


def strata_report(
    subject: Subject, result: Evaluation, popular: Evaluation, dimensions: tuple[str, ...]
) -> dict[str, Any]:
    """HR@10 and NDCG@10 of each group of users."""
    from diffurec.strata import measure

    report: dict[str, Any] = {}
    for dimension in dimensions:
        for name, groups in subject.groups(dimension).items():
            report[name] = [
                {
                    "label": stratum.label,
                    "users": stratum.users,
                    "metrics": {metric: stratum.metrics[metric] for metric in IN_STRATA},
                    "intervals": {metric: stratum.intervals[metric] for metric in IN_STRATA},
                    "popularity": {metric: baseline.metrics[metric] for metric in IN_STRATA},
                }
                for group in groups
                for stratum, baseline in [(measure(result.ranks, group), measure(popular.ranks, group))]
            ]
    return report


def lists_report(subject: Subject, ranked: Ranked, result: Evaluation) -> dict[str, float]:
    """The measures of the lists of `result`, the run's own or the baseline's, by the run's embeddings."""
    from diffurec.beyond_accuracy import beyond_accuracy, histories_before
    from diffurec.inspection.diversity import item_facts

    assert result.lists is not None
    assert ranked.embeddings is not None
    facts = item_facts(ranked.embeddings, subject.catalogue.categories, subject.counts)
    histories = histories_before(subject.dataset, subject.users, subject.split)
    return asdict(beyond_accuracy(result.lists.items, histories, subject.counts, facts))


def against_report(ranked: Ranked, other: Ranked) -> dict[str, Any]:
    """The other run's metrics, and for each the difference to it with interval and p."""
    from diffurec.uncertainty import FLIPS, compare

    differences = compare(ranked.result.ranks, other.result.ranks)
    return {
        **_run(other),
        "steps": other.steps,
        **_metrics(other.result),
        "flips": FLIPS,
        "differences": {name: asdict(difference) for name, difference in differences.items()},
    }


def _run(ranked: Ranked) -> dict[str, Any]:
    return {"run": str(ranked.run.path), "weights": ranked.run.weights_path.name}


def _metrics(result: Evaluation) -> dict[str, Any]:
    from diffurec.uncertainty import bootstrap_intervals

    return {"metrics": result.metrics, "intervals": bootstrap_intervals(result.ranks)}
