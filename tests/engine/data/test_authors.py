"""The authors' dataset.pkl: kept item for item."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from diffurec.data.dataset import fingerprint, open_dataset
from diffurec.errors import UserError
from tests.engine.data.making import make, sequences, write

SMALL = {
    "train": {7: [2, 1], 3: [3]},
    "val": {7: [3], 3: [1]},
    "test": {7: [1], 3: [2]},
    "umap": {8: 7, 4: 3},
    "smap": {1: 1, 2: 2, 3: 3, 4: 4},
}


@pytest.mark.parametrize(
    ("name", "users", "items", "interactions"),
    [
        ("beauty", 22_363, 12_101, 198_502),
        ("toys", 19_412, 11_924, 167_597),
        ("ml-1m", 6_040, 3_706, 1_000_209),
    ],
)
def test_the_published_sets_are_kept_exactly(
    shared: Path, tmp_path: Path, name: str, users: int, items: int, interactions: int
) -> None:
    folder = shared / "data" / name
    info = make(folder / "dataset.pkl", tmp_path / "out", folder / "items.csv")
    assert (info["users"], info["items"], info["interactions"]) == (users, items, interactions)
    content = pickle.loads((folder / "dataset.pkl").read_bytes())
    data = open_dataset(tmp_path / "out")
    for row, user in enumerate(content["train"]):
        parts = [content[part][user] for part in ("train", "val", "test")]
        assert data.sequence(row).tolist() == [*parts[0], *parts[1], *parts[2]]
        assert data.boundaries[row].tolist() == [len(parts[0]), len(parts[0]) + len(parts[1])]
    table = pl.read_parquet(tmp_path / "out" / "items.parquet")
    assert table["item_id"].to_list() == [str(item) for item in range(1, items + 1)]
    assert table["interactions"].sum() == interactions
    assert info["has_titles"]
    assert info["has_categories"] == (name != "toys")


def test_order_names_and_unused_items(tmp_path: Path) -> None:
    info = make(write(tmp_path / "dataset.pkl", pickle.dumps(SMALL)), tmp_path / "out")
    data = open_dataset(tmp_path / "out")
    assert sequences(tmp_path / "out") == {"7": ["2", "1", "3", "1"], "3": ["3", "1", "2"]}
    assert data.items.tolist() == [2, 1, 3, 1, 3, 1, 2]
    assert data.boundaries.tolist() == [[2, 3], [1, 2]]
    assert info["items"] == 4
    assert info["split"] == "leave-one-out"
    assert info["sha256"] == fingerprint(data.offsets, data.items, data.boundaries) == data.sha256
    assert data.boundaries.dtype == data.items.dtype == np.int32
    assert pl.read_parquet(tmp_path / "out" / "items.parquet")["interactions"].to_list() == [3, 2, 2, 0]


def test_names_in_the_maps_become_the_original_ids(tmp_path: Path) -> None:
    content = SMALL | {"umap": {"ann": 7, "bob": 3}, "smap": {"fig": 1, "kiwi": 2, "lime": 3, "plum": 4}}
    make(write(tmp_path / "dataset.pkl", pickle.dumps(content)), tmp_path / "out")
    assert sequences(tmp_path / "out") == {
        "ann": ["kiwi", "fig", "lime", "fig"],
        "bob": ["lime", "fig", "kiwi"],
    }


def test_longer_parts_are_a_split_as_given(tmp_path: Path) -> None:
    content = SMALL | {"val": {7: [], 3: [1, 2]}}
    info = make(write(tmp_path / "dataset.pkl", pickle.dumps(content)), tmp_path / "out")
    assert info["split"] == "as-given"
    assert open_dataset(tmp_path / "out").boundaries.tolist() == [[2, 2], [1, 3]]


@pytest.mark.parametrize(
    "change",
    [
        {"train": {}},
        {"train": []},
        {"train": {7: [2, "1"], 3: [3]}},
        {"train": {7: 5, 3: [3]}},
        {"test": {7: [0], 3: [2]}},
        {"test": {7: [5], 3: [2]}},
        {"test": {9: [1]}},
        {"smap": {}},
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    source = write(tmp_path / "dataset.pkl", pickle.dumps(SMALL | change))
    with pytest.raises(UserError, match=r"dataset\.pkl"):
        make(source, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["dataset.pkl"]


@pytest.mark.parametrize(
    "options",
    [
        {"min_interactions": 5},
        {"split": "temporal"},
        {"repeats": "drop"},
        {"min_rating": 3.0},
        {"min_history": 2},
    ],
)
def test_options_that_would_change_it_are_refused(tmp_path: Path, options: dict[str, object]) -> None:
    source = write(tmp_path / "dataset.pkl", pickle.dumps(SMALL))
    with pytest.raises(UserError, match="--" + next(iter(options)).replace("_", "-")):
        make(source, tmp_path / "out", **options)


def test_dataset_json_says_where_it_came_from(tmp_path: Path) -> None:
    make(write(tmp_path / "dataset.pkl", pickle.dumps(SMALL)), tmp_path / "out", name="small")
    info = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert info["name"] == "small"
    assert info["source"]["format"] == "diffurec"
    assert info["source"]["files"] == ["dataset.pkl"]
    assert len(info["source"]["sha256"]) == 64
