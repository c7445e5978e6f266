from __future__ import annotations

import json
from dataclasses import fields

import pytest

from diffurec.inspection.diversity import Diversity
from tests.helpers import make_dataset, make_run, small_config
from tests.tui.command import diffurec

TITLES = [f"Film [{n}] 映画 {'x' * (n * 10)}" for n in range(1, 61)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walks")
    dataset = make_dataset(folder / "data", users=30, items=60, titles=TITLES)
    return make_run(folder / "run", dataset, small_config(lambda_mean=0.5)).path


def test_trace_walks_every_step(run) -> None:
    report = diffurec("trace", "--ckpt", run, "--user", "user3", "--seed", 7, "--json").json
    assert [step["t"] for step in report["steps"]] == list(range(31, -1, -1))
    assert all(len(step[lens]["top_k"]) == 10 for step in report["steps"] for lens in ("x_0_hat", "x_t"))
    assert report["target"]["title"] in TITLES
    assert report["steps"][-1]["overlap_with_final"] == 1
    assert 0 < report["steps"][0]["x_0_hat"]["top_k"][0]["probability"] <= 1
    target = report["steps"][-1]["x_0_hat"]["target_rank"]
    ids = [item["item_id"] for item in report["steps"][-1]["x_0_hat"]["top_k"]]
    assert (report["target"]["item_id"] in ids) == (target <= 10)


def test_trace_sample_and_recommend_agree_for_a_seed(run, tmp_path) -> None:
    trace = diffurec("trace", "--ckpt", run, "--user", "user3", "--seed", 7, "--json").json
    final = [item["item_id"] for item in trace["steps"][-1]["x_0_hat"]["top_k"]]
    sample = diffurec("sample", "--ckpt", run, "--user", "user3", "--seed", 5, "--n", 4, "--json").json
    assert sample["lists"][2] == {"seed": 7, "items": final}
    history = " ".join(item["item_id"] for item in trace["history"])
    (tmp_path / "in.txt").write_text(f"i1 i2\n{history}\n")
    outcome = diffurec("recommend", "--ckpt", run, "--input", tmp_path / "in.txt", "--seed", 7, "--json")
    second = json.loads(outcome.out.splitlines()[1])
    assert [item["item_id"] for item in second["items"]] == final


def test_the_tables_show_whole_titles_and_no_markup(run) -> None:
    out = diffurec("trace", "--ckpt", run, "--user", "user3").out
    assert "★" in out
    assert "Film [" in out
    assert out.count("│") > 32
    assert "Film [" in diffurec("sample", "--ckpt", run, "--user", "user3", "--n", 3).out


def test_the_plots_show_both_curves_plainly(run) -> None:
    out = diffurec("trace", "--ckpt", run, "--user", "user3", "--plot").out
    assert "rank of the true next item" in out
    assert "share of the final list" in out
    assert "\x1b" not in out
    assert any("\u2800" < character < "\u28ff" for character in out)
    assert diffurec("trace", "--ckpt", run, "--user", "user0", "--plot").code == 0


def test_one_sample_has_no_pairs(run) -> None:
    report = diffurec("sample", "--ckpt", run, "--user", "user3", "--n", 1, "--json").json
    assert report["mean_jaccard"] is None
    assert report["diversity"]["mean_jaccard"] is None
    assert report["diversity"]["category_distance"] is None, "the data have no categories"


def test_the_measures_of_a_sample(run) -> None:
    options = ("sample", "--ckpt", run, "--user", "user3", "--n", 12)
    report = diffurec(*options, "--json").json
    measured = report["diversity"]
    assert set(measured) == {field.name for field in fields(Diversity)}
    assert measured["lists"] == report["n"]
    assert measured["distinct_items"] == report["distinct_items"] == len(report["items"])
    assert measured["coverage"] == report["distinct_items"] / 60
    out = diffurec(*options).out
    assert "how wide the lists reach" in out
    assert f"{100 * measured['history_popularity']:.1f} %" in out


def test_a_strided_walk(run) -> None:
    report = diffurec("trace", "--ckpt", run, "--user", "user3", "--steps", 4, "--json").json
    assert [step["t"] for step in report["steps"]] == [31, 21, 10, 0]
    diffurec("trace", "--ckpt", run, "--user", "user3", "--steps", 33).refused("--steps 33", "1 to 32")


def test_seen_items_are_left_out_on_request(run) -> None:
    trace = diffurec(
        "trace", "--ckpt", run, "--user", "user3", "--exclude-seen", "--top-k", 60, "--json"
    ).json
    seen = {item["item_id"] for item in trace["history"]} - {trace["target"]["item_id"]}
    listed = trace["steps"][-1]["x_0_hat"]["top_k"]
    ranked = [item["item_id"] for item in listed if item["probability"] > 0]
    assert not seen & set(ranked)


def test_a_user_without_a_target_walks_too(run) -> None:
    report = diffurec("trace", "--ckpt", run, "--user", "user0", "--json").json
    assert report["target"] is None
    assert report["steps"][0]["x_t"]["target_rank"] is None
    assert diffurec("trace", "--ckpt", run, "--user", "user0").code == 0
    assert diffurec("sample", "--ckpt", run, "--user", "user0", "--n", 2).code == 0


@pytest.mark.parametrize("command", ["trace", "sample"])
def test_an_unknown_user_is_one_line(run, command) -> None:
    diffurec(command, "--ckpt", run, "--user", "nobody").refused("nobody", "user0")


def test_recommend_skips_and_reports_unknown_ids(run, tmp_path) -> None:
    outcome = diffurec(
        "recommend",
        "--ckpt",
        run,
        "--input",
        "-",
        "--top-k",
        3,
        stdin='i1, nope i2\n["i5", "i6"]\nwhat ever\n',
    )
    assert outcome.code == 0
    assert "skipped 3 unknown item ids" in outcome.err
    rows = [line.split("\t") for line in outcome.out.splitlines()]
    assert [row[:2] for row in rows] == [
        ["1", "1"],
        ["1", "2"],
        ["1", "3"],
        ["2", "1"],
        ["2", "2"],
        ["2", "3"],
    ]
    assert all(len(row) == 5 for row in rows)
    out = tmp_path / "out.tsv"
    written = diffurec("recommend", "--ckpt", run, "--input", "-", "--out", out, stdin="i1\n")
    assert written.out == ""
    assert len(out.read_text().splitlines()) == 10


@pytest.mark.parametrize(
    ("content", "word"), [(b"", "is empty"), (b"\xff\xfe\n", "line 1"), (b"x y\n", "none of its ids")]
)
def test_recommend_refuses_what_it_cannot_use(run, tmp_path, content, word) -> None:
    (tmp_path / "in").write_bytes(content)
    outcome = diffurec("recommend", "--ckpt", run, "--input", tmp_path / "in")
    assert outcome.code == 2
    assert word in outcome.err.splitlines()[-1]
    diffurec("recommend", "--ckpt", run, "--input", tmp_path / "missing").refused("missing")


def test_evaluate_prints_both_figures_and_is_seeded(run) -> None:
    first = diffurec("evaluate", "--ckpt", run, "--exclude-seen", "--json").json
    again = diffurec("evaluate", "--ckpt", run, "--exclude-seen", "--json").json
    assert first["metrics"] == again["metrics"]
    assert set(first["popularity"]) == set(first["metrics"])
    assert first["users"] == 29
    for part, intervals in (("metrics", "intervals"), ("popularity", "popularity_intervals")):
        for name, (low, high) in first[intervals].items():
            assert 0 <= low <= first[part][name] <= high <= 100
    table = diffurec("evaluate", "--ckpt", run)
    assert "most popular" in table.out
    assert "half count as before" in " ".join(table.out.split())
    assert diffurec("evaluate", "--ckpt", run, "--split", "val", "--steps", 2, "--json").json["steps"] == 2
    diffurec("evaluate", "--ckpt", run, "--split", "train").refused("--split train")
