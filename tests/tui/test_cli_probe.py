from __future__ import annotations

import pytest

from tests.helpers import make_dataset, make_run, small_config
from tests.tui.command import diffurec


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("probe")
    dataset = make_dataset(folder / "data", users=25, items=60)
    return make_run(folder / "run", dataset, small_config(steps=4, lambda_mean=0.0)).path


def test_probe_says_in_json_and_in_words_what_it_found(run) -> None:
    report = diffurec("probe", "--ckpt", run, "--users", 10, "--samples", 2, "--json").json
    assert report["users"] == 10
    assert report["seeds_overlap"] == report["first_last_overlap"] == 1.0
    assert [one["steps"] for one in report["lengths"]] == [1, 2, 4]
    assert {"scale", "accuracy", "overlap", "jaccard", "distinct"} == set(report["scales"][0])
    assert {"hit_rate", "ndcg", "error"} == set(report["told"][0]["accuracy"])
    assert [one["walks"] for one in report["together"]] == [1, 2]
    assert report["with_state"] == {"mean": 0.0, "error": 0.0}
    assert report["verdict"].startswith("The walk decides nothing here")
    again = diffurec("probe", "--ckpt", run, "--users", 10, "--samples", 2, "--json").json
    assert {**again, "seconds": 0} == {**report, "seconds": 0}


def test_probe_fits_a_narrow_terminal(run, monkeypatch) -> None:
    monkeypatch.setattr("diffurec_tui.cli.console._piped_width", lambda: 80)
    shown = diffurec("probe", "--ckpt", run, "--samples", 2)
    assert shown.code == 0
    assert max(map(len, shown.out.splitlines())) <= 80
    assert "…" not in shown.out
    for words in ("length of the walk", "Does the seed matter", "give away", "many walks", "decides nothing"):
        assert words in shown.out


def test_probe_refuses_what_is_not_there(run, tmp_path) -> None:
    diffurec("probe", "--ckpt", run, "--split", "train").refused("--split train")
    diffurec("probe", "--ckpt", tmp_path).refused(str(tmp_path))
