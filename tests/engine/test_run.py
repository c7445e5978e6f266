from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from diffurec.data.catalogue import load_catalogue, load_user_ids
from diffurec.data.dataset import fingerprint
from diffurec.data.subset import copy_recent
from diffurec.errors import UserError
from diffurec.inspection.cases import case_of_user
from diffurec.run import create_run, open_run
from diffurec.status import read_status, write_status
from tests.helpers import make_dataset, make_run, small_config, write_weights


@pytest.fixture
def dataset(tmp_path):
    return make_dataset(tmp_path / "data", users=20, items=50, max_length=30)


def test_a_run_comes_back_as_it_was(tmp_path, dataset) -> None:
    made = make_run(tmp_path / "run", dataset)
    run = open_run(tmp_path / "run")
    assert run.config == made.config == small_config()
    assert run.info["data"]["sha256"] == dataset.sha256
    assert run.info["versions"]["torch"]
    assert run.weights_path == run.best_path
    assert open_run(run.best_path).weights_path == run.best_path


def test_an_existing_folder_is_refused_and_nothing_half_written_stays(tmp_path, dataset) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(UserError, match="--resume"):
        create_run(tmp_path / "run", small_config(), dataset, device="cpu", command="", notes={})
    assert sorted(os.listdir(tmp_path)) == ["data", "run"]


def test_early_in_training_the_last_weights_serve_and_before_that_none(tmp_path, dataset) -> None:
    run = make_run(tmp_path / "run", dataset, weights=())
    with pytest.raises(UserError, match="no weights saved yet"):
        _ = run.weights_path
    write_weights(run, "last")
    assert run.weights_path == run.last_path
    write_weights(run, "best")
    assert run.weights_path == run.best_path


def test_a_copied_run_brings_its_users_and_titles_along(tmp_path, dataset) -> None:
    make_run(tmp_path / "run", dataset)
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    shutil.rmtree(tmp_path / "data")
    run = open_run(tmp_path / "copy")
    excerpt = run.dataset()
    assert excerpt.path == tmp_path / "copy" / "evaluation"
    assert load_user_ids(excerpt).to_list() == [f"user{i}" for i in range(20)]
    assert load_catalogue(run.num_items, run.items_path).titles[3] == "Title 3"
    shutil.rmtree(tmp_path / "copy" / "evaluation")
    with pytest.raises(UserError, match="--data DIR"):
        run.dataset()


def test_the_excerpt_has_the_cases_of_the_whole(tmp_path, dataset) -> None:
    copy_recent(dataset, tmp_path / "excerpt", keep=12)
    from diffurec.data.dataset import open_dataset

    excerpt = open_dataset(tmp_path / "excerpt")
    assert excerpt.sha256 == fingerprint(excerpt.offsets, excerpt.items, excerpt.boundaries)
    for user in range(20):
        whole, part = case_of_user(dataset, user), case_of_user(excerpt, user)
        assert part.target == whole.target
        assert part.history == whole.history[-11:]
    for split in ("val", "test"):
        np.testing.assert_array_equal(excerpt.evaluation_users(split), dataset.evaluation_users(split))


def test_an_excerpt_of_many_users_is_an_even_spread(tmp_path, dataset) -> None:
    copy_recent(dataset, tmp_path / "excerpt", keep=12, max_users=5)
    from diffurec.data.dataset import open_dataset

    excerpt = open_dataset(tmp_path / "excerpt")
    assert load_user_ids(excerpt).to_list() == ["user0", "user4", "user9", "user14", "user19"]
    assert excerpt.info["excerpt"]["users"] == 20


def test_changed_data_is_not_mistaken_for_the_runs(tmp_path, dataset) -> None:
    run = make_run(tmp_path / "run", dataset)
    shutil.rmtree(tmp_path / "data")
    make_dataset(tmp_path / "data", users=20, items=50, seed=9)
    assert run.dataset().path == tmp_path / "run" / "evaluation"
    make_dataset(tmp_path / "other", users=5, items=7)
    with pytest.raises(UserError, match="has 7 items"):
        run.dataset(tmp_path / "other")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p.unlink(), "not a run folder"),
        (lambda p: p.write_text("{"), "not valid JSON"),
        (lambda p: p.write_text("{}"), "not the configuration"),
        (lambda p: p.write_text(json.dumps({"format": "diffurec-run", "version": 9})), "version 9"),
        (lambda p: p.write_text(json.dumps({"format": "diffurec-run", "version": 1})), "config"),
    ],
)
def test_a_spoilt_run_folder_is_one_clear_line(tmp_path, dataset, spoil, message) -> None:
    make_run(tmp_path / "run", dataset)
    spoil(tmp_path / "run" / "config.json")
    with pytest.raises(UserError, match=message) as refusal:
        open_run(tmp_path / "run")
    assert "\n" not in str(refusal.value)


def test_a_process_that_is_gone_is_not_running(tmp_path, dataset) -> None:
    run = make_run(tmp_path / "run", dataset)
    write_status(run, "running", epoch=2, epochs=5, best=None)
    assert read_status(run).state == "running"
    child = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    told = json.loads((run.path / "status.json").read_text())
    (run.path / "status.json").write_text(json.dumps({**told, "pid": int(child.stdout)}))
    assert read_status(run).state == "killed"
