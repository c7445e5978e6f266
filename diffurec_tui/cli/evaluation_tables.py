"""The tables of `diffurec evaluate`, made for 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from diffurec_tui.cli.console import results

if TYPE_CHECKING:
    from rich.table import Table

MOST_COLUMNS = 78


def print_tables(report: dict[str, Any]) -> None:
    """Print a report as `--json` has it."""
    _print(_accuracy(report))


def _accuracy(report: dict[str, Any]) -> Table:
    from rich.markup import escape

    level = report["intervals"]["level"]
    split = f"{report['data']['split']} split"
    table = _table(
        f"{escape(report['data']['name'])}, {report['split']} of the {split}: {report['users']:,} users",
        ("metric", "DiffuRec", f"{level:.0%} interval", "most popular", f"{level:.0%} interval"),
        _how(report),
    )
    for number, name in enumerate(report["metrics"]):
        if number and number % 3 == 0:
            table.add_section()
        table.add_row(
            name,
            f"[bold]{report['metrics'][name]:.2f}[/]",
            escape(interval(report["intervals"]["metrics"][name])),
            f"{report['popularity'][name]:.2f}",
            escape(interval(report["intervals"]["popularity"][name])),
        )
    return table


def _how(report: dict[str, Any]) -> str:
    seen = "left out" if report["exclude_seen"] else "kept as candidates"
    walks = f"{report['steps']} steps, seed {report['seed']}"
    if report["samples"] > 1:
        walks = f"mean probability over {report['samples']} walks of {walks}"
    untrained = report["untrained_targets"]
    return (
        f"percent, mean over users; all {report['data']['items']:,} items ranked, items of the history"
        f" {seen}; {walks}. Ties: {report['ties']}. Intervals: bootstrap over users."
        + (f" {untrained:,} true items are never trained on." if untrained else "")
    )


def interval(bounds: Sequence[float]) -> str:
    low, high = bounds
    return f"[{low:.2f}, {high:.2f}]"


def _table(title: str, columns: Sequence[str], caption: str) -> Table:
    """An empty table: the first column holds words, all others numbers."""
    from rich import box
    from rich.table import Table

    table = Table(
        title=title, title_style="bold", title_justify="left", caption=caption, caption_justify="left",
        box=box.SIMPLE_HEAD, width=min(MOST_COLUMNS, results().width), pad_edge=False,
    )  # fmt: skip
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    return table


def _print(table: Table) -> None:
    results().print(table)
