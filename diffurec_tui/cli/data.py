"""`diffurec data fetch`, `prepare` and `describe`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diffurec_tui.cli.console import interruptible, narrate, narrator, print_json, results
from diffurec_tui.cli.options import Json

if TYPE_CHECKING:
    from diffurec.data.report import PrepareReport

app = typer.Typer(no_args_is_help=True, help="Make dataset folders and look into them.")

Out = Annotated[Path, typer.Option(metavar="DIR", help="Dataset folder to make; must not exist.")]
COLUMN = "A name, or a number from 1 without a header."


@app.command()
def fetch(
    dataset: Annotated[str, typer.Argument(metavar="NAME", help="ml-100k")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Dataset folder to make; ./NAME unless given.")
    ] = None,
    json_: Json = False,
) -> None:
    """Download a data set (once), check it and prepare it."""
    from diffurec.data.fetch import DATASETS, fetch_ml_100k
    from diffurec.errors import UserError

    if dataset not in DATASETS:
        raise UserError(f"{dataset}: not a data set that can be fetched; there is {', '.join(DATASETS)}")
    with stages() as progress:
        report = fetch_ml_100k(out or Path(dataset), progress=progress)
    _finish(report, json_=json_)


@app.command()
def prepare(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A file of interactions, or its folder.")],
    out: Out,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="auto, recbole, csv (any delimited text), parquet, jsonl, movielens, amazon, sequences,"
            " diffurec (the authors' dataset.pkl) or steam.",
        ),
    ] = "auto",
    items: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Titles and categories: item_id, title, categories.")
    ] = None,
    user_column: Annotated[str | None, typer.Option(metavar="COLUMN", help=COLUMN)] = None,
    item_column: Annotated[str | None, typer.Option(metavar="COLUMN", help=COLUMN)] = None,
    time_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Likewise; none: rows are in order of time.")
    ] = None,
    rating_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Likewise; none: take no notice of ratings.")
    ] = None,
    min_rating: Annotated[
        float | None, typer.Option(metavar="X", help="Keep interactions rated X or better.")
    ] = None,
    min_interactions: Annotated[
        int, typer.Option(metavar="N", help="Keep users and items with N or more, repeated until all have.")
    ] = 0,
    min_history: Annotated[
        int, typer.Option(metavar="N", help="Keep users with N or more training items.")
    ] = 0,
    repeats: Annotated[
        str, typer.Option(metavar="keep|drop", help="Drop: a user's first time with an item counts alone.")
    ] = "keep",
    split: Annotated[
        str, typer.Option(metavar="leave-one-out|temporal", help="How targets are set apart.")
    ] = "leave-one-out",
    val_fraction: Annotated[
        float, typer.Option(metavar="X", help="Temporal: share of all interactions for validation.")
    ] = 0.1,
    test_fraction: Annotated[float, typer.Option(metavar="X", help="Temporal: share for the test.")] = 0.1,
    val_from: Annotated[
        str | None, typer.Option(metavar="TIME", help="Temporal: a date instead of the shares.")
    ] = None,
    test_from: Annotated[str | None, typer.Option(metavar="TIME", help="Likewise.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the dataset; that of DIR unless given.")] = None,
    on_error: Annotated[
        str, typer.Option(metavar="fail|skip", help="Skip: leave bad rows out, count and list them.")
    ] = "fail",
    json_: Json = False,
) -> None:
    """Make a dataset folder from a file of interactions."""
    from diffurec.data.options import PrepareOptions
    from diffurec.data.prepare import prepare as run

    options = PrepareOptions(
        format=format_,
        user_column=user_column,
        item_column=item_column,
        time_column=time_column,
        rating_column=rating_column,
        min_rating=min_rating,
        min_interactions=min_interactions,
        min_history=min_history,
        repeats=repeats,  # pyright: ignore[reportArgumentType] - checked by the engine
        split=split,  # pyright: ignore[reportArgumentType]
        val_fraction=val_fraction,
        test_fraction=test_fraction,
        val_from=val_from,
        test_from=test_from,
        name=name,
        on_error=on_error,  # pyright: ignore[reportArgumentType]
    )
    with stages() as progress:
        report = run(source, out, options, items=items, progress=progress)
    _finish(report, json_=json_)


@app.command()
def describe(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Dataset folder.")], json_: Json = False
) -> None:
    """Show what is in a dataset folder, and check that it is intact."""
    from diffurec.data.describe import describe as run

    facts = run(folder)
    if json_:
        print_json(facts)
    else:
        _show(facts)


@contextmanager
def stages() -> Generator[Callable[[str], None]]:
    """Show the current stage on a terminal; say nothing into a pipe, where an error must stand alone.

    SIGTERM and a terminal that hangs up end like Ctrl-C meanwhile, so that nothing unfinished is left.
    """
    console = narrator()
    with interruptible():
        if not console.is_terminal:
            yield lambda stage: None
            return
        with console.status("starting") as status:
            yield status.update


def _finish(report: PrepareReport, *, json_: bool) -> None:
    """Tell what was dropped; then the folder, or all of dataset.json, on stdout."""
    tell(report)
    if json_:
        print_json(report.to_json())
        return
    narrate(f"look into it with `diffurec data describe {shlex.quote(str(report.path))}`")
    typer.echo(str(report.path))


def tell(report: PrepareReport) -> None:
    """What was dropped and why, and the split, on stderr."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("step")
    for heading in ("dropped", "interactions", "users", "items"):
        table.add_column(heading, justify="right")
    table.add_column("what", overflow="fold")
    for step in report.steps:
        numbers = (step.dropped, step.interactions, step.users, step.items)
        table.add_row(step.step, *(f"{number:,}" for number in numbers), step.reason)
    console = narrator()
    console.print(table)
    skipped = report.info["skipped_rows"]
    if skipped["count"]:
        listed = len(skipped["first"])
        more = f", the first {listed}" if skipped["count"] > listed else ""
        narrate(f"rows skipped: {skipped['count']:,}{more}:")
        for row in skipped["first"]:
            narrate(f"  {row['line']}: {row['reason']}")
    for note in report.notes:
        narrate(f"note: {note}")
    targets = report.info["targets"]
    narrate(
        f"split {report.info['split']}: {targets['train']['interactions']:,} interactions to train on,"
        f" {targets['val']['users']:,} validation and {targets['test']['users']:,} test targets"
    )


def _show(facts: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    console = results()
    console.print(f"[bold]{escape(facts['name'])}[/bold]  {escape(facts['path'])}")
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    length, popularity, coverage = facts["length"], facts["popularity"], facts["coverage"]
    table.add_row("users", f"{facts['users']:,}")
    table.add_row("items", f"{facts['items']:,}")
    table.add_row("interactions", f"{facts['interactions']:,}  (density {facts['density']:.4%})")
    table.add_row(
        "length",
        f"mean {length['mean']:.1f}, median {length['median']:g}, from {length['min']} to {length['max']:,};"
        f" quartiles {length['p25']:g} and {length['p75']:g}, 99 % up to {length['p99']:g}",
    )
    table.add_row(
        "popularity",
        f"Gini {popularity['gini']:.3f}; the top 1 % of the items has"
        f" {popularity['share_of_top_1_percent']:.1%} of the interactions",
    )
    if facts["time"]:
        table.add_row("time", f"{facts['time']['first']} to {facts['time']['last']}")
    at = facts.get("split_at")
    cut = f", validation from {at['val_from']}, test from {at['test_from']}" if at else ""
    table.add_row("split", f"{facts['split']}{cut}")
    for part in ("train", "val", "test"):
        numbers = facts["targets"][part]
        what = "users" if part == "train" else "users with a target"
        table.add_row(f"  {part}", f"{numbers['interactions']:,} interactions, {numbers['users']:,} {what}")
    table.add_row("titles", f"{coverage['titles']:.1%} of the items, categories {coverage['categories']:.1%}")
    table.add_row("sha256", f"{facts['sha256']}  (arrays match)")
    console.print(table)

    top = Table(title="most popular items", title_justify="left", box=None, pad_edge=False)
    top.add_column("interactions", justify="right")
    top.add_column("item")
    top.add_column("title", overflow="ellipsis", no_wrap=True)
    for item in popularity["top"]:
        top.add_row(f"{item['interactions']:,}", escape(item["item_id"]), escape(item["title"]))
    console.print()
    console.print(top)
