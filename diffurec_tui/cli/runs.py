"""`diffurec runs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from diffurec.errors import UserError
from diffurec_tui.cli.console import narrate, print_json, results
from diffurec_tui.cli.options import Json

app = typer.Typer()


@app.command()
def runs(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where the runs are.")] = Path("runs"),
    json_: Json = False,
) -> None:
    """List the runs in a folder: data, state, best validation and test figures."""
    from diffurec.run import open_run
    from diffurec.status import read_status

    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; `diffurec train` makes runs, or name one")
    listed: list[dict[str, Any]] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not (path / "config.json").is_file():
            continue
        try:
            run = open_run(path)
            status = read_status(run)
        except UserError as error:
            narrate(f"skipped: {error}")
            continue
        listed.append(
            {
                "run": str(path),
                "data": run.info["data"]["name"],
                "recipe": run.info.get("recipe"),
                "state": status.state,
                "epoch": status.epoch,
                "epochs": status.epochs,
                "best": status.best,
                "test": status.test,
                "created": run.info.get("created"),
            }
        )
    if json_:
        print_json({"runs": listed})
        return
    if not listed:
        narrate(f"{folder}: no runs yet; `diffurec train DATASET` makes one")
        return
    _table(listed)


def _table(listed: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table()
    for title in ("run", "data", "recipe", "state", "epoch", "best validation", "test HR@10", "NDCG@10"):
        table.add_column(title, overflow="fold")
    for entry in listed:
        best: dict[str, Any] | None = entry["best"]
        test: dict[str, float] = entry["test"] or {}
        table.add_row(
            entry["run"],
            entry["data"],
            entry["recipe"] or "–",
            entry["state"],
            f"{entry['epoch']}/{entry['epochs']}",
            f"{best['metric']} {best['value']:.2f} at {best['epoch']}" if best else "–",
            *(f"{test[name]:.2f}" if name in test else "–" for name in ("HR@10", "NDCG@10")),
        )
    results().print(table)
