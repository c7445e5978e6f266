from __future__ import annotations

import numpy as np
import pytest

from tests.helpers import make_dataset, make_run, small_config
from tests.tui.command import diffurec


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trace-options")
    return make_run(folder / "run", make_dataset(folder / "data"), small_config(lambda_mean=0.5)).path


def trace(run, *options: object) -> dict:
    return diffurec("trace", "--ckpt", run, *options, "--json").json


def scores(report: dict, step: int, lens: str = "x_t") -> list[float]:
    return [item["score"] for item in report["steps"][step][lens]["top_k"]]


def test_a_fork_shares_the_past_and_no_more(run) -> None:
    plain = trace(run, "--user", "user3", "--seed", 7)
    forked = trace(run, "--user", "user3", "--seed", 7, "--fork", "12:8")
    twice = trace(run, "--user", "user3", "--seed", 7, "--fork", "12:8", "--fork", "20:9")
    for step in range(13):
        assert scores(plain, step) == scores(forked, step) == scores(twice, step)
    for step in (13, 20):
        assert scores(plain, step) != scores(forked, step) == scores(twice, step)
    assert scores(forked, 21) != scores(twice, 21)
    assert set(plain) == set(forked), "JSON has the same keys"


def test_every_dial_does_something(run) -> None:
    plain = trace(run, "--user", "user3")
    changed = {
        "--lambda-scale": ("20", "x_0_hat"),
        "--variance": ("posterior", "x_t"),
        "--rounding": ("distance", "x_t"),
    }
    for option, (value, lens) in changed.items():
        other = trace(run, "--user", "user3", option, value)
        assert scores(other, 20, lens) != scores(plain, 20, lens), option
    cold = trace(run, "--user", "user3", "--temperature", "0.5")
    assert scores(cold, 20) == scores(plain, 20)
    assert cold["steps"][20]["x_t"]["entropy"] < plain["steps"][20]["x_t"]["entropy"]
    own = trace(run, "--user", "user3", "--lambda-scale", "1", "--variance", "fixed_large")
    assert own["steps"] == plain["steps"]


def test_a_history_of_ones_own(run) -> None:
    plain = trace(run, "--user", "user3", "--seed", 2)
    ids = [item["item_id"] for item in plain["history"]]
    for written in (" ".join(ids), ",".join(ids), str(ids).replace("'", '"')):
        same = trace(run, "--history", written, "--target", plain["target"]["item_id"], "--seed", 2)
        assert same["user"] is None
        assert same["history"] == plain["history"]
        np.testing.assert_equal(same["steps"], plain["steps"])
    assert trace(run, "--history", " ".join(ids))["target"] is None
    for command in (("trace",), ("sample", "--n", 2)):
        assert "a history of your own" in diffurec(*command, "--ckpt", run, "--history", ids[0]).out


def test_many_walks_of_a_history_are_those_of_the_user_who_has_it(run) -> None:
    users = diffurec("sample", "--ckpt", run, "--user", "user3", "--n", 5, "--json").json
    history = " ".join(item["item_id"] for item in users["history"])
    target = users["target"]["item_id"]
    own = diffurec("sample", "--ckpt", run, "--history", history, "--target", target, "--n", 5, "--json").json
    assert own == {**users, "user": None}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--fork", "12"), ("--fork 12", "STEP:SEED")),
        (("--fork", "-1:3"), ("STEP:SEED",)),
        (("--fork", "32:1"), ("--fork 32:1", "0 to 31")),
        (("--steps", "8", "--fork", "8:1"), ("0 to 7",)),
        (("--fork", "9:1", "--fork", "9:2"), ("--fork 9:2", "order")),
        (("--variance", "small"), ("--variance small", "fixed_large", "posterior")),
        (("--rounding", "up"), ("--rounding up", "inner_product", "distance")),
        (("--temperature", "0"), ("--temperature 0", "above 0")),
        (("--lambda-scale", "nan"), ("--lambda-scale nan",)),
        (("--target", "i1"), ("--target i1", "--history")),
        (("--history", "i1"), ("--user or --history",)),
    ],
)
def test_what_is_wrong_is_one_line(run, options, words) -> None:
    diffurec("trace", "--ckpt", run, "--user", "user3", *options).refused(*words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), ("--user or --history",)),
        (("--history", ""), ("--history", "empty")),
        (("--history", "i1 nothing"), ("nothing", "no item")),
        (("--history", "i1", "--target", "nothing"), ("--target", "nothing")),
        (("--history", "i1", "--user", "user3"), ("--user or --history",)),
        (("--target", "i1", "--user", "user3"), ("--target i1", "--history")),
    ],
)
@pytest.mark.parametrize("command", ["trace", "sample"])
def test_what_is_wrong_with_a_history_is_one_line(run, command, options, words) -> None:
    diffurec(command, "--ckpt", run, *options).refused(*words)
