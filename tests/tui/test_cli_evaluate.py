from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from diffurec.data.dataset import open_dataset
from tests.helpers import make_dataset, make_run, small_config, write_weights
from tests.tui.command import diffurec

K = 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Data with categories, and two runs of it."""
    path = tmp_path_factory.mktemp("evaluated")
    dataset = make_dataset(path / "data", users=40, items=50, titles=[f"T{n}" for n in range(50)])
    items = pl.read_parquet(path / "data" / "items.parquet")
    names = pl.Series("categories", [("A", "A|[b]", "", "C")[n % 4] for n in range(50)])
    items.with_columns(names).write_parquet(path / "data" / "items.parquet")
    run = make_run(path / "run", dataset, small_config(lambda_mean=0.5, steps=4))
    write_weights(run, "last", seed=5)
    make_run(path / "other", dataset, small_config(hidden_size=16, steps=4), seed=9)
    return path


@pytest.fixture(scope="module")
def everything(folder):
    """One evaluation with all there is."""
    return diffurec(
        "evaluate", "--ckpt", folder / "run", "--against", folder / "other", "--exclude-seen", "--samples", 2,
        "--by", "length,popularity,category", "--beyond-accuracy", "--top-k", K, "--json",
        "--lists", folder / "lists.parquet", "--per-user", folder / "users.csv",
    )  # fmt: skip


def test_strata_part_the_users_and_average_to_the_whole(everything) -> None:
    report = everything.json
    assert set(report["strata"]) == {"length", "popularity", "head", "category"}
    for name in ("length", "popularity", "head"):
        strata = report["strata"][name]
        assert sum(stratum["users"] for stratum in strata) == report["users"] == 39
        mean = sum(stratum["users"] * stratum["metrics"]["NDCG@10"] for stratum in strata) / 39
        assert mean == pytest.approx(report["metrics"]["NDCG@10"])
        popular = sum(stratum["users"] * stratum["popularity"]["HR@10"] for stratum in strata) / 39
        assert popular == pytest.approx(report["popularity"]["HR@10"])
    assert {stratum["label"] for stratum in report["strata"]["category"]} == {"A", "[b]", "C"}
    assert [stratum["label"] for stratum in report["strata"]["head"]] == ["head", "long tail"]


def test_the_file_of_lists_has_what_was_measured(folder, everything) -> None:
    lists = pl.read_parquet(folder / "lists.parquet")
    assert lists.columns == ["user_id", "rank", "item_id", "score", "hit"]
    assert len(lists) == 39 * K
    measured = everything.json["beyond_accuracy"]
    assert measured["top_k"] == K
    assert lists["item_id"].n_unique() / 50 == pytest.approx(measured["lists"]["coverage"])
    assert (lists["score"].exp() <= 1).all()  # of several walks, the log of the mean probability
    for _, rows in lists.group_by("user_id"):
        assert rows["rank"].to_list() == list(range(1, K + 1))
        assert rows["score"].is_sorted(descending=True)
    users = pl.read_csv(folder / "users.csv")
    hits = lists.filter("hit").join(users, on="user_id")
    assert len(hits) == (users["rank"] <= K).sum()
    assert (hits["rank"] == hits["rank_right"]).all()
    assert (hits["item_id"] == hits["item_id_right"]).all()


def test_the_file_of_users_averages_to_the_metrics(folder, everything) -> None:
    users = pl.read_csv(folder / "users.csv")
    dataset = open_dataset(folder / "data")
    assert users["user_id"].to_list() == [f"user{user}" for user in range(1, 40)]
    assert users["history"].to_list() == (np.diff(dataset.offsets)[1:] - 1).tolist()
    assert users["item_id"].to_list() == [f"i{dataset.sequence(user)[-1]}" for user in range(1, 40)]
    for name, mean in everything.json["metrics"].items():
        assert 100 * users[name].mean() == pytest.approx(mean)
    other = everything.json["against"]["metrics"]["HR@10"]
    assert 100 * (users["rank_against"] <= 10).mean() == pytest.approx(other)


def test_differences_are_those_of_the_two_runs(folder, everything) -> None:
    report = everything.json
    alone = diffurec("evaluate", "--ckpt", folder / "other", "--exclude-seen", "--samples", 2, "--json").json
    assert report["against"]["metrics"] == alone["metrics"]
    for name, found in report["against"]["differences"].items():
        assert found["mean"] == pytest.approx(report["metrics"][name] - alone["metrics"][name])
        assert found["interval"][0] <= found["mean"] <= found["interval"][1]
        assert 0 < found["p"] <= 1
    itself = diffurec("evaluate", "--ckpt", folder / "run", "--against", folder / "run", "--json").json
    assert {found["p"] for found in itself["against"]["differences"].values()} == {1}


def test_every_measure_of_lists_has_a_figure_for_both_runs_and_the_baseline(everything) -> None:
    measured = everything.json["beyond_accuracy"]
    for whose in ("lists", "against", "popularity"):
        assert all(isinstance(value, float) for value in measured[whose].values())
        assert measured[whose]["history_popularity"] == measured["lists"]["history_popularity"]
    assert measured["popularity"]["recommended_popularity"] > measured["lists"]["recommended_popularity"]
    assert measured["popularity"]["gini"] > measured["lists"]["gini"]


def test_tables_fit_eighty_columns(folder, monkeypatch) -> None:
    arguments = (
        "--ckpt", folder / "run", "--against", folder / "run" / "last.safetensors", "--steps", 1,
        "--by", "length,popularity,category", "--beyond-accuracy",
    )  # fmt: skip
    monkeypatch.setattr("diffurec_tui.cli.console._piped_width", lambda: 80)
    found = diffurec("evaluate", *arguments)
    assert found.code == 0, found.err
    lines = found.out.splitlines()
    assert max(map(len, lines)) <= 80
    for words in (
        "A = run against B = run (last.safetensors)",
        "By length",
        "long tail",
        "[b]",
        "Gini",
        "1 step,",
    ):
        assert any(words in line for line in lines), words
    measures = lines[next(row for row, line in enumerate(lines) if line.startswith("Beyond")) :]
    assert len(measures) == 4 + 9 + 1, "no cell is wrapped"


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_the_name_of_a_file_says_its_format(folder, tmp_path, suffix) -> None:
    path = tmp_path / f"users.{suffix}"
    assert diffurec("evaluate", "--ckpt", folder / "run", "--steps", 1, "--per-user", path).code == 0
    read = {"parquet": pl.read_parquet, "csv": pl.read_csv, "jsonl": pl.read_ndjson}[suffix](path)
    assert read["user_id"].to_list() == [f"user{user}" for user in range(1, 40)]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_what_cannot_be_is_refused_in_one_line(folder, tmp_path) -> None:
    run = ("evaluate", "--ckpt", folder / "run")
    diffurec(*run, "--lists", tmp_path / "lists.xlsx").refused("--lists", ".parquet, .csv, .jsonl")
    diffurec(*run, "--per-user", tmp_path / "no" / "users.csv").refused("--per-user", "does not exist")
    diffurec(*run, "--by", "age").refused("--by age", "length, popularity, category")
    diffurec(*run, "--by", "").refused("--by")
    diffurec(*run, "--against", tmp_path / "gone").refused("gone", "does not exist")
    diffurec(*run, "--samples", 0).refused("--samples")
    plain = make_dataset(tmp_path / "plain", users=10, items=50)
    other = make_run(tmp_path / "plain-run", plain)
    diffurec(*run, "--against", other.path).refused("plain-run", "trained on other data")
    diffurec("evaluate", "--ckpt", other.path, "--by", "category").refused("no categories")


def test_figures_are_printed_even_where_a_file_cannot_be_written(folder, tmp_path) -> None:
    path = tmp_path / f"{'x' * 245}.csv"  # a name that leaves no room for a temporary one
    found = diffurec("evaluate", "--ckpt", folder / "run", "--steps", 1, "--json", "--lists", path)
    assert found.code == 2
    assert found.err.splitlines()[-1].startswith("error: --lists ")
    assert found.json["users"] == 39


def test_of_two_excerpts_the_longer_histories_are_taken(tmp_path) -> None:
    dataset = make_dataset(tmp_path / "data", users=20, items=30, max_length=40)
    short = small_config(steps=2)
    make_run(tmp_path / "short", dataset, short)
    make_run(tmp_path / "long", dataset, small_config(steps=2, max_len=24))
    before = diffurec("evaluate", "--ckpt", tmp_path / "long", "--json").json
    shutil.rmtree(tmp_path / "data")
    for one, other in (("short", "long"), ("long", "short")):
        report = diffurec("evaluate", "--ckpt", tmp_path / one, "--against", tmp_path / other, "--json")
        assert "26 recent items" in report.err
        long = report.json if one == "long" else report.json["against"]
        assert long["metrics"] == before["metrics"]
        assert report.json["untrained_targets"] is None


def test_a_temporal_split_is_evaluated_and_nothing_said_of_leakage(tmp_path) -> None:
    rng = np.random.default_rng(0)
    rows = [f"{user},{rng.integers(20)},{time}" for time in range(400) for user in [rng.integers(25)]]
    rows += [f"{user},new,395" for user in range(5)]  # an item that the training part lacks
    (tmp_path / "log.csv").write_text("user,item,time\n" + "\n".join(rows) + "\n")
    for split in ("temporal", "leave-one-out"):
        options = ("--split", split, "--out", tmp_path / split)
        assert diffurec("data", "prepare", tmp_path / "log.csv", *options).code == 0
        make_run(tmp_path / f"run-{split}", open_dataset(tmp_path / split), small_config(steps=2))
    found = diffurec("evaluate", "--ckpt", tmp_path / "run-temporal", "--by", "length,popularity", "--json")
    assert "warning" not in found.err
    assert found.json["warnings"] == []
    assert found.json["data"]["split"] == "temporal"
    dataset = open_dataset(tmp_path / "temporal")
    assert found.json["users"] == len(dataset.evaluation_users("test"))
    counts, users = dataset.training_counts(), dataset.evaluation_users("test")
    targets = dataset.items[dataset.target_positions(users, "test")]
    assert found.json["untrained_targets"] == (counts[targets] == 0).sum()
    leaky = diffurec("evaluate", "--ckpt", tmp_path / "run-leave-one-out", "--json")
    warnings = [line for line in leaky.err.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 1
    assert "--split temporal" in warnings[0]


@pytest.mark.slow
def test_under_torchrun_the_figures_are_those_of_one_process_printed_once(folder) -> None:
    options = ["evaluate", "--ckpt", folder / "run", "--samples", "2", "--batch-size", "4", "--json"]
    command = [
        Path(sys.executable).with_name("torchrun"),
        "--standalone",
        "--nproc-per-node",
        "2",
        "--no-python",
    ]
    done = subprocess.run(
        [*command, sys.executable, "-m", "diffurec_tui.cli.main", *options, "--beyond-accuracy"],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    both, alone = json.loads(done.stdout), diffurec(*options, "--beyond-accuracy").json
    assert both["metrics"] == alone["metrics"]
    assert both["beyond_accuracy"]["lists"] == pytest.approx(alone["beyond_accuracy"]["lists"])
    assert done.stderr.count("warning: leave-one-out") == 1
