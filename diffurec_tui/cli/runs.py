"""`diffurec runs` and `diffurec stop`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffurec.errors import UserError
from diffurec_tui.cli.console import narrate, print_json, results
from diffurec_tui.cli.options import Json

if TYPE_CHECKING:
    from diffurec.trainings import Training

app = typer.Typer()

MOST_SECONDS = 60.0


@app.command()
def runs(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where the runs are.")] = Path("runs"),
    json_: Json = False,
) -> None:
    """List the runs in a folder: data, state, best validation and test figures.

    A run is running where its process is there, whatever its files say.
    """
    from diffurec.trainings import as_json, list_trainings

    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; `diffurec train` makes runs, or name one")
    listed, skipped = list_trainings(folder)
    for reason in skipped:
        narrate(f"skipped: {reason}")
    if json_:
        print_json({"runs": [as_json(training) for training in listed]})
        return
    if not listed:
        narrate(f"{folder}: no runs yet; `diffurec train DATASET` makes one")
        return
    _table(listed)


@app.command()
def stop(
    run: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Run folders.")],
    timeout: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Longest to wait; 0 only asks.")
    ] = MOST_SECONDS,
    json_: Json = False,
) -> None:
    """Save and stop trainings, wherever they were started on this machine; --resume goes on with them."""
    from diffurec.trainings import as_json, ask_to_stop, read_training, wait_until_stopped

    trainings = [read_training(path) for path in run]
    for training in trainings:
        ask_to_stop(training)
    ended = [wait_until_stopped(training, timeout) for training in trainings] if timeout else trainings
    if json_:
        print_json({"runs": [as_json(training) for training in ended]})
        return
    for training in ended:
        status = training.status
        state = status.state if timeout else "asked to stop"
        narrate(f"{training.run.path}: {state}, epoch {status.epoch} of {status.epochs}")


def _table(listed: list[Training]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for title in ("run", "data", "recipe", "state", "epoch", "best validation", "test HR@10", "NDCG@10"):
        table.add_column(title, overflow="fold")
    for training in listed:
        run, status = training.run, training.status
        best, test = status.best, status.test or {}
        table.add_row(
            *map(Text, (str(run.path), run.info["data"]["name"], run.info.get("recipe") or "–")),
            Text(_state(training)),
            f"{status.epoch}/{status.epochs}",
            f"{best['metric']} {best['value']:.2f} at {best['epoch']}" if best else "–",
            *(f"{test[name]:.2f}" if name in test else "–" for name in ("HR@10", "NDCG@10")),
        )
    results().print(table)
    for training in listed:
        if training.status.error:
            narrate(f"{training.run.path}: {training.status.error}")


def _state(training: Training) -> str:
    """The state, and where, if that is not here."""
    state, process = training.status.state, training.status.process
    if process is None or process.here or state not in ("running", "elsewhere"):
        return state
    return f"running on {process.host}" + ("" if state == "running" else "?")
