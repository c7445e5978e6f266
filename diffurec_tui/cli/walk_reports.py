"""How walks are told: JSON reports, and tables for a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from diffurec_tui.cli.console import results

if TYPE_CHECKING:
    from rich.table import Table

    from diffurec.inspection.cases import Case
    from diffurec.inspection.frames import Frame, Lens, Trajectory
    from diffurec.inspection.inspector import Inspector
    from diffurec.run import Run

TITLE_WIDTH = 44


def item_of(inspector: Inspector, item: int) -> dict[str, Any]:
    """An item by the data's own id, and its title."""
    return {"item_id": inspector.catalogue.original_ids[item], "title": inspector.catalogue.titles[item]}


def trace_report(
    run: Run, inspector: Inspector, case: Case, user: str | None, seed: int, trajectory: Trajectory
) -> dict[str, Any]:
    """A finished walk as JSON values, every step under both lenses."""

    def ranking(frame: Frame, lens: Lens) -> dict[str, Any]:
        ranked = frame.ranking(lens)
        return {
            "top_k": [
                {**item_of(inspector, item), "score": score, "probability": probability}
                for item, score, probability in zip(
                    ranked.items.tolist(), ranked.scores.tolist(), ranked.probabilities.tolist(), strict=True
                )
            ],
            "target_rank": ranked.target_rank,
            "entropy": ranked.entropy,
        }

    overlaps = trajectory.overlap_with_final()
    return {
        "run": str(run.path),
        "weights": run.weights_path.name,
        "user": user,
        "seed": seed,
        "history": [item_of(inspector, item) for item in case.history],
        "target": None if case.target is None else item_of(inspector, case.target),
        "top_1_locked_in_at_step": trajectory.locked_in(1),
        "top_k_locked_in_at_step": trajectory.locked_in(len(trajectory.frames[-1].x_0_hat.items)),
        "steps": [
            {
                "index": frame.index,
                "t": frame.t,
                "x_0_hat": ranking(frame, "x_0_hat"),
                "x_t": ranking(frame, "x_t"),
                "moved": frame.moved,
                "overlap_with_final": overlap,
            }
            for frame, overlap in zip(trajectory.frames, overlaps, strict=True)
        ],
    }


def trace_table(
    run: Run,
    inspector: Inspector,
    case: Case,
    user: str | None,
    seed: int,
    trajectory: Trajectory,
    lens: Lens,
) -> None:
    """Print a finished walk under one lens, and the recommendation it ends in."""
    from rich.markup import escape
    from rich.table import Table

    name = inspector.catalogue.name
    rounded = "x̂_0, the model's reconstruction," if lens == "x_0_hat" else "x_t, the noisy state,"
    recent = " → ".join(name(item) for item in case.history[-3:])
    out = results()
    whose = whose_of(user)
    out.print(f"{run.info['data']['name']}, {whose}: … {escape(recent)}", soft_wrap=True)
    if case.target is not None:
        out.print(f"what came next: ★ {escape(name(case.target))}", soft_wrap=True)
    table = Table(
        caption=f"{rounded} rounded to items at each of {len(trajectory.frames)} steps, seed {seed}"
    )
    for title, justify in (("step", "right"), ("t", "right"), ("top 1", "left"), ("p", "right")):
        table.add_column(title, justify=justify, no_wrap=True)  # pyright: ignore[reportArgumentType]
    table.add_column("★ rank", justify="right")
    table.add_column("of final list", justify="right")
    table.add_column("entropy", justify="right")
    table.add_column("‖x_{t-1}−x_t‖", justify="right")
    for frame, overlap in zip(trajectory.frames, trajectory.overlap_with_final(lens), strict=True):
        ranking = frame.ranking(lens)
        table.add_row(
            str(frame.index + 1),
            str(frame.t),
            escape(shorten(name(int(ranking.items[0])))),
            f"{100 * float(ranking.probabilities[0]):.1f} %",
            "–" if ranking.target_rank is None else str(ranking.target_rank),
            f"{100 * overlap:.0f} %",
            f"{ranking.entropy:.2f}",
            f"{frame.moved:.2f}",
        )
    out.print(table)
    final = trajectory.frames[-1].x_0_hat
    listed = Table(title="the recommendation")
    listed.add_column("", justify="right")
    listed.add_column("item", no_wrap=True)
    listed.add_column("p", justify="right")
    for place, (item, probability) in enumerate(
        zip(final.items.tolist(), final.probabilities.tolist(), strict=True), start=1
    ):
        star = "★ " if item == case.target else ""
        listed.add_row(str(place), star + escape(shorten(name(item), 70)), f"{100 * probability:.1f} %")
    out.print(listed)


def whose_of(user: str | None) -> str:
    """In a title: of whom."""
    from rich.markup import escape

    return "a history of your own" if user is None else f"user {escape(user)}"


def sample_table(report: dict[str, Any]) -> None:
    """Print what `sample` reports."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        title=f"{whose_of(report['user'])}: {report['n']} walks of {report['steps']} steps",
        caption=f"{report['distinct_items']} distinct items, mean Jaccard of two lists"
        f" {report['mean_jaccard']:.3f}",
    )
    table.add_column("in lists", justify="right")
    table.add_column("item", no_wrap=True)
    for entry in report["items"][:20]:
        title = entry["title"] or f"#{entry['item_id']}"
        star = "★ " if report["target"] and entry["item_id"] == report["target"]["item_id"] else ""
        table.add_row(f"{100 * entry['lists'] / report['n']:.0f} %", star + escape(shorten(title, 70)))
    out = results()
    out.print(table)
    if report["target_rank"]:
        rank = report["target_rank"]
        out.print(f"★ the true next item ranks {rank['min']} to {rank['max']}, {rank['mean']:.1f} on average")
    out.print(_measures_table(report["diversity"], report["top_k"]))


def _measures_table(measured: dict[str, Any], k: int) -> Table:
    from rich.table import Table

    def shown(value: float, digits: int = 3) -> str:
        return "–" if math.isnan(value) else f"{value:.{digits}f}"

    table = Table(title="how wide the lists reach", show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    for label, value in (
        (f"entropy of an item out of a list, {math.log(k):.3f} where all agree", shown(measured["entropy"])),
        ("distance within a list, by embeddings", shown(measured["intra_list_distance"])),
        ("distance within a list, by categories", shown(measured["category_distance"])),
        ("share of the catalogue in any list", f"{100 * measured['coverage']:.2f} %"),
        ("items less popular than those of the lists", f"{100 * measured['popularity']:.1f} %"),
        ("the same for the history", f"{100 * measured['history_popularity']:.1f} %"),
    ):
        table.add_row(label, value)
    return table


def shorten(title: str, width: int = TITLE_WIDTH) -> str:
    """`title` in at most `width` cells."""
    from rich.cells import cell_len, set_cell_size

    return title if cell_len(title) <= width else set_cell_size(title, width - 1) + "…"
