"""`diffurec evaluate`."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diffurec.errors import UserError
from diffurec.parallel import World
from diffurec_tui.cli.console import narrate, narrator, print_json
from diffurec_tui.cli.evaluation_files import check_file, lists_frame, users_frame, write_frame
from diffurec_tui.cli.evaluation_report import DIMENSIONS, Ranked, Subject
from diffurec_tui.cli.options import Ckpt, Data, Device, ExcludeSeen, Json, Seed, Steps, TopK

if TYPE_CHECKING:
    from diffurec.data.dataset import Dataset, Split
    from diffurec.evaluate import Progress
    from diffurec.run import Run

app = typer.Typer()

MOST_SAMPLES = 1000


@app.command()
def evaluate(
    ckpt: Ckpt,
    split: Annotated[str, typer.Option(help="test or val.")] = "test",
    steps: Steps = None,
    seed: Seed = 0,
    exclude_seen: ExcludeSeen = False,
    samples: Annotated[
        int, typer.Option(min=1, max=MOST_SAMPLES, help="Walks a user; items are ranked by mean probability.")
    ] = 1,
    users: Annotated[
        int, typer.Option("--users", min=0, help="A fixed random subset of this size; 0 for all.")
    ] = 0,
    by: Annotated[
        str | None, typer.Option(metavar="GROUPS", help=f"Groups of users: {', '.join(DIMENSIONS)}.")
    ] = None,
    beyond_accuracy: Annotated[
        bool, typer.Option("--beyond-accuracy", help="Coverage, novelty, … of the lists.")
    ] = False,
    against: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Another run: differences, and whether by chance.")
    ] = None,
    top_k: TopK = 10,
    lists: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every user's list: .parquet, .csv or .jsonl.")
    ] = None,
    per_user: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every user's rank and metrics, likewise.")
    ] = None,
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, max=1_000_000, help="Users a batch.")
    ] = 512,
    data: Data = None,
    device: Device = "auto",
    json_: Json = False,
) -> None:
    """HR, NDCG and MRR over the whole catalogue, beside those of recommending what is popular.

    With 95 % bootstrap intervals over users. Under torchrun, the processes share the users out.
    """
    from diffurec.evaluate import popularity_baseline
    from diffurec.launch import joined
    from diffurec.run import open_run
    from diffurec_tui.cli import evaluation_report as reports

    if split not in ("test", "val"):
        raise UserError(f"--split {split}: there are test and val")
    dimensions = _dimensions(by)
    check_file("--lists", lists)
    check_file("--per-user", per_user)
    listed = top_k if lists or beyond_accuracy else 0
    walks = Walks(split, steps, seed, exclude_seen, samples, listed, batch_size, device)
    with joined() as world:
        with world.together():
            run = open_run(ckpt)
            other_run = open_run(against) if against else None
            dataset = _data_of(run, other_run, data)
            subject = _subject(run, dataset, split, users)
            for dimension in dimensions:
                subject.groups(dimension)  # refuses what the data does not have, before anything is walked
        if world.first:
            for warning in subject.warnings:
                narrate(f"warning: {warning}")
        started = time.perf_counter()
        ranked = _rank(run, subject, walks, world)
        other = _rank(other_run, subject, walks, world) if other_run else None
        seconds = time.perf_counter() - started
    if not world.first:
        return
    popular = popularity_baseline(
        dataset,
        subject.users,
        split,
        exclude_seen=exclude_seen,
        counts=subject.counts,
        top_k=top_k if beyond_accuracy else 0,
    )
    report: dict[str, Any] = {
        **reports.base_report(subject, ranked, popular),
        **{"seed": seed, "samples": samples, "exclude_seen": exclude_seen, "batch_size": batch_size},
        "seconds": seconds,
    }
    if other:
        report["against"] = reports.against_report(ranked, other)
    if dimensions:
        report["strata"] = reports.strata_report(subject, ranked.result, popular, dimensions)
    if beyond_accuracy:
        report["beyond_accuracy"] = {
            "top_k": top_k,
            "lists": reports.lists_report(subject, ranked, ranked.result),
            "popularity": reports.lists_report(subject, ranked, popular),
            **({"against": reports.lists_report(subject, other, other.result)} if other else {}),
        }
    unwritten: UserError | None = None
    try:
        if lists:
            write_frame("--lists", lists, lists_frame(subject, ranked.result))
        if per_user:
            frame = users_frame(subject, ranked.result, other.result if other else None)
            write_frame("--per-user", per_user, frame)
    except UserError as error:
        unwritten = error  # what took long to compute is printed all the same
    if json_:
        print_json(report)
    else:
        from diffurec_tui.cli.evaluation_tables import print_tables

        print_tables(report)
    if unwritten:
        raise unwritten


@dataclass(frozen=True)
class Walks:
    """How users are ranked, as asked for."""

    split: Split
    steps: int | None
    seed: int
    exclude_seen: bool
    samples: int
    top_k: int
    batch_size: int
    device: str


def _dimensions(by: str | None) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(part.strip() for part in by.split(","))) if by is not None else ()
    for name in wanted:
        if name not in DIMENSIONS:
            raise UserError(f"--by {by}: there are {', '.join(DIMENSIONS)}, with commas between")
    return wanted


def _data_of(run: Run, other: Run | None, data: Path | None) -> Dataset:
    """The data both runs were trained on; of two excerpts the one with more of the histories."""
    if other is None:
        return run.dataset(data)
    mine, its = (str(one.info["data"]["sha256"]) for one in (run, other))
    if mine != its:
        raise UserError(
            f"--against {other.path}: was trained on other data than {run.path} ({its[:12]}… is not"
            f" {mine[:12]}…); only runs of one dataset folder can be compared"
        )
    both = [run.dataset(data), other.dataset(data)]
    return max(
        both, key=lambda found: (found.info.get("excerpt") or {"recent_items": float("inf")})["recent_items"]
    )


def _subject(run: Run, dataset: Dataset, split: Split, limit: int) -> Subject:
    from diffurec.evaluate import choose_users

    users = choose_users(dataset, split, limit)
    if not len(users):
        raise UserError(f"{dataset.path}: no user has a target in the {split} part")
    return Subject(dataset, users, split, run)


def _rank(run: Run, subject: Subject, walks: Walks, world: World) -> Ranked:
    """Rank the users' true items by the model of a run."""
    from diffurec.device import choose_device
    from diffurec.evaluate import evaluate as rank_targets
    from diffurec.inspection.inspector import load_model

    with world.together():
        chosen = choose_device(walks.device, one_a_process=not world.alone)
        model = load_model(run, chosen)
        if walks.steps is not None:
            model.schedule.respace(walks.steps)  # refuses a length that this model cannot walk
    with _Bar(len(subject.users), visible=world.first) as bar:
        result = rank_targets(
            model,
            subject.dataset,
            subject.users,
            walks.split,
            max_len=run.config.data.max_len,
            device=chosen,
            seed=walks.seed,
            steps=walks.steps,
            exclude_seen=walks.exclude_seen,
            samples=walks.samples,
            top_k=min(walks.top_k, run.num_items),
            batch_size=walks.batch_size,
            progress=bar,
            world=world,
        )
    table = model.item_embeddings.weight.detach().float().cpu().numpy() if walks.top_k else None
    return Ranked(run, result, walks.steps or len(model.schedule), table)


class _Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, total: int, *, visible: bool) -> None:
        from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

        self.progress = Progress(
            *Progress.get_default_columns()[:2],
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=narrator(),
            disable=not (visible and sys.stderr.isatty()),
            transient=True,
        )
        self.task = self.progress.add_task("users", total=total)

    def __enter__(self) -> Progress:
        self.progress.start()
        return lambda done, total: self.progress.update(self.task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self.progress.stop()
