"""`diffurec probe`: whether the walk decides anything, and what it costs."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diffurec.errors import UserError
from diffurec_tui.cli.console import narrate, narrator, print_json, results
from diffurec_tui.cli.options import Ckpt, Data, Device, ExcludeSeen, Json, Seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from diffurec.inspection.probe import Accuracy, Probe

app = typer.Typer()
BAR = 10


@app.command()
def probe(
    ckpt: Ckpt,
    split: Annotated[str, typer.Option(help="test or val.")] = "test",
    users: Annotated[
        int, typer.Option("--users", min=0, help="A fixed random subset of this size; 0 for all.")
    ] = 1000,
    samples: Annotated[
        int, typer.Option("--samples", min=2, max=1000, help="Walks of each user; their seeds follow --seed.")
    ] = 8,
    seed: Seed = 0,
    exclude_seen: ExcludeSeen = False,
    data: Data = None,
    device: Device = "auto",
    json_: Json = False,
) -> None:
    """Whether the walk decides anything: its length, its seed, the size of λ, many walks together."""
    from diffurec.device import choose_device
    from diffurec.evaluate import choose_users
    from diffurec.inspection.inspector import load_model
    from diffurec.inspection.probe import Prober
    from diffurec.inspection.probe import probe as measure
    from diffurec.inspection.verdict import verdict
    from diffurec.run import open_run

    if split not in ("test", "val"):
        raise UserError(f"--split {split}: there are test and val")
    run = open_run(ckpt)
    chosen = choose_device(device)
    model = load_model(run, chosen)
    dataset = run.dataset(data)
    probed = choose_users(dataset, split, users)
    if not len(probed):
        raise UserError(f"{dataset.path}: no user has a target in the {split} part")
    prober = Prober(model, dataset, probed, split, device=chosen, exclude_seen=exclude_seen)
    started = time.perf_counter()
    with _Bar() as bar:
        found = measure(prober, seed=seed, samples=samples, progress=bar)
    config = run.config
    report: dict[str, Any] = {
        "run": str(run.path),
        "weights": run.weights_path.name,
        "data": {"name": dataset.name, "sha256": dataset.sha256},
        "split": split,
        "seed": seed,
        "exclude_seen": exclude_seen,
        "steps": len(model.schedule),
        "lambda_mean": config.model.lambda_mean,
        "lambda_spread": config.model.lambda_spread,
        "x0_scale": config.diffusion.x0_scale,
        **asdict(found),
        "verdict": verdict(found),
        "seconds": time.perf_counter() - started,
    }
    if json_:
        print_json(report)
    else:
        _show(report, found)


def _show(report: dict[str, Any], found: Probe) -> None:
    from rich.padding import Padding
    from rich.text import Text

    out = results()
    seen = "left out" if report["exclude_seen"] else "kept"
    narrate(
        f"{report['data']['name']}, {report['split']}: {found.users} users, seen items {seen}, seed"
        f" {report['seed']}; λ0 {report['lambda_mean']:g}, x_0 scaled by {report['x0_scale']:g}"
    )
    for table in (_lengths(found), _scales(found), _told(found), _together(found)):
        out.print(table)
    out.print(Padding(Text(report["verdict"], style="bold"), (1, 1)))


def _table(title: str, caption: str, *columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(
        title=title, title_style="bold", title_justify="left", caption=caption, caption_justify="left",
        box=box.SIMPLE_HEAD, width=min(78, results().width), pad_edge=False,
    )  # fmt: skip
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _lengths(found: Probe) -> Table:
    table = _table(
        "Does the length of the walk matter?",
        "share of the list that is in the whole walk's; ± one standard error over users",
        "steps", "HR@10", "NDCG@10", "in common", "",
    )  # fmt: skip
    for one in found.lengths:
        table.add_row(f"{one.steps}", *_figures(one.accuracy), *_share(one.overlap))
    return table


def _scales(found: Probe) -> Table:
    table = _table(
        "Does the seed matter, and what if λ were larger?",
        f"{found.samples} walks a user: share of a list that another seed's has, too; items in all of them",
        "λ times", "HR@10", "NDCG@10", "in common", "", "Jaccard", "items",
    )  # fmt: skip
    for one in found.scales:
        table.add_row(
            f"{one.scale:g}", *_figures(one.accuracy), *_share(one.overlap),
            f"{one.jaccard:.2f}", f"{one.distinct:.1f}",
        )  # fmt: skip
    return table


def _told(found: Probe) -> Table:
    table = _table(
        "What does the state give away?",
        "one pass over an x_t that is made of the true item, as in training; t = 0 has least noise",
        "t", "HR@10", "NDCG@10",
    )  # fmt: skip
    for one in reversed(found.told):
        table.add_row(f"{one.t}", *_figures(one.accuracy))
    return table


def _together(found: Probe) -> Table:
    table = _table(
        "Are many walks better than one?",
        "ranked by the mean probability over so many walks",
        "walks", "HR@10", "NDCG@10",
    )  # fmt: skip
    for one in found.together:
        table.add_row(f"{one.walks}", *_figures(one.accuracy))
    return table


def _figures(accuracy: Accuracy) -> tuple[str, str]:
    return f"{accuracy.hit_rate:.2f}", f"{accuracy.ndcg:.2f} ±{accuracy.error:.2f}"


def _share(share: float) -> tuple[str, str]:
    """A share as a number and as a bar."""
    full, empty = ("█", "░") if results().encoding.lower().startswith("utf") else ("#", ".")
    cells = round(BAR * share)
    return f"{share:.3f}", full * cells + empty * (BAR - cells)


class _Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self) -> None:
        from rich.progress import Progress

        self.progress = Progress(console=narrator(), disable=not sys.stderr.isatty(), transient=True)
        self.task = self.progress.add_task("probing", total=None)

    def __enter__(self) -> Callable[[int, int], None]:
        self.progress.start()
        return self._show

    def _show(self, done: int, total: int) -> None:
        self.progress.update(self.task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self.progress.stop()
