"""`diffurec evaluate`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diffurec.errors import UserError
from diffurec_tui.cli.console import narrate, narrator, print_json, results
from diffurec_tui.cli.options import Ckpt, Data, Device, ExcludeSeen, Json, Seed, Steps

if TYPE_CHECKING:
    from diffurec.evaluate import Progress

app = typer.Typer()


@app.command()
def evaluate(
    ckpt: Ckpt,
    split: Annotated[str, typer.Option(help="test or val.")] = "test",
    steps: Steps = None,
    seed: Seed = 0,
    exclude_seen: ExcludeSeen = False,
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
    """HR, NDCG and MRR over the whole catalogue, beside those of recommending what is popular."""
    from diffurec.device import choose_device
    from diffurec.evaluate import choose_users, popularity_baseline
    from diffurec.evaluate import evaluate as rank_targets
    from diffurec.inspection.inspector import load_model
    from diffurec.run import open_run

    if split not in ("test", "val"):
        raise UserError(f"--split {split}: there are test and val")
    run = open_run(ckpt)
    chosen = choose_device(device)
    model = load_model(run, chosen)
    if steps is not None:
        model.schedule.respace(steps)  # refuses a length that this model cannot walk
    dataset = run.dataset(data)
    evaluated = choose_users(dataset, split, users)
    if not len(evaluated):
        raise UserError(f"{dataset.path}: no user has a target in the {split} part")
    excerpt = dataset.info.get("excerpt")
    if excerpt:
        narrate(
            f"evaluating on the run's own excerpt of its data: {dataset.num_users} of"
            f" {excerpt['users']} users, {excerpt['recent_items']} recent items each"
        )
    started = time.perf_counter()
    with _Bar(len(evaluated)) as bar:
        result = rank_targets(
            model,
            dataset,
            evaluated,
            split,
            max_len=run.config.data.max_len,
            device=chosen,
            seed=seed,
            steps=steps,
            exclude_seen=exclude_seen,
            batch_size=batch_size,
            progress=bar,
        )
    seconds = time.perf_counter() - started
    popular = popularity_baseline(dataset, evaluated, split, exclude_seen=exclude_seen)
    report: dict[str, Any] = {
        "run": str(run.path),
        "weights": run.weights_path.name,
        "data": {"name": dataset.name, "sha256": dataset.sha256, "excerpt": bool(excerpt)},
        "split": split,
        "users": len(evaluated),
        "steps": steps or len(model.schedule),
        "seed": seed,
        "exclude_seen": exclude_seen,
        "batch_size": batch_size,
        "metrics": result.metrics,
        "popularity": popular.metrics,
        "seconds": seconds,
    }
    if json_:
        print_json(report)
    else:
        _table(report)


def _table(report: dict[str, Any]) -> None:
    from rich.table import Table

    seen = "left out" if report["exclude_seen"] else "kept as candidates"
    table = Table(
        title=f"{report['data']['name']}, {report['split']}: {report['users']} users,"
        f" {report['steps']} steps, seed {report['seed']}, items of the history {seen}",
        caption="percent, mean over users, every item of the catalogue ranked",
    )
    table.add_column("")
    for name in report["metrics"]:
        table.add_column(name, justify="right")
    for label, key in (("DiffuRec", "metrics"), ("most popular", "popularity")):
        table.add_row(label, *(f"{value:.2f}" for value in report[key].values()))
    results().print(table)


class _Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, total: int) -> None:
        from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

        self.progress = Progress(
            *Progress.get_default_columns()[:2],
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=narrator(),
            disable=not sys.stderr.isatty(),
            transient=True,
        )
        self.task = self.progress.add_task("users", total=total)

    def __enter__(self) -> Progress:
        self.progress.start()
        return lambda done, total: self.progress.update(self.task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self.progress.stop()
