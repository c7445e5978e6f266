from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from diffurec.data.catalogue import load_catalogue
from diffurec.inspection.cases import Case
from diffurec.inspection.diversity import contrast, diversity, item_facts, running_jaccard
from diffurec.inspection.frames import SampleSet
from diffurec.inspection.views import View
from diffurec.run import Run
from diffurec.walk_options import WalkOptions
from diffurec_tui.app import ExplorerApp
from diffurec_tui.sampling import LENGTHS, NUMBERS, Sampling
from diffurec_tui.snapshots import Draws, Own, RunFacts, WalkSpec
from diffurec_tui.verdict import verdict
from diffurec_tui.widgets import text as signs
from diffurec_tui.widgets.item_shares import ItemShares, share
from diffurec_tui.widgets.rank_spread import bin_edges
from diffurec_tui.widgets.text import clean
from tests.helpers import make_dataset, make_run, small_config, write_weights
from tests.tui.command import diffurec
from tests.tui.explorer.conftest import exploring, screen_text, walked

SIZES = [(80, 24), (120, 40)]


@pytest.fixture(scope="module")
def wide_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A model whose walks end in different lists."""
    folder = tmp_path_factory.mktemp("diversity")
    return make_run(folder / "run", make_dataset(folder / "data"), small_config(steps=8, lambda_mean=0.5))


async def drawn(app: ExplorerApp, pilot: Pilot[None], seconds: float = 30) -> Draws:
    """Wait until all walks asked for are there and drawn."""
    sampling = app.diversity.sampling
    for _ in range(int(seconds / 0.02)):
        draws = sampling.draws
        finished = draws is not None and draws.complete and draws.wanted == sampling.number
        if draws is not None and finished and draws.k == min(sampling.k, draws.drawn.lists.shape[1]):
            await pilot.pause()
            return draws
        await pilot.pause(0.02)
    raise AssertionError(f"not drawn after {seconds} s: {app.trouble}")


async def test_digits_go_from_view_to_view(wide_run: Run):
    async with exploring(wide_run.path, user=5) as (app, pilot):
        await pilot.press("1")
        assert app.screen is app.walk
        await pilot.press("2")
        assert app.screen is app.diversity
        await pilot.press("2", "l", "1")
        assert app.screen is app.walk
        assert app.subject is not None
        assert app.subject.user == 5
        for leave in ("u", "escape"):
            await pilot.press("2", leave)
            assert app.screen is app.users
            assert len(app.screen_stack) == 1
            await pilot.press("enter")
            assert app.screen is app.walk


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("number", "k"), [(100, 10), (50, 5)])
async def test_the_numbers_are_those_of_the_command(
    wide_run: Run, size: tuple[int, int], number: int, k: int
):
    options = ("--ckpt", wide_run.path, "--user", "user5", "--seed", 3, "--n", number, "--top-k", k)
    report = diffurec("sample", *options, "--json").json
    async with exploring(wide_run.path, user=5, size=size, seed=3) as (app, pilot):
        await pilot.press("2", *(["M", "K"] if k == 5 else []))
        draws = await drawn(app, pilot)
        ids = app.names.original_ids  # type: ignore[attr-defined]
        assert [[ids[item] for item in one] for one in draws.samples.lists.tolist()] == [
            one["items"] for one in report["lists"]
        ]
        assert draws.samples.seeds == tuple(range(3, 3 + number))
        for name, value in asdict(draws.measures).items():
            expected = math.nan if report["diversity"][name] is None else report["diversity"][name]
            assert value == pytest.approx(expected, rel=1e-5, nan_ok=True), name
        assert draws.jaccard[-1] == pytest.approx(report["mean_jaccard"], rel=1e-5)
        text = "\n".join(screen_text(app))
        first = report["items"][0]
        for shown in (
            f"Items of {number} lists of {k}",
            f"{share(first['lists'] / number):>6} ",
            f"{report['distinct_items']}",
            f"{report['mean_jaccard']:.3f}",
            f"log k {math.log(k):.2f}",
            f"{report['diversity']['intra_list_distance']:.3f}",
            f"{100 * report['diversity']['popularity']:.1f} %",
            f"{100 * report['diversity']['history_popularity']:.1f} %",
            f"min {report['target_rank']['min']}  median",
            f"max {report['target_rank']['max']}",
            "Mean Jaccard as walks come in",
            "★",
            "m M walks", "k K length", "P compare", "d dials", "s seed", "12345 views", "? help", "q quit",
        ):  # fmt: skip
            assert shown in text, shown


@pytest.mark.parametrize("size", SIZES)
async def test_every_key(
    wide_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
):
    monkeypatch.chdir(tmp_path)
    async with exploring(wide_run.path, user=5, size=size) as (app, pilot):
        await pilot.press("2")
        first = await drawn(app, pilot)
        items = app.diversity.query_one(ItemShares)

        await pilot.press("m")
        more = await drawn(app, pilot)
        assert len(more.samples.seeds) == 200
        assert np.array_equal(more.drawn.lists[:100], first.drawn.lists), "drawn once"
        await pilot.press("M", "M")
        fewer = await drawn(app, pilot)
        assert len(fewer.samples.seeds) == 50
        assert fewer.drawn is more.drawn, "nothing is thrown away"

        await pilot.press("k", "k")
        assert (await drawn(app, pilot)).k == 50
        await pilot.press("down", "down", "up")
        assert items.scrolled == 1
        await pilot.press("pagedown")
        assert items.scrolled > 1
        assert f"{items.scrolled + 1}–" in "\n".join(screen_text(app))
        await pilot.press("pageup", "pageup")
        assert items.scrolled == 0
        await pilot.press("K", "K", "K", "K", "K")
        assert (await drawn(app, pilot)).k == 1
        await pilot.press("k", "k")
        await drawn(app, pilot)

        await pilot.press("s")
        seeded = await drawn(app, pilot)
        assert "seed 50" in screen_text(app)[0]
        assert seeded.samples.seeds == tuple(range(50, 100)), "none of the draws before"
        assert np.array_equal(seeded.drawn.lists, more.drawn.lists[50:100]), "seeds follow each other"

        await pilot.press("n")
        assert (await drawn(app, pilot)).spec.user == 6
        await pilot.press("p")
        assert (await drawn(app, pilot)).spec.user == 5

        await pilot.press("e")
        await pilot.pause()
        (path,) = tmp_path.glob("*.json")
        assert path.name == "diffurec-user5-seed50-walks50.json"
        value = json.loads(path.read_text())
        draws = app.diversity.sampling.draws
        assert draws is not None
        assert value["n"] == len(value["lists"]) == 50
        assert value["diversity"]["distinct_items"] == draws.measures.distinct_items
        assert value["mean_jaccard_of_first"][0] is None
        await pilot.press("e")
        await pilot.pause()
        assert len(list(tmp_path.glob("*.json"))) == 1

        await pilot.press("question_mark")
        assert "Draw more walks" in "\n".join(screen_text(app))
        await pilot.press("escape", "ctrl+p")
        await pilot.pause(0.2)
        await pilot.press(*"more walks")
        await pilot.pause(0.2)
        await pilot.press("enter")
        assert len((await drawn(app, pilot)).samples.seeds) == 100
        footer = screen_text(app)[-1]
        await pilot.click("#footer", offset=(footer.index("12345 views"), 0))
        assert app.screen is app.walk


@pytest.mark.parametrize("size", SIZES)
async def test_dials_are_turned_here(wide_run: Run, size: tuple[int, int]):
    """Against the command, which knows nothing of forks: draws do not either."""
    options = ("--lambda-scale", "2.0", "--variance", "fixed_large", "--steps", "4", "--rounding", "distance")
    command = ("sample", "--ckpt", wide_run.path, "--user", "user5", "--n", 100, *options, "--exclude-seen")
    report = diffurec(*command, "--json").json
    async with exploring(wide_run.path, user=5, size=size) as (app, pilot):
        await pilot.press("l", "f", "2")
        before = await drawn(app, pilot)
        assert not before.spec.forks
        await pilot.press("d", "right", "down", "right", "down", "right")
        assert "[×2]" in "\n".join(screen_text(app))
        assert "esc close" in screen_text(app)[-1]
        await pilot.press("down", "right", "right", "down", "down", "right")
        draws = await drawn(app, pilot)
        assert app.spec is not None
        assert app.spec.view.exclude_seen
        ids = app.names.original_ids  # type: ignore[attr-defined]
        assert [[ids[item] for item in one] for one in draws.samples.lists.tolist()] == [
            one["items"] for one in report["lists"]
        ]
        for name, value in asdict(draws.measures).items():
            expected = math.nan if report["diversity"][name] is None else report["diversity"][name]
            assert value == pytest.approx(expected, rel=1e-5, nan_ok=True), name
        await pilot.press("up", "right")  # temperature
        assert "Temperature changes no list." in " ".join("\n".join(screen_text(app)).split())
        assert app.diversity.sampling.draws is draws
        await pilot.press("r")
        back = await drawn(app, pilot)
        assert back.drawn is before.drawn, "what was drawn before is not drawn again"
        await pilot.press("0", "left", "left", "escape")
        assert not app.diversity.dialing
        assert "m M walks" in screen_text(app)[-1]
        await pilot.press("d", "d")
        assert not app.diversity.dialing


@pytest.mark.parametrize("target", [None, 9])
async def test_the_numbers_of_ones_own_history_are_those_of_the_command(wide_run: Run, target: int | None):
    ids = load_catalogue(wide_run.num_items, wide_run.items_path).original_ids
    whose = (
        "--history",
        f"{ids[3]} {ids[17]} {ids[4]}",
        *(() if target is None else ("--target", ids[target])),
    )
    command = ("sample", "--ckpt", wide_run.path, *whose, "--seed", 4, "--lambda-scale", 2)
    report = diffurec(*command, "--json").json
    assert report["user"] is None
    assert [item["item_id"] for item in report["history"]] == [ids[3], ids[17], ids[4]]
    own = Own(Case((3, 17, 4), target))
    async with exploring(wide_run.path, user=own, seed=4) as (app, pilot):
        await pilot.press("2", "d", "right")
        draws = await drawn(app, pilot)
        assert [[ids[item] for item in one] for one in draws.samples.lists.tolist()] == [
            one["items"] for one in report["lists"]
        ]
        for name, value in asdict(draws.measures).items():
            expected = math.nan if report["diversity"][name] is None else report["diversity"][name]
            assert value == pytest.approx(expected, rel=1e-5, nan_ok=True), name
        assert (draws.samples.target_ranks is None) == (report["target_rank"] is None) == (target is None)
        assert f"{report['mean_jaccard']:.3f}" in "\n".join(screen_text(app))


async def test_without_lambda_all_agree(wide_run: Run):
    async with exploring(wide_run.path, user=5) as (app, pilot):
        await pilot.press("2", "d", "left", "left", "left")
        draws = await drawn(app, pilot)
        assert draws.measures.mean_jaccard == 1, "the model does not see the noise"
        assert "All 100 lists are the same 10 items: with λ0 = 0 " in "\n".join(screen_text(app))


# Pinned draws.


@pytest.mark.parametrize("size", [*SIZES, (200, 60)])
async def test_other_draws_are_shown_against_the_pinned_ones(
    wide_run: Run, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)

    def text() -> str:
        return "\n".join(screen_text(app))

    async with exploring(wide_run.path, user=5, size=size) as (app, pilot):
        await pilot.press("2")
        pinned = await drawn(app, pilot)
        await pilot.press("P")
        same = await against(app, pilot)
        assert same.against is not None
        assert same.against.contrast.same_seed_jaccard == 1
        assert "Pinned: the next user (n)" in text()
        assert "now" in text()

        await pilot.press("n")  # another user, the same seeds
        other = await against(app, pilot)
        assert other.against is not None
        assert other.spec.user == 6
        assert other.samples.seeds == pinned.samples.seeds
        assert other.against.pinned.drawn is pinned.drawn
        expected = contrast(other.samples, pinned.samples)
        assert other.against.contrast == expected
        assert "User user6 instead of user5: two lists share" in text()
        mine, its = other.measures, pinned.measures
        for shown in (
            f"{mine.mean_jaccard:.3f}   {its.mean_jaccard:.3f}",
            f"{expected.jaccard:.3f}",
            f"{expected.same_seed_jaccard:.3f}",
            f"{100 * mine.popularity:.1f} %  {100 * its.popularity:.1f} %",
            "one of each", "same seed", "≠ ", "★", "median", "P compare", "d dials",
        ):  # fmt: skip
            assert shown in text(), shown
        first, n, m = expected.items[0]
        row = next(line for line in screen_text(app) if clean(app.names.name(first)) in line)
        for count in (n, m):
            assert (share(count / 100) if count else "–") in row

        await pilot.press("s")  # other draws
        reseeded = await against(app, pilot)
        assert reseeded.against is not None
        assert math.isnan(reseeded.against.contrast.same_seed_jaccard)
        assert "seed 100 instead of 0" in text()

        await pilot.press("K", "M", "p")
        shorter = await against(app, pilot)
        assert (shorter.k, len(shorter.samples.seeds)) == (5, 50)
        said = " ".join(text().split())
        assert (
            "The same user, seed 100 instead of 0, lists of 5 instead of 10, 50 walks instead of 100" in said
        )
        assert "50×5, pinned 100×10" in text()

        await pilot.press("e")
        await pilot.pause()
        (path,) = tmp_path.glob("*.json")
        value = json.loads(path.read_text())
        assert (value["n"], value["pinned"]["n"], value["pinned"]["user"]) == (50, 100, "user5")
        assert value["one_of_each"]["mean_jaccard"] == shorter.against.contrast.jaccard
        assert value["pinned"]["lists"][3]["items"] == pinned.samples.lists[3].tolist()

        await pilot.press("1", "2", "u", "enter", "2")
        assert app.diversity.sampling.pinned is not None, "it stays while one looks elsewhere"
        assert "pinned" in text()
        await pilot.press("P")
        assert (await drawn(app, pilot)).against is None
        await pilot.pause()
        assert "pinned" not in text()


async def test_a_dial_is_set_against_the_model_as_it_is(wide_run: Run):
    async with exploring(wide_run.path, user=5) as (app, pilot):
        await pilot.press("2")
        await drawn(app, pilot)
        await pilot.press("P", "d", "left", "left", "left")
        draws = await against(app, pilot)
        assert "The same user, λ ×0: two lists share 10.0 of 10 instead of" in "\n".join(screen_text(app))
        assert draws.spec.view.walk.lambda_scale == 0


async def test_nothing_is_pinned_before_it_is_drawn(wide_run: Run):
    async with exploring(wide_run.path, user=5) as (app, pilot):
        await pilot.press("2")
        await drawn(app, pilot)
        app.diversity.sampling.number = 1000
        await pilot.press("P")
        assert app.diversity.sampling.pinned is None


async def against(app: ExplorerApp, pilot: Pilot[None]) -> Draws:
    """Wait until all walks are there and set against the pinned ones."""
    for _ in range(200):
        draws = await drawn(app, pilot)
        if draws.against is not None:
            await pilot.pause()
            return draws
        await pilot.pause(0.02)
    raise AssertionError("nothing is set against anything")


async def test_a_held_key_and_a_walk_in_between(wide_run: Run):
    async with exploring(wide_run.path, user=5) as (app, pilot):
        await pilot.press("2", *["m"] * 6, "1", "s", "2", *["s"] * 10)
        draws = await drawn(app, pilot)
        assert draws.spec.seed == 1 + 10 * 1000
        assert len(draws.samples.seeds) == NUMBERS[-1]
        await pilot.press("1")
        await walked(app, pilot)
        await pilot.press("2")
        assert app.diversity.sampling.draws is draws, "looking elsewhere loses nothing"


async def test_leaving_while_it_draws_keeps_what_is_there(wide_run: Run):
    async with exploring(wide_run.path, user=5) as (app, pilot):
        await pilot.press("2", "m", "m", "m", "m")
        while app.diversity.sampling.draws is None:
            await pilot.pause(0.01)
        await pilot.press("1")
        await pilot.pause()
        kept = app.diversity.sampling.draws.drawn
        await pilot.press("2")
        draws = await drawn(app, pilot)
        assert np.array_equal(draws.drawn.lists[: len(kept.seeds)], kept.lists)
        assert draws.samples.seeds == tuple(range(1000))


async def test_other_weights_draw_anew(tmp_path: Path):
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"), small_config(steps=4, lambda_mean=0.5))
    async with exploring(run.path, user=5) as (app, pilot):
        await pilot.press("2")
        before = await drawn(app, pilot)
        await pilot.press("P")
        write_weights(run, seed=1)
        await pilot.press("r")
        for _ in range(200):
            await pilot.pause(0.02)
            if app.diversity.sampling.pinned is None:
                break
        after = await drawn(app, pilot)
        assert not np.array_equal(before.samples.lists, after.samples.lists)
        assert app.diversity.sampling.pinned is None
        assert any("pinned draws" in note.message for note in app._notifications)
        assert not app.diversity.has_class("comparing")


async def test_no_target_few_items_and_no_weights(tmp_path: Path):
    dataset = make_dataset(tmp_path / "data", items=7)
    run = make_run(tmp_path / "run", dataset, small_config(steps=4))
    async with exploring(run.path, user=0, size=(80, 24)) as (app, pilot):
        await pilot.press("2", "k", "k")
        assert (await drawn(app, pilot)).k == 7
        assert "next item is not known" in "\n".join(screen_text(app))
    bare = make_run(tmp_path / "bare", dataset, small_config(steps=4), weights=())
    app = ExplorerApp(exploring_of(bare))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        for _ in range(200):
            await pilot.pause(0.02)
            if app.trouble:
                break
        await pilot.pause()
        assert app.screen is app.diversity
        assert "reads the newest weights" in "\n".join(screen_text(app))
        await pilot.press("e", "m", "k", "down", "pagedown", "s")


def exploring_of(run: Run):
    from tests.tui.explorer.conftest import opened

    return opened(run.path, 3)


@pytest.mark.parametrize(
    "size", [*SIZES, (100, 30), (200, 50), (60, 16), (40, 10), (20, 5), (1, 1), (300, 80)]
)
async def test_any_size_and_odd_titles(run_path: Path, size: tuple[int, int]):
    async with exploring(run_path, user=5, size=size) as (app, pilot):
        await pilot.press("2")
        await drawn(app, pilot)
        rows = screen_text(app)
        assert len(rows) == size[1]
        assert {cell_len(row) for row in rows} == {size[0]}
        if size[0] >= 200:
            assert "1 the same items, 0 none in common" in "\n".join(rows), "measures are explained"


async def test_plain_ascii(run_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIFFUREC_ASCII", "1")
    monkeypatch.setenv("LC_ALL", "C")
    signs.symbols.cache_clear()
    clean.cache_clear()
    try:
        for size in (*SIZES, (200, 50)):
            async with exploring(run_path, user=5, size=size) as (app, pilot):
                await pilot.press("2", "k", "k")
                await drawn(app, pilot)
                assert not {sign for row in screen_text(app) for sign in row if ord(sign) > 127}
    finally:
        monkeypatch.undo()
        signs.symbols.cache_clear()
        clean.cache_clear()


# The dials, the sentence and the histogram, without a screen.


def test_dials_stop_at_their_ends():
    sampling = Sampling(7)
    seen = [sampling.k]
    for _ in range(6):
        sampling.turn_k(1)
        seen.append(sampling.k)
    assert seen == [7, 10, 20, 50, 50, 50, 50]
    for _ in range(20):
        sampling.turn_number(1)
    assert sampling.number == 1_000
    for _ in range(20):
        sampling.turn_number(-1)
        sampling.turn_k(-1)
    assert (sampling.number, sampling.k) == (NUMBERS[0], LENGTHS[0])


SPEC = WalkSpec(0, Case((1, 2), 3), 0, View(walk=WalkOptions()))
FACTS = RunFacts("toy", 1, 30, 8, 0.001, 12)


def draws_of(lists: list[list[int]], ranks: list[int] | None = None) -> Draws:
    samples = SampleSet(tuple(range(len(lists))), np.array(lists), None if ranks is None else np.array(ranks))
    facts = item_facts(np.ones((31, 2), dtype=np.float32), [""] * 31, np.zeros(31, dtype=np.int64))
    measured = diversity(samples, [1], facts)
    jaccard = running_jaccard(samples)
    return Draws(SPEC, samples, samples, len(lists), measured, jaccard, tuple(samples.item_counts))


@pytest.mark.parametrize(
    ("lists", "ranks", "said"),
    [
        ([[1, 2]] * 9, [4] * 9,
         "All 9 lists are the same 2 items: with λ0 = 0.001 another draw says nothing else."
         " ★ ranks 4 in every one of them."),
        ([[1, 2]] * 19 + [[1, 3]], None,
         "19 of 20 lists are the same 2 items: with λ0 = 0.001 another draw hardly says anything else."),
        ([[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 7]], [1, 9],
         "Two lists share 5.0 of 6 items; 7 are in any: another draw says much the same, with other items at"
         " the end. ★ is in 1 of them, at rank 1 to 9."),
        ([[1, 2], [1, 3]], [3, 4],
         "Two lists share 1.0 of 2 items; 3 are in any: another draw keeps a core and changes the rest."
         " ★ is in none of them, at rank 3 to 4."),
        ([[1, 2], [3, 4]], [1, 2],
         "Two lists share 0.0 of 2 items; 4 are in any: another draw says something else."
         " ★ is in all of them, at rank 1 to 2."),
        ([[1], [2], [1]], None, "Two draws agree in 33 % of all pairs; 2 items come first in one."),
        ([[1, 2]], [2], "One list says nothing of another: draw more. ★ ranks 2 in it."),
    ],
)  # fmt: skip
def test_the_sentence(lists: list[list[int]], ranks: list[int] | None, said: str):
    assert verdict(draws_of(lists, ranks), FACTS) == said


def test_shares_are_all_or_nothing_only_where_they_are():
    assert [share(part) for part in (0.0, 1 / 1000, 999 / 1000, 5 / 5, 1 / 3)] == [
        "0 %", "<1 %", "99 %", "100 %", "33 %",
    ]  # fmt: skip


def test_bins_of_ranks():
    assert bin_edges(1682, 20) == [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    assert bin_edges(1682, 5) == [1, 10, 100, 1000]
    assert bin_edges(1, 5) == [1]
