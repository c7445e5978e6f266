"""`diffurec trace`, `sample` and `recommend`: what the explorer shows, without a terminal."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diffurec.errors import UserError
from diffurec_tui.cli import walk_options
from diffurec_tui.cli.console import print_json, results
from diffurec_tui.cli.options import Ckpt, Data, Device, ExcludeSeen, Json, Seed, Steps, TopK
from diffurec_tui.cli.walk_reports import item_of, sample_table, trace_report, trace_table

if TYPE_CHECKING:
    from diffurec.data.dataset import Dataset
    from diffurec.inspection.cases import Case
    from diffurec.inspection.inspector import Inspector
    from diffurec.inspection.views import View
    from diffurec.run import Run

app = typer.Typer()


@app.command()
def trace(
    ckpt: Ckpt,
    user: walk_options.UserOrHistory = None,
    seed: Seed = 0,
    steps: Steps = None,
    top_k: TopK = 10,
    lens: Annotated[
        str, typer.Option("--lens", help="What is rounded at each step: x_0_hat, the reconstruction, or x_t.")
    ] = "x_0_hat",
    exclude_seen: ExcludeSeen = False,
    fork: walk_options.Forks = None,
    lambda_scale: walk_options.LambdaScale = 1.0,
    variance: walk_options.VarianceName = None,
    rounding: walk_options.RoundingName = None,
    temperature: walk_options.Temperature = 1.0,
    history: walk_options.History = None,
    target: walk_options.Target = None,
    plot: Annotated[bool, typer.Option("--plot", help="Draw the curves, too.")] = False,
    data: Data = None,
    device: Device = "auto",
    json_: Json = False,
) -> None:
    """Walk one user's reverse diffusion and print every step of it."""
    from diffurec.inspection.frames import Trajectory

    if lens not in ("x_0_hat", "x_t"):
        raise UserError(f"--lens {lens}: there are x_0_hat and x_t")
    walk_options.check_whose(user, history, target)
    walk_options.check_temperature(temperature)
    dials = walk_options.parse_dials(lambda_scale, variance, rounding)
    run, dataset, inspector = _load(ckpt, data, device, need_users=history is None)
    forks = walk_options.parse_forks(fork or [], steps or inspector.num_steps)
    case = _case(run, dataset, inspector, user, history, target)
    view = _view_of(case, inspector, top_k, steps, exclude_seen)
    view = replace(view, temperature=temperature, walk=replace(view.walk, **dials))
    frames = tuple(inspector.walk(case, seed, view, forks))
    trajectory = Trajectory(frames, len(frames))
    if json_:
        print_json(trace_report(run, inspector, case, user, seed, trajectory))
    else:
        trace_table(run, inspector, case, user, seed, trajectory, lens)
    if plot and not json_:
        from diffurec_tui.cli.plots import curves

        sys.stdout.write(curves(trajectory, lens, results().width) + "\n")


@app.command()
def sample(
    ckpt: Ckpt,
    user: walk_options.UserOrHistory = None,
    n: Annotated[
        int, typer.Option("--n", min=1, max=100_000, help="Walks; their seeds follow --seed.")
    ] = 100,
    seed: Seed = 0,
    steps: Steps = None,
    top_k: TopK = 10,
    exclude_seen: ExcludeSeen = False,
    lambda_scale: walk_options.LambdaScale = 1.0,
    variance: walk_options.VarianceName = None,
    rounding: walk_options.RoundingName = None,
    history: walk_options.History = None,
    target: walk_options.Target = None,
    data: Data = None,
    device: Device = "auto",
    json_: Json = False,
) -> None:
    """Draw many walks of one user and tell how much their lists agree."""
    from dataclasses import asdict

    from diffurec.inspection.diversity import diversity
    from diffurec.inspection.frames import merge

    walk_options.check_whose(user, history, target)
    dials = walk_options.parse_dials(lambda_scale, variance, rounding)
    run, dataset, inspector = _load(ckpt, data, device, need_users=history is None)
    case = _case(run, dataset, inspector, user, history, target)
    view = _view_of(case, inspector, top_k, steps, exclude_seen)
    view = replace(view, walk=replace(view.walk, **dials))
    samples = merge(list(inspector.sample(case, range(seed, seed + n), view)))
    ranks = samples.target_ranks
    report: dict[str, Any] = {
        "run": str(run.path),
        "user": user,
        "seed": seed,
        "history": [item_of(inspector, item) for item in case.history],
        "n": n,
        "steps": view.walk.steps or inspector.num_steps,
        "top_k": samples.lists.shape[1],
        "target": None if case.target is None else item_of(inspector, case.target),
        "distinct_items": samples.distinct_items,
        "mean_jaccard": samples.mean_jaccard,
        "target_rank": None
        if ranks is None
        else {"min": int(ranks.min()), "mean": float(ranks.mean()), "max": int(ranks.max())},
        "items": [{**item_of(inspector, item), "lists": count} for item, count in samples.item_counts],
        "diversity": asdict(diversity(samples, case.history, inspector.item_facts)),
    }
    if json_:
        report["lists"] = [
            {"seed": s, "items": [inspector.catalogue.original_ids[i] for i in items]}
            for s, items in zip(samples.seeds, samples.lists.tolist(), strict=True)
        ]
        print_json(report)
    else:
        sample_table(report)


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
    from diffurec.inspection.views import View
    from diffurec.walk_options import WalkOptions

    if steps is not None:
        inspector.model.schedule.respace(steps)  # refuses a length that this model cannot walk
    return View(top_k=top_k, exclude_seen=exclude_seen, walk=WalkOptions(steps=steps))


def _view_of(case: Case, inspector: Inspector, top_k: int, steps: int | None, exclude_seen: bool) -> View:
    """As `_view`, with lists no longer than there are items to recommend to this user."""
    from diffurec.inspection.views import left_to_recommend

    left = left_to_recommend(case, inspector.model.num_items, exclude_seen=exclude_seen)
    if left == 0:
        raise UserError("--exclude-seen: the user has every item of the catalogue; leave the option out")
    return _view(inspector, min(top_k, left), steps, exclude_seen)


def _case(
    run: Run,
    dataset: Dataset | None,
    inspector: Inspector,
    user: str | None,
    history: str | None,
    target: str | None,
) -> Case:
    """That of a user, or else of a history in ids."""
    if user is None:
        return walk_options.case_of_ids(history or "", target, inspector.catalogue)
    from diffurec.data.catalogue import load_user_ids, row_of
    from diffurec.inspection.cases import case_of_user

    assert dataset is not None
    ids = load_user_ids(dataset)
    row = row_of(ids, user)
    if row is None:
        example = f", as {ids[0]}" if len(ids) else ""
        raise UserError(f"--user {user}: no such user in {dataset.path}; ids are those of the data{example}")
    return case_of_user(dataset, row)
