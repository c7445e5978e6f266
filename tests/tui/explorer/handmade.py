"""A catalogue, users and walks made by hand, of whole numbers: they are the same on every machine.

A walk is a blend of two numbers for each item: what speaks for it, which follows from the history, and noise,
which follows from the seed. Vectors are multiples of 1/512, so that sums and projections of them are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from diffurec.data.catalogue import Catalogue
from diffurec.data.dataset import Dataset
from diffurec.inspection.cases import Case
from diffurec.inspection.diversity import ItemFacts, item_facts
from diffurec.inspection.frames import Frame, Ranking, RankPaths, Ranks, SampleSet, Trajectory, settled_from
from diffurec.inspection.neighbours import Neighbours
from diffurec.inspection.projection import Projection
from diffurec.inspection.views import View
from diffurec_tui.attending import Job
from diffurec_tui.mapping import ItemMap
from diffurec_tui.snapshots import Heat, WalkSpec
from tests.helpers import write_dataset

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

ITEMS, USERS, STEPS = 240, 64, 32
WIDTH = 4
"""Of a vector."""
RANKED = 48
"""Users whose ranks are known."""

SCRIPTS = (
    "千と千尋の神隠し (2001)",
    "😀 The Emoji Film 🎬 (2017)",
    "فيلم عربي طويل جدا عن مدينة بعيدة",
    "מסע אל קצה העולם",
    "The Man Who " + "Went Up a Hill and " * 12 + "Came Down a Mountain (1995)",
    "[bold]Markup[/bold] [link=x] (1999)",
    "Амели и её друзья (2001)",
    "",
)
"""Cells of two columns, text from right to left, hardly an end, markup, and no title at all."""
FIRSTS = ("Quiet", "Golden", "Last", "Stolen", "Winter", "Second", "Broken", "Electric", "Blue", "Lost")
SECONDS = (
    "Harbour", "Garden", "Letter", "Machine", "Summer", "Station", "Orchard", "River", "Night", "Mirror",
    "Island", "Promise", "Journey", "Detective", "Kingdom", "Violin", "Bridge", "Comet", "Circus", "Library",
    "Desert", "Stranger", "Voyage", "Clock",
)  # fmt: skip
GENRES = ("Drama", "Comedy", "Thriller", "Science fiction", "Children's animation", "Documentary")
CENTRES = np.array([[-7, 3], [6, 4], [0, -6], [9, -3], [-8, -4], [1, 2]])
SHARES = (0, 0, 0, 1, 1, 2, 2, 3, 4, 5)
"""Genre of an item, by the last digit of its id."""


def rolled(sides: int, *of: int | Numbers) -> Numbers:
    """Numbers below `sides` that look random and follow from `of` alone: a multiplicative hash."""
    value = np.zeros(1, dtype=np.uint64)
    for one in of:
        value = (value ^ np.asarray(one, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        value = value ^ (value >> np.uint64(29))
    return ((value >> np.uint64(17)) % np.uint64(sides)).astype(np.int64)


ALL = np.arange(1, ITEMS + 1)
GROUPS = np.array([SHARES[item % len(SHARES)] for item in ALL])


def titles() -> list[str]:
    """Of items 1 to V; every fourth of the first ones is an odd one."""
    made = [f"{FIRSTS[item % 10]} {SECONDS[item // 10 % 24]} ({1960 + item % 53})" for item in ALL.tolist()]
    made[1 : 4 * len(SCRIPTS) : 4] = SCRIPTS
    return made


def make_dataset(path: Path) -> Dataset:
    """Users with 4 to 36 items, mostly of one genre; the first has a single item, and so no target."""
    sequences: list[list[int]] = []
    for user in range(USERS):
        liked = user % len(GENRES) == GROUPS
        length = 1 if user == 0 else 4 + int(rolled(33, user, 1)[0])
        weight = rolled(100, ALL, user) + 60 * liked + 45 * (ALL < 45)
        sequences.append(ALL[np.argsort(-weight, kind="stable")[:length]].tolist())
    ids = [f"A{1000 + int(rolled(9000, user, 2)[0])}{'XYZ'[user % 3]}{user}" for user in range(USERS)]
    ids[4:7] = "[red]ann[/red]", "a-user-whose-id-is-far-longer-than-any-column-would-ever-be", "ユーザー六"
    return write_dataset(path, sequences, ITEMS, user_ids=ids, titles=titles(), name="Films")


@cache
def catalogue() -> Catalogue:
    ids = ["", *(f"i{item}" for item in ALL)]
    kinds = [
        "",
        *(f"{GENRES[group]}|Any" if item % 3 else GENRES[group] for item, group in enumerate(GROUPS)),
    ]
    return Catalogue(ids, ["", *titles()], kinds, np.append(0, rolled(400, ALL, 3)))


@cache
def item_vectors() -> Floats:
    """(V, D): around the centre of the genre in the first two, near 0 in the others."""
    spread = np.stack(
        [rolled(25, ALL, column) + rolled(25, ALL, 9, column) - 24 for column in (4, 5, 6, 7)], 1
    )
    vectors = spread / 8 * np.array([1, 1, 0.5, 0.25])
    vectors[:, :2] += CENTRES[GROUPS]
    return vectors.astype(np.float32)


@cache
def item_map() -> ItemMap:
    """The first two numbers of every vector."""
    plane = Projection(np.zeros(WIDTH, np.float32), np.eye(2, WIDTH, dtype=np.float32), (0.42, 0.17))
    vectors = item_vectors()
    return ItemMap(plane, vectors, plane(vectors), catalogue().counts[1:], catalogue().categories)


def by_tsne(plane: ItemMap) -> ItemMap:
    """The genres laid out on a circle, each of them wider."""
    turned = np.array([[0, 12], [10, 6], [10, -6], [0, -12], [-10, -6], [-10, 6]])[GROUPS]
    points = ((plane.points - CENTRES[GROUPS]) * 1.5 + turned).astype(np.float32)
    return replace(plane, layout=Neighbours(plane.vectors, points), points=points)


@cache
def facts_of_items() -> ItemFacts:
    """Every item points in one of four directions: cosines are 0 or 1."""
    directions = np.eye(WIDTH, dtype=np.float32)[np.append(0, rolled(WIDTH, ALL, 8))]
    return item_facts(directions, catalogue().categories, catalogue().counts)


# Walks.


@cache
def signal(case: Case) -> Numbers:
    """What the history says of every item, (V,)."""
    newest = case.history[-6:]
    said = sum((rolled(160, ALL, item) + 70 * (GROUPS[item - 1] == GROUPS) for item in newest), 0 * ALL)
    if case.target is not None:
        said[case.target - 1] += 90 * int(rolled(6, case.target, len(newest))[0])
    return said


def scores(spec: WalkSpec, state: int, *, read_out: bool) -> Numbers:
    """Of every item at a state, (V,): from noise to what the history says, and a rest of noise."""
    steps = spec.view.walk.steps or STEPS
    noise = rolled(1200, ALL, 10, seed_at(spec, state))
    done, rest = steps - state, steps * min(80, round(10 * spec.view.walk.lambda_scale)) // 60
    if read_out:
        return signal(spec.case) * (steps + state) + noise * (done // 2 + rest)
    return 2 * signal(spec.case) * state + noise * (2 * done + rest)


def seed_at(spec: WalkSpec, state: int) -> int:
    """That of the last fork before it."""
    return [spec.seed, *(fork.seed for fork in spec.forks if fork.step < state)][-1]


def ordered(case: Case, view: View, of_items: Numbers) -> Numbers:
    """Ids of the items that may be ranked, best first."""
    order = ALL[np.argsort(-of_items, kind="stable")]
    return order[~np.isin(order, case.history)] if view.exclude_seen else order


def rank_of(item: int | None, order: Numbers) -> int | None:
    place = np.flatnonzero(order == item) if item is not None else ()
    return int(place[0]) + 1 if len(place) else None


def ranking(spec: WalkSpec, state: int, *, read_out: bool) -> Ranking:
    of_items = scores(spec, state, read_out=read_out)
    order = ordered(spec.case, spec.view, of_items)
    top = of_items[order[: spec.view.top_k] - 1]
    share = of_items[order - 1] / of_items.max()
    for _ in range(3):  # to the eighth power
        share = share * share
    steps = spec.view.walk.steps or STEPS
    return Ranking(
        items=order[: spec.view.top_k],
        scores=(top / (64 * steps)).astype(np.float32),
        probabilities=np.round(share / share.sum(), 4).astype(np.float32)[: spec.view.top_k],
        entropy=round((4.1 if read_out else 5.3) - 2.7 * state / steps, 2),
        target_rank=rank_of(spec.case.target, order),
    )


@cache
def walk(spec: WalkSpec) -> Trajectory:
    """From far away, in a wavy line, to beyond the first item of the list."""
    steps = spec.view.walk.steps or STEPS
    last = ranking(spec, steps, read_out=True)
    end = item_vectors()[int(last.items[0]) - 1] * 1.125
    turns = rolled(2, np.arange(WIDTH), spec.seed, 11) * 2 - 1
    start = np.array([13, 9, 4, 2]) * turns
    frames: list[Frame] = []
    for state in range(steps):
        wave = (rolled(17, np.arange(WIDTH), state, seed_at(spec, state), 12) - 8) / 8
        done = state / steps
        frames.append(
            Frame(
                index=state,
                t=steps - 1 - state,
                x_0_hat=last if state == steps - 1 else ranking(spec, state, read_out=True),
                x_t=ranking(spec, state, read_out=False),
                moved=round(3.5 - 3 * done + float(wave[0]) / 4, 2),
                alphas_cumprod=(state + 1) ** 2 / (steps + 1) ** 2,
                x_0_hat_vector=(end + wave * (1 - done) / 2).astype(np.float32),
                x_t_vector=(start * (1 - done) + end * done + wave * (1 - done)).astype(np.float32),
            )
        )
    frames[-1] = replace(frames[-1], x_0_hat_vector=end.astype(np.float32))
    return Trajectory(tuple(frames), steps)


@cache
def paths(spec: WalkSpec) -> RankPaths:
    """Of every item: there are few."""
    steps = spec.view.walk.steps or STEPS
    places = np.zeros((2, steps + 1, ITEMS), dtype=np.int32)
    for number, read_out in enumerate((False, True)):
        for state in range(steps + 1):
            to_the_end = state == steps or (read_out and state == steps - 1)
            of_items = scores(spec, steps if to_the_end else state, read_out=read_out or to_the_end)
            places[number, state, np.argsort(-of_items, kind="stable")] = ALL
    return RankPaths(tuple(ALL.tolist()), *places)


def heat(case: Case, max_len: int) -> Heat:
    """Influences of both signs, and an attention that is highest for the newest."""
    read = np.arange(len(case.history))[-max_len:]
    on_top, on_target = ((rolled(23, read, salt) - 6) / 4 for salt in (13, 14))
    weights = (rolled(9, read, 15) + read) ** 2 + 1
    known = None if case.target is None else tuple(on_target.tolist())
    return Heat(tuple(on_top.tolist()), known, tuple((weights / weights.sum()).tolist()))


def draws(case: Case, seeds: Sequence[int], view: View) -> SampleSet:
    """Where walks of these seeds end."""
    specs = [WalkSpec(0, case, seed, view) for seed in seeds]
    last = view.walk.steps or STEPS
    orders = [ordered(case, view, scores(spec, last, read_out=True)) for spec in specs]
    ranks = None if case.target is None else np.array([rank_of(case.target, one) or ITEMS for one in orders])
    return SampleSet(tuple(seeds), np.stack([order[: view.top_k] for order in orders]), ranks)


def cloud(spec: WalkSpec, number: int) -> Floats:
    """Ends of walks of seeds from `spec.seed` on, around the end of the first."""
    seeds = np.arange(number)[:, None] + spec.seed
    around = rolled(33, seeds, np.arange(WIDTH), 16) + rolled(33, seeds, np.arange(WIDTH), 17) - 32
    return (walk(spec).frames[-1].x_0_hat_vector + around / 32).astype(np.float32)


@cache
def ends(cases: tuple[Case, ...], seed: int, top_k: int) -> tuple[Numbers, Ranks, Ranks]:
    """The first users with a target, their ranks, and from which step on their lists stay."""
    users = [user for user, case in enumerate(cases[:RANKED]) if case.target is not None]
    ranks, locks = np.zeros((2, len(users)), dtype=np.int32)
    for row, user in enumerate(users):
        spec = WalkSpec(user, cases[user], seed, View(top_k=top_k))
        lists = [ranking(spec, state, read_out=True) for state in (*range(STEPS - 1), STEPS)]
        ranks[row], locks[row] = lists[-1].target_rank, settled_from(lists, top_k)
    return np.array(users), ranks, locks


def jobs(folder: Path) -> tuple[Job, ...]:
    """Runs in every state."""
    day = 86_400.0

    def made(
        name: str, state: str, epoch: int, best: float, age: float, error: str = "", host: str = ""
    ) -> Job:
        return Job(
            path=folder / name,
            data="千と千尋 [b]films[/b]" if host else "Handmade",
            recipe="paper-clean",
            device="cuda:1" if state == "failed" else "cpu",
            seed=7,
            state=state,
            epoch=epoch,
            epochs=100,
            best=f"NDCG@10 {best:.2f}" if best else "",
            best_epoch=epoch // 2,
            speed=best * 1_000 if best else None,
            age=age,
            error=error,
            process=f"process 4242{host}",
            has_weights=epoch > 0,
        )

    full = (
        "out of memory; take a smaller batch (train.batch_size, train.eval_batch_size), model or data.max_len"
    )
    return (
        made("run", "running", 12, 4.5, 300),
        made("wider-and-with-a-name-that-has-no-end-at-all", "failed", 3, 2.25, 7_300, full),
        made("λ-0.1 😀", "interrupted", 40, 4.75, 2 * day),
        made("overnight", "killed", 0, 0, 3 * day),
        made("there", "elsewhere", 55, 5.0, 4 * day, host=" on gpu-7"),
        made("baseline", "finished", 100, 5.5, 40 * day),
    )


LOG = (
    "training on Handmade, 240 items, on cpu: 1024 examples, 16 steps an epoch",
    *(
        f"epoch {epoch}/100  loss {8 - epoch / 8:.4f}  HR@10 {epoch}.00  4,500 examples/s"
        for epoch in range(1, 13)
    ),
)
