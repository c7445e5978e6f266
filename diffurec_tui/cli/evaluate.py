"""`diffurec evaluate`."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diffurec.errors import UserError
from diffurec.parallel import World
from diffurec_tui.cli.console import narrate, narrator, print_json
from diffurec_tui.cli.options import Ckpt, Data, Device, ExcludeSeen, Json, Seed, Steps

if TYPE_CHECKING:
    from diffurec.data.dataset import Dataset, IntArray, Split
    from diffurec.evaluate import Evaluation, Progress
    from diffurec.run import Run

app = typer.Typer()

LEAKAGE = (
    "leave-one-out split: what other users did after these targets is in the training part, so the figures"
    " tell less of the future than those of `diffurec data prepare --split temporal`"
)


@app.command()
def evaluate(
    ckpt: Ckpt,
    split: Annotated[str, typer.Option(help="test or val.")] = "test",
    steps: Steps = None,
    seed: Seed = 0,
    exclude_seen: ExcludeSeen = False,
    samples: Annotated[
        int,
        typer.Option(
            "--samples", min=1, max=1000, help="Walks a user; items are ranked by their mean probability."
        ),
    ] = 1,
    users: Annotated[
        int, typer.Option("--users", min=0, help="A fixed random subset of this size; 0 for all.")
    ] = 0,
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, max=1_000_000, help="Users a batch.")
    ] = 512,
    data: Data = None,
    device: Device = "auto",
    json_: Json = False,
) -> None:
    """HR, NDCG and MRR over the whole catalogue, beside those of recommending what is popular.

    With 95 % bootstrap intervals over users. Under torchrun, the processes share the users out.
    """
    from diffurec.launch import joined

    if split not in ("test", "val"):
        raise UserError(f"--split {split}: there are test and val")
    walks = Walks(split, steps, seed, exclude_seen, samples, batch_size, device)
    with joined() as world:
        with world.together():
            run, dataset, chosen = _open(ckpt, data, split, users)
        if world.first:
            _narrate_what_to_know(dataset)
        started = time.perf_counter()
        result, length = _rank(run, dataset, chosen, walks, world)
        seconds = time.perf_counter() - started
    if not world.first:
        return
    report = {**_base_report(run, dataset, result, walks, length), "seconds": seconds}
    if json_:
        print_json(report)
    else:
        from diffurec_tui.cli.evaluation_tables import print_tables

        print_tables(report)


@dataclass(frozen=True)
class Walks:
    """How users are ranked, as asked for."""

    split: Split
    steps: int | None
    seed: int
    exclude_seen: bool
    samples: int
    batch_size: int
    device: str


def _open(ckpt: Path, data: Path | None, split: Split, limit: int) -> tuple[Run, Dataset, IntArray]:
    from diffurec.evaluate import choose_users
    from diffurec.run import open_run

    run = open_run(ckpt)
    dataset = run.dataset(data)
    users = choose_users(dataset, split, limit)
    if not len(users):
        raise UserError(f"{dataset.path}: no user has a target in the {split} part")
    return run, dataset, users


def _rank(run: Run, dataset: Dataset, users: IntArray, walks: Walks, world: World) -> tuple[Evaluation, int]:
    """Rank the users' targets by the model of a run; also how many steps its walks have."""
    from diffurec.device import choose_device
    from diffurec.evaluate import evaluate as rank_targets
    from diffurec.inspection.inspector import load_model

    with world.together():
        chosen = choose_device(walks.device, one_a_process=not world.alone)
        model = load_model(run, chosen)
        if walks.steps is not None:
            model.schedule.respace(walks.steps)  # refuses a length that this model cannot walk
    with _Bar(len(users), visible=world.first) as bar:
        result = rank_targets(
            model,
            dataset,
            users,
            walks.split,
            max_len=run.config.data.max_len,
            device=chosen,
            seed=walks.seed,
            steps=walks.steps,
            exclude_seen=walks.exclude_seen,
            samples=walks.samples,
            batch_size=walks.batch_size,
            progress=bar,
            world=world,
        )
    return result, walks.steps or len(model.schedule)


def _narrate_what_to_know(dataset: Dataset) -> None:
    excerpt = dataset.info.get("excerpt")
    if excerpt:
        narrate(
            f"evaluating on the run's own excerpt of its data: {dataset.num_users} of"
            f" {excerpt['users']} users, {excerpt['recent_items']} recent items each"
        )
    if dataset.info["split"] == "leave-one-out":
        narrate(f"warning: {LEAKAGE}")


def _base_report(run: Run, dataset: Dataset, result: Evaluation, walks: Walks, steps: int) -> dict[str, Any]:
    from diffurec.evaluate import popularity_baseline
    from diffurec.metrics import TIES
    from diffurec.uncertainty import LEVEL, RESAMPLES, bootstrap_intervals

    counts = dataset.training_counts()
    targets = dataset.items[dataset.target_positions(result.users, walks.split)]
    popular = popularity_baseline(
        dataset, result.users, walks.split, exclude_seen=walks.exclude_seen, counts=counts
    )
    return {
        "run": str(run.path),
        "weights": run.weights_path.name,
        "data": {
            "name": dataset.name,
            "sha256": dataset.sha256,
            "excerpt": bool(dataset.info.get("excerpt")),
            "split": dataset.info["split"],
            "items": dataset.num_items,
        },
        "warnings": [LEAKAGE] if dataset.info["split"] == "leave-one-out" else [],
        "split": walks.split,
        "users": len(result.users),
        "untrained_targets": int((counts[targets] == 0).sum()),
        "steps": steps,
        "seed": walks.seed,
        "samples": walks.samples,
        "exclude_seen": walks.exclude_seen,
        "batch_size": walks.batch_size,
        "ties": TIES,
        "metrics": result.metrics,
        "popularity": popular.metrics,
        "intervals": {
            "level": LEVEL,
            "resamples": RESAMPLES,
            "metrics": bootstrap_intervals(result.ranks),
            "popularity": bootstrap_intervals(popular.ranks),
        },
    }


class _Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, total: int, *, visible: bool) -> None:
        from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

        self.progress = Progress(
            *Progress.get_default_columns()[:2],
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=narrator(),
            disable=not (visible and sys.stderr.isatty()),
            transient=True,
        )
        self.task = self.progress.add_task("users", total=total)

    def __enter__(self) -> Progress:
        self.progress.start()
        return lambda done, total: self.progress.update(self.task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self.progress.stop()
