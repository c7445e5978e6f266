"""A search for settings: Optuna proposes, every trial is an ordinary run, the best validation figure decides.

The study lies as a journal in the output folder beside the trials' run folders, so a search goes on where it
was stopped. A trial whose validations are below the median of the others' at the same epoch stops early.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffurec.config import Config
from diffurec.data.dataset import Dataset
from diffurec.errors import UserError
from diffurec.recipe import build_config
from diffurec.search_space import Dimension

if TYPE_CHECKING:
    import optuna

JOURNAL = "study.jsonl"
STARTUP_TRIALS = 4
"""Trials that run to their end before any is stopped early, and that are drawn at random."""

Train = Callable[[Config, Path, Callable[[int, float], bool]], float]
"""(configuration, run folder, report) -> best figure; `report(epoch, figure)` says whether to stop."""


@dataclass(frozen=True)
class TrialResult:
    """One trial, finished or stopped early."""

    number: int
    state: str
    """finished, stopped early, failed or interrupted."""
    value: float | None
    settings: dict[str, Any]
    epochs: int
    """Of the last validation."""


def optuna_or_refuse() -> Any:
    """The library.

    Raises:
        UserError: it is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise UserError('a search needs Optuna; pip install "diffurec[tune]"') from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def open_study(folder: Path, dataset: Dataset, base: Config, space: Sequence[Dimension]) -> optuna.Study:
    """Begin a study in `folder`, or go on with the one that is there.

    Raises:
        UserError: Optuna is missing, or the study there is of other data, settings or space.
    """
    library = optuna_or_refuse()
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    folder.mkdir(parents=True, exist_ok=True)
    path = str(folder / JOURNAL)
    storage = library.storages.JournalStorage(JournalFileBackend(path, JournalFileOpenLock(path)))
    study = library.create_study(
        storage=storage,
        study_name="diffurec",
        direction="maximize",
        load_if_exists=True,
        sampler=library.samplers.TPESampler(seed=base.train.seed, n_startup_trials=STARTUP_TRIALS),
        pruner=library.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS, n_warmup_steps=1),
    )
    asked = {"data": dataset.sha256, "base": repr(base), "space": repr(space)}
    before: Mapping[str, Any] = study.user_attrs
    for name, value in asked.items():
        if before.get(name, value) != value:
            raise UserError(
                f"{folder}: its search was begun with another {name}; take another --out, or the same {name}"
            )
        study.set_user_attr(name, value)
    return study


def search(
    study: optuna.Study,
    folder: Path,
    base: Config,
    space: Sequence[Dimension],
    train: Train,
    *,
    trials: int,
    finished: Callable[[TrialResult], None] = lambda _: None,
) -> None:
    """Run trials until `trials` of the study have come to an end.

    Args:
        study: from `open_study`.
        folder: where the run folders go, as trial-NUMBER.
        base: what no dimension varies.
        space: what is varied.
        train: trains one configuration.
        trials: how many there shall be in all, those of earlier searches included.
        finished: called after each.
    """
    library = optuna_or_refuse()

    def objective(trial: optuna.Trial) -> float:
        chosen: dict[str, dict[str, Any]] = {}
        for dimension in space:
            section, _, name = dimension.key.partition(".")
            chosen.setdefault(section, {})[name] = dimension.suggest(trial)  # pyright: ignore[reportArgumentType]
        stop = False

        def report(epoch: int, value: float) -> bool:
            nonlocal stop
            trial.report(value if math.isfinite(value) else 0.0, epoch)
            stop = stop or trial.should_prune()
            return stop

        value = train(laid_over(base, chosen), folder / f"trial-{trial.number}", report)
        if stop:
            raise library.TrialPruned
        return value

    while len(ended(study)) < trials:
        study.optimize(objective, n_trials=1, catch=(UserError,))
        finished(results(study)[-1])


def laid_over(base: Config, tables: Mapping[str, Mapping[str, Any]]) -> Config:
    """A configuration with some settings changed."""
    from dataclasses import asdict

    return build_config(asdict(base), tables)


def ended(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """Trials that came to an end of their own, good or bad."""
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.name in _STATES]


_STATES = {"COMPLETE": "finished", "PRUNED": "stopped early", "FAIL": "failed"}


def results(study: optuna.Study) -> list[TrialResult]:
    """All trials in their order; a stopped one has the last figure that it reported."""
    found: list[TrialResult] = []
    for trial in study.get_trials(deepcopy=False):
        told = trial.intermediate_values
        value = trial.value if trial.value is not None else (told[max(told)] if told else None)
        state = _STATES.get(trial.state.name, "interrupted")
        found.append(TrialResult(trial.number, state, value, dict(trial.params), max(told, default=0)))
    return found


def best_of(found: Sequence[TrialResult]) -> TrialResult | None:
    """The finished trial with the highest figure, the earlier of two alike."""
    done = [one for one in found if one.state == "finished" and one.value is not None]
    return max(done, key=lambda one: (one.value or 0.0, -one.number), default=None)
