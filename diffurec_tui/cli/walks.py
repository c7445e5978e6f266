"""`diffurec trace`, `sample` and `recommend`: what the explorer shows, without a terminal."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diffurec.errors import UserError
from diffurec_tui.cli.console import print_json, results
from diffurec_tui.cli.options import Ckpt, Data, Device, ExcludeSeen, Json, Seed, Steps, TopK, User

if TYPE_CHECKING:
    from rich.table import Table

    from diffurec.data.dataset import Dataset
    from diffurec.inspection.cases import Case
    from diffurec.inspection.frames import Trajectory
    from diffurec.inspection.inspector import Inspector, View
    from diffurec.run import Run

app = typer.Typer()

TITLE_WIDTH = 44


@app.command()
def trace(
    ckpt: Ckpt,
    user: User,
    seed: Seed = 0,
    steps: Steps = None,
    top_k: TopK = 10,
    lens: Annotated[
        str, typer.Option("--lens", help="What is rounded at each step: x_0_hat, the reconstruction, or x_t.")
    ] = "x_0_hat",
    exclude_seen: ExcludeSeen = False,
    data: Data = None,
    device: Device = "auto",
    json_: Json = False,
) -> None:
    """Walk one user's reverse diffusion and print every step of it."""
    from diffurec.inspection.frames import Trajectory

    if lens not in ("x_0_hat", "x_t"):
        raise UserError(f"--lens {lens}: there are x_0_hat and x_t")
    run, dataset, inspector = _load(ckpt, data, device)
    case = _case(run, dataset, user)
    view = _view_of(case, inspector, top_k, steps, exclude_seen)
    frames = tuple(inspector.walk(case, seed, view))
    trajectory = Trajectory(frames, len(frames))
    if json_:
        print_json(_trace_report(run, inspector, case, user, seed, trajectory))
    else:
        _trace_table(run, inspector, case, user, seed, trajectory, lens)


@app.command()
def sample(
    ckpt: Ckpt,
    user: User,
    n: Annotated[
        int, typer.Option("--n", min=1, max=100_000, help="Walks; their seeds follow --seed.")
    ] = 100,
    seed: Seed = 0,
    steps: Steps = None,
    top_k: TopK = 10,
    exclude_seen: ExcludeSeen = False,
    data: Data = None,
    device: Device = "auto",
    json_: Json = False,
) -> None:
    """Draw many walks of one user and tell how much their lists agree."""
    from dataclasses import asdict

    from diffurec.inspection.diversity import diversity
    from diffurec.inspection.frames import merge

    run, dataset, inspector = _load(ckpt, data, device)
    case = _case(run, dataset, user)
    view = _view_of(case, inspector, top_k, steps, exclude_seen)
    samples = merge(list(inspector.sample(case, range(seed, seed + n), view)))
    ranks = samples.target_ranks
    report: dict[str, Any] = {
        "run": str(run.path),
        "user": user,
        "seed": seed,
        "n": n,
        "steps": view.walk.steps or inspector.num_steps,
        "top_k": samples.lists.shape[1],
        "target": None if case.target is None else _item(inspector, case.target),
        "distinct_items": samples.distinct_items,
        "mean_jaccard": samples.mean_jaccard,
        "target_rank": None
        if ranks is None
        else {"min": int(ranks.min()), "mean": float(ranks.mean()), "max": int(ranks.max())},
        "items": [{**_item(inspector, item), "lists": count} for item, count in samples.item_counts],
        "diversity": asdict(diversity(samples, case.history, inspector.item_facts)),
    }
    if json_:
        report["lists"] = [
            {"seed": s, "items": [inspector.catalogue.original_ids[i] for i in items]}
            for s, items in zip(samples.seeds, samples.lists.tolist(), strict=True)
        ]
        print_json(report)
    else:
        _sample_table(report)


@app.command()
def recommend(
    ckpt: Ckpt,
    input_: Annotated[
        Path,
        typer.Option("--input", metavar="FILE|-", help="Histories: one a line, raw item ids, oldest first."),
    ],
    top_k: TopK = 10,
    out: Annotated[Path | None, typer.Option("--out", help="Write here instead of stdout.")] = None,
    seed: Seed = 0,
    steps: Steps = None,
    exclude_seen: ExcludeSeen = False,
    device: Device = "auto",
    json_: Json = False,
) -> None:
    """Recommend for sequences that are not in the data: raw item ids in, the top k out."""
    from diffurec_tui.cli.recommending import recommend_file

    run, _, inspector = _load(ckpt, None, device, need_users=False)
    view = _view(inspector, top_k, steps, exclude_seen)
    recommend_file(run, inspector, view, seed=seed, source=input_, out=out, as_json=json_)


def _load(
    ckpt: Path, data: Path | None, device: str, *, need_users: bool = True
) -> tuple[Run, Dataset | None, Inspector]:
    from diffurec.device import choose_device
    from diffurec.inspection.inspector import load_inspector
    from diffurec.run import open_run

    run = open_run(ckpt)
    dataset = run.dataset(data) if need_users else None
    return run, dataset, load_inspector(run, dataset, str(choose_device(device)))


def _view(inspector: Inspector, top_k: int, steps: int | None, exclude_seen: bool) -> View:
    from diffurec.inspection.inspector import View
    from diffurec.model import WalkOptions

    if steps is not None:
        inspector.model.schedule.respace(steps)  # refuses a length that this model cannot walk
    return View(top_k=top_k, exclude_seen=exclude_seen, walk=WalkOptions(steps=steps))


def _view_of(case: Case, inspector: Inspector, top_k: int, steps: int | None, exclude_seen: bool) -> View:
    """As `_view`, with lists no longer than there are items to recommend to this user."""
    if exclude_seen:
        left = inspector.model.num_items - len(set(case.history) - {case.target})
        if left == 0:
            raise UserError("--exclude-seen: the user has every item of the catalogue; leave the option out")
        top_k = min(top_k, left)
    return _view(inspector, top_k, steps, exclude_seen)


def _case(run: Run, dataset: Dataset | None, user: str) -> Case:
    from diffurec.data.catalogue import load_user_ids
    from diffurec.inspection.cases import case_of_user

    assert dataset is not None
    found = (load_user_ids(dataset) == user).arg_max()
    ids = load_user_ids(dataset)
    if found is None or ids[found] != user:
        example = f", as {ids[0]}" if len(ids) else ""
        raise UserError(f"--user {user}: no such user in {dataset.path}; ids are those of the data{example}")
    return case_of_user(dataset, found)


def _item(inspector: Inspector, item: int) -> dict[str, Any]:
    return {"item_id": inspector.catalogue.original_ids[item], "title": inspector.catalogue.titles[item]}


def _trace_report(
    run: Run, inspector: Inspector, case: Case, user: str, seed: int, trajectory: Trajectory
) -> dict[str, Any]:
    def ranking(frame: Any, lens: str) -> dict[str, Any]:
        ranked = frame.ranking(lens)
        return {
            "top_k": [
                {**_item(inspector, item), "score": score, "probability": probability}
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
        "history": [_item(inspector, item) for item in case.history],
        "target": None if case.target is None else _item(inspector, case.target),
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


def _trace_table(
    run: Run, inspector: Inspector, case: Case, user: str, seed: int, trajectory: Trajectory, lens: Any
) -> None:
    from rich.markup import escape
    from rich.table import Table

    name = inspector.catalogue.name
    rounded = "x̂_0, the model's reconstruction," if lens == "x_0_hat" else "x_t, the noisy state,"
    recent = " → ".join(name(item) for item in case.history[-3:])
    out = results()
    out.print(f"{run.info['data']['name']}, user {escape(user)}: … {escape(recent)}", soft_wrap=True)
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
            escape(_shorten(name(int(ranking.items[0])))),
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
        listed.add_row(str(place), star + escape(_shorten(name(item), 70)), f"{100 * probability:.1f} %")
    out.print(listed)


def _sample_table(report: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        title=f"user {escape(report['user'])}: {report['n']} walks of {report['steps']} steps",
        caption=f"{report['distinct_items']} distinct items, mean Jaccard of two lists"
        f" {report['mean_jaccard']:.3f}",
    )
    table.add_column("in lists", justify="right")
    table.add_column("item", no_wrap=True)
    for entry in report["items"][:20]:
        title = entry["title"] or f"#{entry['item_id']}"
        star = "★ " if report["target"] and entry["item_id"] == report["target"]["item_id"] else ""
        table.add_row(f"{100 * entry['lists'] / report['n']:.0f} %", star + escape(_shorten(title, 70)))
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


def _shorten(title: str, width: int = TITLE_WIDTH) -> str:
    from rich.cells import cell_len, set_cell_size

    return title if cell_len(title) <= width else set_cell_size(title, width - 1) + "…"
