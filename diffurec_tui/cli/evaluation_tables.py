"""The tables of `diffurec evaluate`, made for 80 columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffurec_tui.cli.console import results

if TYPE_CHECKING:
    from rich.table import Table

MOST_COLUMNS = 78
MOST_GROUPS = 20
"""Rows of a table of groups; the rest is in the JSON."""
OF_GROUPS = {
    "length": ("By length of the history: items before the true one", "items"),
    "popularity": ("By popularity of the true item: its interactions in training", "interactions"),
    "head": ("By true item: head (the most frequent fifth of all items) or long tail", "true item"),
    "category": ("By category of the true item, which may have several", "category"),
}
OF_LISTS = {
    "coverage": ("coverage", "share of all items", ".3f"),
    "gini": ("Gini of exposure", "0 even, 1 all on few items", ".3f"),
    "novelty": ("novelty", "bits, more is rarer", ".2f"),
    "recommended_popularity": ("list popularity", "interactions in training", ".1f"),
    "history_popularity": ("history popularity", "interactions in training", ".1f"),
    "popularity_lift": ("popularity lift", "0 as popular as histories", "+.2f"),
    "intra_list_distance": ("intra-list distance", "1 - cosine of embeddings", ".3f"),
    "category_distance": ("category distance", "1 - Jaccard", ".3f"),
    "miscalibration": ("miscalibration", "nats; 0 as in histories", ".3f"),
}


def print_tables(report: dict[str, Any]) -> None:
    """Print a report as `--json` has it."""
    tables = [_accuracy(report)]
    if "against" in report:
        tables.append(_against(report))
    tables.extend(_strata(name, strata, report) for name, strata in report.get("strata", {}).items())
    if "beyond_accuracy" in report:
        tables.append(_lists(report))
    console = results()
    for number, table in enumerate(tables):
        if number and tables[number - 1].caption:  # a table that ends without one leaves a line free
            console.print()
        console.print(table)


def _accuracy(report: dict[str, Any]) -> Table:
    level = f"{report['level']:.0%} interval"
    table = _table(
        f"{report['data']['name']}, {report['split']} of the {report['data']['split']} split:"
        f" {report['users']:,} users",
        ("metric", "DiffuRec", level, "most popular", level),
        _how(report),
    )
    for number, name in enumerate(report["metrics"]):
        _section(table, number)
        table.add_row(
            name,
            f"[bold]{report['metrics'][name]:.2f}[/]",
            _interval(report["intervals"][name]),
            f"{report['popularity'][name]:.2f}",
            _interval(report["popularity_intervals"][name]),
        )
    return table


def _how(report: dict[str, Any]) -> str:
    seen = "left out" if report["exclude_seen"] else "kept as candidates"
    walks = f"{report['steps']} step{'s' * (report['steps'] > 1)}, seed {report['seed']}"
    if report["samples"] > 1:
        walks = f"mean probability over {report['samples']} walks of {walks}"
    untrained = report["untrained_targets"]
    return (
        f"percent, mean over users; all {report['data']['items']:,} items ranked, items of the history"
        f" {seen}; {walks}. Ties: {report['ties']}. Intervals: bootstrap over users."
        + (f" {untrained:,} true items are never trained on." if untrained else "")
    )


def _against(report: dict[str, Any]) -> Table:
    other = report["against"]
    names = [_name(one) for one in (report, other)]
    table = _table(
        f"A = {names[0]} against B = {names[1]}",
        ("metric", "A", "B", "A - B", f"{report['level']:.0%} interval", "p"),
        "percent and percentage points, the same users. Interval: paired bootstrap. p: how often a difference"
        f" as large comes of exchanging the two ranks of users at random, {other['flips']:,} times. All"
        " metrics are of the same ranks; choose the one to test beforehand.",
    )
    for number, (name, found) in enumerate(other["differences"].items()):
        _section(table, number)
        table.add_row(
            name,
            f"{report['metrics'][name]:.2f}",
            f"{other['metrics'][name]:.2f}",
            f"[bold]{found['mean']:+.2f}[/]",
            _interval(found["interval"], "+.2f"),
            _p(found["p"]),
        )
    return table


def _strata(name: str, strata: Sequence[dict[str, Any]], report: dict[str, Any]) -> Table:
    from rich.markup import escape

    level = f"{report['level']:.0%} interval"
    title, heading = OF_GROUPS[name]
    hidden = len(strata) - MOST_GROUPS
    table = _table(
        title,
        (heading, "users", "HR@10", level, "NDCG@10", level),
        f"and {hidden} smaller groups, in --json" if hidden > 0 else "",
    )
    for stratum in strata[:MOST_GROUPS]:
        row = [escape(stratum["label"]), f"{stratum['users']:,}"]
        for metric, value in stratum["metrics"].items():
            bold = metric == "HR@10"
            row += [
                f"[bold]{value:.2f}[/]" if bold else f"{value:.2f}",
                _interval(stratum["intervals"][metric]),
            ]
        table.add_row(*row)
    return table


def _lists(report: dict[str, Any]) -> Table:
    found = report["beyond_accuracy"]
    columns = {"lists": "DiffuRec", "popularity": "most popular"}
    if "against" in found:
        columns = {"lists": "A", "against": "B", "popularity": "popular"}
    table = _table(
        f"Beyond accuracy: the lists of {found['top_k']} items", ("measure", *columns.values(), "meaning"), ""
    )
    table.columns[-1].justify = "left"
    table.columns[-1].style = "dim"
    for key, (label, meaning, form) in OF_LISTS.items():
        values = (found[column][key] for column in columns)
        cells = ["-" if math.isnan(value) else format(value, form) for value in values]
        table.add_row(label, *cells, meaning)
    return table


def _table(title: str, columns: Sequence[str], caption: str) -> Table:
    """An empty table: the first column holds words, all others numbers."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(title), title_style="bold", title_justify="left",
        caption=Text(caption) if caption else None, caption_justify="left",
        box=box.SIMPLE_HEAD, width=min(MOST_COLUMNS, results().width), pad_edge=False,
    )  # fmt: skip
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    return table


def _section(table: Table, number: int) -> None:
    """A line between one cutoff and the next."""
    if number and number % 3 == 0:
        table.add_section()


def _interval(bounds: Sequence[float], form: str = ".2f") -> str:
    low, high = (format(bound, form) for bound in bounds)
    return rf"\[{low}, {high}]"


def _p(value: float) -> str:
    return f"{value:.4f}" if value < 0.01 else f"{value:.2f}"


def _name(entry: dict[str, Any]) -> str:
    """The run, and its weights where they are not the best."""
    weights = "" if entry["weights"] == "best.safetensors" else f" ({entry['weights']})"
    return Path(entry["run"]).name + weights
