"""`diffurec demo`: from nothing to a trained model on screen."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from diffurec_tui.cli.console import narrate
from diffurec_tui.cli.options import Device

app = typer.Typer()

RECIPE = "demo"


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where data and run go.")] = Path("diffurec-demo"),
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a setting; repeatable.")
    ] = None,
    device: Device = "auto",
) -> None:
    """Fetch MovieLens-100K, train a small model on it, and explore it. Skips what is done already."""
    dataset, run = folder / "ml-100k", folder / "run"
    if not (dataset / "dataset.json").is_file():
        _fetch(dataset)
    if not _finished(run):
        _train(dataset, run, device, set_ or [])
    if sys.stdin.isatty() and sys.stdout.isatty():
        from diffurec_tui.cli.explore import explore

        explore(ckpt=run, device=device)
    else:
        _print_walk(run, device)


def _fetch(dataset: Path) -> None:
    from diffurec.data.fetch import fetch_ml_100k
    from diffurec_tui.cli.data import stages, tell

    with stages() as progress:
        report = fetch_ml_100k(dataset, progress=progress)
    tell(report)


def _finished(path: Path) -> bool:
    if not (path / "config.json").is_file():
        return False
    from diffurec.run import open_run
    from diffurec.status import read_status

    return read_status(open_run(path)).state == "finished"


def _train(dataset: Path, run: Path, device: str, overrides: list[str]) -> None:
    from diffurec.data.dataset import open_dataset
    from diffurec.recipe import build_config, load_recipe, parse_overrides
    from diffurec_tui.cli.train import train_run

    config = build_config(load_recipe(RECIPE), parse_overrides(overrides))
    train_run(open_dataset(dataset), config, run, device=device, resume=True, recipe=RECIPE)


def _print_walk(run: Path, device: str) -> None:
    from diffurec.data.catalogue import load_user_ids
    from diffurec.run import open_run
    from diffurec_tui.cli.walks import trace

    user = str(load_user_ids(open_run(run).dataset())[0])
    narrate(
        f"stdout is not a terminal: here is one user's walk; in a terminal, `diffurec explore --ckpt {run}`"
    )
    trace(ckpt=run, user=user, exclude_seen=True, device=device)
