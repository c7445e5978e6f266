"""`diffurec tune`."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diffurec.errors import UserError
from diffurec_tui.cli.console import interruptible, narrate, print_json, results
from diffurec_tui.cli.options import Device, Json

if TYPE_CHECKING:
    from diffurec.config import Config
    from diffurec.data.dataset import Dataset
    from diffurec.metrics_log import LogSplit
    from diffurec.training_state import Position
    from diffurec.tuning import TrialResult

app = typer.Typer()

RECIPE = "best"


@app.command()
def tune(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="Dataset folder.")],
    trials: Annotated[
        int, typer.Option("--trials", min=1, max=100_000, help="In all, those of earlier calls included.")
    ],
    recipe: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="Settings that are not varied, and the metric.")
    ] = RECIPE,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a setting; repeatable.")
    ] = None,
    space: Annotated[
        Path | None, typer.Option("--space", metavar="FILE", help="TOML: what is varied, and how far.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Study and run folders; runs/NAME-RECIPE-tune.")
    ] = None,
    device: Device = "auto",
    json_: Json = False,
) -> None:
    """Search for settings by the validation figure; each trial is a run, the same --out goes on."""
    from diffurec.data.dataset import open_dataset
    from diffurec.device import choose_device
    from diffurec.recipe import build_config, load_recipe, parse_overrides
    from diffurec.search_space import load_space
    from diffurec.tuning import best_of, ended, open_study, search
    from diffurec.tuning import results as results_of

    data = open_dataset(dataset)
    base = build_config(load_recipe(recipe), parse_overrides(set_ or []))
    dimensions = load_space(space)
    chosen = str(choose_device(device))
    folder = out or Path("runs") / f"{data.path.resolve().name}-{Path(recipe).stem}-tune"
    study = open_study(folder, data, base, dimensions)
    if before := len(ended(study)):
        narrate(f"{folder}: {before} trials are done; {max(0, trials - before)} to go")

    def train(config: Config, path: Path, report: Callable[[int, float], bool]) -> float:
        return _train(data, config, path, chosen, recipe, report)

    started = time.perf_counter()
    with interruptible():
        search(study, folder, base, dimensions, train, trials=trials, finished=_tell)
    found = results_of(study)
    best = best_of(found)
    if best is None:
        raise UserError(f"{folder}: no trial came to its end; see the lines above, or narrow the space")
    run = folder / f"trial-{best.number}"
    report: dict[str, Any] = {
        "study": str(folder),
        "data": {"name": data.name, "sha256": data.sha256},
        "metric": base.train.metric,
        "best": {**asdict(best), "run": str(run)},
        "trials": [asdict(one) for one in found],
        "seconds": time.perf_counter() - started,
    }
    if json_:
        print_json(report)
    else:
        _table(report)
        options = " ".join(f"--set {key}={value}" for key, value in best.settings.items())
        narrate(f"again: diffurec train {shlex.quote(str(dataset))} --recipe {recipe} {options}")


def _train(
    data: Dataset,
    config: Config,
    path: Path,
    device: str,
    recipe: str,
    report: Callable[[int, float], bool],
) -> float:
    """One trial as an ordinary run; the best validation figure."""
    import sys

    import torch

    from diffurec.model import DiffuRec
    from diffurec.run import create_run
    from diffurec.train import Trainer, build_and_seed
    from diffurec.training_lock import training_lock
    from diffurec.training_state import Interrupted
    from diffurec_tui.cli.progress import NoProgress

    class Reports(NoProgress):
        """Reports validations to the study and remembers whether that ends the trial."""

        stop, best = False, 0.0

        def logged(
            self,
            position: Position,
            split: LogSplit,
            values: Mapping[str, float],
            system: Mapping[str, float],
        ) -> None:
            if split == "val":
                value = values[config.train.metric]
                self.best = max(self.best, value)
                self.stop = report(position.epoch, value) or self.stop

    command = shlex.join(["diffurec", *sys.argv[1:]])
    run = create_run(path, config, data, device=device, command=command, notes={"recipe": recipe})
    observer = Reports()
    with training_lock(run.path):
        model = build_and_seed(lambda: DiffuRec(run.num_items, run.config), config.train.seed)
        trainer = Trainer(run, model, data, torch.device(device), observer, should_stop=lambda: observer.stop)
        try:
            return trainer.run(resume=False).best.value
        except Interrupted:
            return observer.best


def _tell(one: TrialResult) -> None:
    settings = "  ".join(f"{key} {_short(value)}" for key, value in one.settings.items())
    figure = "–" if one.value is None else f"{one.value:.2f}"
    narrate(f"trial {one.number}  {figure}  {one.state}  {settings}")


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _table(report: dict[str, Any]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(
        title=f"{report['data']['name']}: trials by validation {report['metric']}, the best ten",
        title_style="bold", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False,
    )  # fmt: skip
    for title in ("trial", report["metric"], "epochs"):
        table.add_column(title, justify="right")
    keys = list(report["best"]["settings"])
    for key in keys:
        table.add_column(key.partition(".")[2].replace("_", " "), justify="right")
    table.add_column("")
    ranked = sorted(report["trials"], key=lambda one: -(one["value"] or 0.0))
    for one in ranked[:10]:
        settings = (_short(one["settings"].get(key, "–")) for key in keys)
        figure = "–" if one["value"] is None else f"{one['value']:.2f}"
        best = one["number"] == report["best"]["number"]
        table.add_row(
            str(one["number"]), figure, str(one["epochs"]), *settings, "best" if best else one["state"],
            style="bold" if best else "",
        )  # fmt: skip
    results().print(table)
